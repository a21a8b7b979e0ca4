//! Payments in the form of the API.

use serde::Serialize;

use crate::money::AmountNumber;
use crate::state::{Decline, Instrument, Order, Payment, PaymentStatus};
use crate::timestamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;

#[derive(Serialize)]
pub(super) struct PaymentEntity<'a> {
    cf_payment_id: WireId,
    order_id: &'a str,
    entity: &'static str,
    error_details: Option<ErrorEntity<'a>>,
    is_captured: bool,
    order_amount: AmountNumber,
    order_currency: &'a str,
    payment_group: &'static str,
    payment_currency: &'a str,
    payment_amount: AmountNumber,
    payment_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_completion_time: Option<String>,
    payment_status: PaymentStatus,
    payment_message: &'a str,
    bank_reference: Option<&'a str>,
    auth_id: Option<&'a str>,
    authorization: Option<&'a str>,
    payment_method: MethodEntity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    international_payment: Option<InternationalEntity>,
    payment_gateway_details: GatewayEntity,
    payment_surcharge: Option<&'a str>,
}

#[derive(Serialize)]
struct InternationalEntity {
    international: bool,
}

#[derive(Serialize)]
struct ErrorEntity<'a> {
    error_code: &'static str,
    error_description: &'a str,
    error_reason: &'static str,
    error_source: &'static str,
    error_code_raw: &'static str,
    error_description_raw: &'a str,
    error_subcode_raw: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum MethodEntity<'a> {
    Upi {
        channel: &'static str,
        upi_id: &'a str,
    },
    Card {
        channel: &'static str,
        card_number: &'a str,
        card_network: &'static str,
        card_type: &'static str,
        card_country: &'static str,
        card_bank_name: &'static str,
    },
    NetBanking {
        channel: &'static str,
        netbanking_bank_code: i64,
        netbanking_bank_name: &'static str,
    },
}

#[derive(Serialize)]
struct GatewayEntity {
    gateway_name: &'static str,
    gateway_order_id: String,
    gateway_payment_id: String,
    gateway_settlement: &'static str,
}

/// Returns a payment in the form of an API version.
pub(super) fn payment<'a>(
    order: &'a Order,
    payment: &'a Payment,
    version: ApiVersion,
) -> PaymentEntity<'a> {
    PaymentEntity {
        cf_payment_id: WireId::new(payment.cf_payment_id, version.ids_are_strings()),
        order_id: &order.order_id,
        entity: "payment",
        error_details: payment.decline.as_ref().map(error),
        is_captured: payment.status == PaymentStatus::Success,
        order_amount: AmountNumber(order.request.amount),
        order_currency: &order.request.currency,
        payment_group: payment.instrument.group(),
        payment_currency: &order.request.currency,
        payment_amount: AmountNumber(payment.amount),
        payment_time: ist(payment.at),
        payment_completion_time: payment.completed_at.map(ist),
        payment_status: payment.status,
        payment_message: &payment.message,
        bank_reference: payment.bank_reference.as_deref(),
        auth_id: None,
        authorization: None,
        payment_method: method(&payment.instrument),
        international_payment: (version >= ApiVersion::V2025_01_01).then_some(
            InternationalEntity {
                international: false,
            },
        ),
        payment_gateway_details: GatewayEntity {
            gateway_name: "CASHFREE",
            gateway_order_id: order.cf_order_id.to_string(),
            gateway_payment_id: payment.cf_payment_id.to_string(),
            gateway_settlement: "CASHFREE",
        },
        payment_surcharge: None,
    }
}

fn error(decline: &Decline) -> ErrorEntity<'_> {
    ErrorEntity {
        error_code: decline.code,
        error_description: &decline.description,
        error_reason: decline.reason,
        error_source: decline.source,
        error_code_raw: decline.raw_code,
        error_description_raw: &decline.description,
        error_subcode_raw: "",
    }
}

fn method(instrument: &Instrument) -> MethodEntity<'_> {
    match instrument {
        Instrument::Upi { upi_id } => MethodEntity::Upi {
            channel: "collect",
            upi_id,
        },
        Instrument::Card {
            number,
            network,
            kind,
        } => MethodEntity::Card {
            channel: "link",
            card_number: number,
            card_network: network,
            card_type: kind,
            card_country: "IN",
            card_bank_name: "TEST Bank",
        },
        Instrument::NetBanking { code, bank } => MethodEntity::NetBanking {
            channel: "link",
            netbanking_bank_code: *code,
            netbanking_bank_name: bank,
        },
    }
}
