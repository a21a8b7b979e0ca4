//! Links and payments as the API answers them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::money::AmountNumber;
use crate::stamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;
use crate::world::{
    Customer, Decline, Instrument, Link, LinkNotify, LinkStatus, Order, Payment, PaymentStatus,
    World,
};

/// One white pixel: there is nothing to scan here.
const QR_CODE: &str = "data:image/png;base64,\
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

#[derive(Serialize)]
pub(super) struct LinkEntity<'a> {
    cf_link_id: WireId,
    link_id: &'a str,
    link_status: LinkStatus,
    link_currency: &'a str,
    link_amount: AmountNumber,
    link_amount_paid: AmountNumber,
    link_partial_payments: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_minimum_partial_amount: Option<AmountNumber>,
    link_purpose: &'a str,
    link_created_at: String,
    customer_details: &'a Customer,
    link_meta: MetaEntity<'a>,
    link_url: String,
    link_expiry_time: String,
    link_notes: &'a BTreeMap<String, String>,
    link_auto_reminders: bool,
    link_notify: LinkNotify,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_qrcode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_splits: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct MetaEntity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upi_intent: Option<UpiIntent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_methods: Option<&'a str>,
}

/// A boolean in old versions, its name as a string in new ones.
#[derive(Serialize)]
#[serde(untagged)]
enum UpiIntent {
    Flag(bool),
    Text(&'static str),
}

/// A link in a version's form.
pub(super) fn link<'a>(world: &World, link: &'a Link, version: ApiVersion) -> LinkEntity<'a> {
    let asked = &link.asked;
    let new_forms = version.ids_are_strings();
    let splits = asked.order_splits.as_deref();
    LinkEntity {
        cf_link_id: WireId::new(link.cf_link_id, new_forms),
        link_id: &link.link_id,
        link_status: link.status,
        link_currency: &asked.currency,
        link_amount: AmountNumber(asked.amount),
        link_amount_paid: AmountNumber(link.amount_paid),
        link_partial_payments: asked.partial_payments,
        link_minimum_partial_amount: asked.minimum_partial_amount.map(AmountNumber),
        link_purpose: &asked.purpose,
        link_created_at: ist(link.created_at),
        customer_details: &asked.customer,
        link_meta: MetaEntity {
            notify_url: asked.meta.notify_url.as_deref(),
            return_url: asked.meta.return_url.as_deref(),
            upi_intent: asked
                .meta
                .upi_intent
                .map(|intent| match (new_forms, intent) {
                    (false, intent) => UpiIntent::Flag(intent),
                    (true, true) => UpiIntent::Text("true"),
                    (true, false) => UpiIntent::Text("false"),
                }),
            payment_methods: asked.meta.payment_methods.as_deref(),
        },
        link_url: world.link_url(link),
        link_expiry_time: ist(link.expires_at),
        link_notes: &asked.notes,
        link_auto_reminders: asked.auto_reminders,
        link_notify: asked.notify,
        link_qrcode: new_forms.then_some(QR_CODE),
        order_splits: splits.filter(|_| new_forms),
        subscription: asked.subscription.as_deref(),
    }
}

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

/// A payment in a version's form.
pub(super) fn payment<'a>(
    link: &'a Link,
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
        order_amount: AmountNumber(order.amount),
        order_currency: &link.asked.currency,
        payment_group: payment.instrument.group(),
        payment_currency: &link.asked.currency,
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
