//! The bodies of payment events in each webhook version.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::envelope::serialize;
use crate::endpoint::EventType;
use crate::money::AmountNumber;
use crate::state::{
    Decline, GatewayState, Instrument, Order, Payment, PaymentIndex, PaymentStatus,
};
use crate::timestamp::ist;
use crate::version::WebhookVersion;
use crate::wire_id::WireId;

/// `Some(None)` writes an explicit null; `None` leaves the field out.
type Nullable<T> = Option<Option<T>>;

#[derive(Serialize)]
struct PaymentData<'a> {
    order: OrderData<'a>,
    payment: PaymentFields<'a>,
    customer_details: CustomerDetails<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_gateway_details: Option<GatewayDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_offers: Nullable<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal_details: Nullable<()>,
}

#[derive(Serialize)]
struct OrderData<'a> {
    order_id: &'a str,
    order_amount: AmountNumber,
    order_currency: &'a str,
    order_tags: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Serialize)]
struct PaymentFields<'a> {
    cf_payment_id: WireId,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_status: Option<PaymentStatus>,
    payment_amount: AmountNumber,
    payment_currency: &'a str,
    payment_message: &'a str,
    payment_time: String,
    bank_reference: Option<&'a str>,
    auth_id: Option<&'a str>,
    payment_method: MethodData<'a>,
    payment_group: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    international_payment: Option<InternationalPayment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_surcharge: Nullable<()>,
}

#[derive(Serialize)]
struct InternationalPayment {
    international: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum MethodData<'a> {
    Upi {
        channel: &'a str,
        upi_id: &'a str,
    },
    Card {
        channel: &'a str,
        card_number: &'a str,
        card_network: &'a str,
        card_type: &'a str,
        card_country: &'a str,
        card_bank_name: &'a str,
        card_network_reference_id: Option<&'a str>,
    },
    NetBanking {
        channel: Option<&'a str>,
        netbanking_bank_code: String,
        netbanking_bank_name: &'a str,
    },
}

impl<'a> From<&'a Instrument> for MethodData<'a> {
    fn from(instrument: &'a Instrument) -> Self {
        match instrument {
            Instrument::Upi { upi_id } => Self::Upi {
                channel: "collect",
                upi_id,
            },
            Instrument::Card {
                number,
                network,
                kind,
            } => Self::Card {
                channel: "link",
                card_number: number,
                card_network: network,
                card_type: kind,
                card_country: "IN",
                card_bank_name: "TEST Bank",
                card_network_reference_id: None,
            },
            Instrument::NetBanking { code, bank } => Self::NetBanking {
                channel: None,
                netbanking_bank_code: code.to_string(),
                netbanking_bank_name: bank,
            },
        }
    }
}

#[derive(Serialize)]
struct CustomerDetails<'a> {
    customer_name: Option<&'a str>,
    customer_id: Option<&'a str>,
    customer_email: Option<&'a str>,
    customer_phone: &'a str,
}

#[derive(Serialize)]
struct ErrorDetails<'a> {
    error_code: &'a str,
    error_description: &'a str,
    error_reason: &'a str,
    error_source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_subcode_raw: Option<&'a str>,
}

#[derive(Serialize)]
struct GatewayDetails {
    gateway_name: Option<&'static str>,
    gateway_order_id: Option<String>,
    gateway_payment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway_order_reference_id: Option<String>,
    gateway_settlement: Option<&'static str>,
    gateway_status_code: Option<&'static str>,
}

/// Returns the type of a payment's event, once the payment has ended.
pub(super) const fn event_type(status: PaymentStatus) -> Option<EventType> {
    match status {
        PaymentStatus::Success => Some(EventType::PaymentSuccess),
        PaymentStatus::Failed => Some(EventType::PaymentFailed),
        PaymentStatus::UserDropped => Some(EventType::PaymentUserDropped),
        PaymentStatus::Pending => None,
    }
}

/// Returns the body of a payment or charges event. The real shape of a charges event is unknown; it lacks the status.
pub(super) fn body(
    state: &GatewayState,
    index: PaymentIndex,
    event_type: EventType,
    version: WebhookVersion,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let (order, payment) = state.payment_at(index)?;
    let newest = version >= WebhookVersion::V2025_01_01;
    let dropped = payment.status == PaymentStatus::UserDropped;
    let (currency, customer) = (order.request.currency.as_str(), &order.request.customer);
    let data = PaymentData {
        order: OrderData {
            order_id: &order.order_id,
            order_amount: AmountNumber(order.request.amount),
            order_currency: currency,
            order_tags: tags(state, order),
        },
        payment: PaymentFields {
            cf_payment_id: WireId::new(
                payment.cf_payment_id,
                version >= WebhookVersion::V2023_08_01,
            ),
            payment_status: (event_type != EventType::PaymentCharges).then_some(payment.status),
            payment_amount: AmountNumber(payment.amount),
            payment_currency: currency,
            payment_message: &payment.message,
            payment_time: ist(payment.at),
            bank_reference: payment
                .bank_reference
                .as_deref()
                .or(failed(payment).then_some("NA")),
            auth_id: failed(payment).then_some("null"),
            payment_method: MethodData::from(&payment.instrument),
            payment_group: payment.instrument.group(),
            international_payment: newest.then_some(InternationalPayment {
                international: false,
            }),
            payment_surcharge: newest.then_some(None),
        },
        customer_details: CustomerDetails {
            customer_name: customer.customer_name.as_deref(),
            customer_id: order.link.is_none().then_some(&order.request.customer_id),
            customer_email: customer.customer_email.as_deref(),
            customer_phone: &customer.customer_phone,
        },
        error_details: payment
            .decline
            .as_ref()
            .map(|decline| error_details(decline, newest)),
        payment_gateway_details: match (dropped, version) {
            (true, WebhookVersion::V2022_09_01) => Some(no_gateway()),
            (true, _) => None,
            (false, _) => Some(gateway(payment, order.cf_order_id)),
        },
        payment_offers: (!dropped || version == WebhookVersion::V2022_09_01).then_some(None),
        terminal_details: newest.then_some(None),
    };
    Some(serialize(data, event_type, now))
}

/// Returns the order's tags. A setting hides the merchant's link id.
fn tags<'a>(state: &GatewayState, order: &'a Order) -> Option<BTreeMap<&'a str, &'a str>> {
    let hidden = order.link.is_some() && state.settings.payment_event_without_link_id;
    let tags = order.request.tags.iter();
    let tags: BTreeMap<_, _> = tags
        .filter(|(name, _)| !(hidden && *name == "link_id"))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    (!tags.is_empty()).then_some(tags)
}

fn failed(payment: &Payment) -> bool {
    payment.status == PaymentStatus::Failed
}

fn error_details(decline: &Decline, newest: bool) -> ErrorDetails<'_> {
    ErrorDetails {
        error_code: decline.code,
        error_description: &decline.description,
        error_reason: decline.reason,
        error_source: decline.source,
        error_subcode_raw: newest.then_some(decline.raw_code),
    }
}

fn gateway(payment: &Payment, cf_order_id: i64) -> GatewayDetails {
    GatewayDetails {
        gateway_name: Some("CASHFREE"),
        gateway_order_id: Some(cf_order_id.to_string()),
        gateway_payment_id: Some(payment.cf_payment_id.to_string()),
        gateway_order_reference_id: (!failed(payment)).then(|| format!("ref_{cf_order_id}")),
        gateway_settlement: Some("CASHFREE"),
        gateway_status_code: None,
    }
}

const fn no_gateway() -> GatewayDetails {
    GatewayDetails {
        gateway_name: None,
        gateway_order_id: None,
        gateway_payment_id: None,
        gateway_order_reference_id: None,
        gateway_settlement: None,
        gateway_status_code: None,
    }
}
