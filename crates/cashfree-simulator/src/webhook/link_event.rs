//! The body of a link event. Amounts are strings, the link's number is a number, times have no zone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::endpoint::EventType;
use crate::money::Paise;
use crate::state::{Customer, GatewayState, LinkNotify, LinkStatus, PaymentIndex, PaymentStatus};
use crate::timestamp::{ist, zoneless_utc};

/// Offset of a `transaction_id` that must differ from the payment's id.
const OTHER_TRANSACTION: i64 = 900_000_000;

#[derive(Serialize)]
struct LinkEvent<'a> {
    data: LinkData<'a>,
    #[serde(rename = "type")]
    event_type: EventType,
    version: u8,
    event_time: String,
}

/// `Some(None)` writes an explicit null; `None` leaves the field out.
type Nullable<T> = Option<Option<T>>;

#[derive(Serialize)]
struct LinkData<'a> {
    cf_link_id: i64,
    link_id: &'a str,
    link_status: LinkStatus,
    link_currency: &'a str,
    link_amount: Paise,
    link_amount_paid: Paise,
    link_partial_payments: bool,
    link_minimum_partial_amount: Option<Paise>,
    link_purpose: &'a str,
    link_created_at: String,
    customer_details: CustomerDetails<'a>,
    link_meta: Meta<'a>,
    link_url: String,
    link_expiry_time: String,
    link_notes: &'a BTreeMap<String, String>,
    link_auto_reminders: bool,
    link_notify: LinkNotify,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Nullable<OrderData<'a>>,
}

#[derive(Serialize)]
struct CustomerDetails<'a> {
    customer_phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
}

impl<'a> From<&'a Customer> for CustomerDetails<'a> {
    fn from(customer: &'a Customer) -> Self {
        Self {
            customer_phone: &customer.customer_phone,
            customer_email: customer.customer_email.as_deref(),
            customer_name: customer.customer_name.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_methods: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upi_intent: Option<bool>,
}

#[derive(Serialize)]
struct OrderData<'a> {
    order_amount: Paise,
    order_id: &'a str,
    order_expiry_time: String,
    order_hash: &'a str,
    transaction_id: i64,
    transaction_status: PaymentStatus,
}

/// Returns the body of a link event, with the order of the payment that caused it.
pub(super) fn body(
    state: &GatewayState,
    link: usize,
    cause: Option<PaymentIndex>,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let link = state.links.get(link)?;
    let request = &link.request;
    let cause = if state.settings.paid_with_null_order {
        None
    } else {
        cause
    };
    let event = LinkEvent {
        data: LinkData {
            cf_link_id: link.cf_link_id,
            link_id: &link.link_id,
            link_status: link.status,
            link_currency: &request.currency,
            link_amount: request.amount,
            link_amount_paid: link.amount_paid,
            link_partial_payments: request.partial_payments,
            link_minimum_partial_amount: request.minimum_partial_amount,
            link_purpose: &request.purpose,
            link_created_at: zoneless_utc(link.created_at),
            customer_details: CustomerDetails::from(&request.customer),
            link_meta: Meta {
                notify_url: request.meta.notify_url.as_deref(),
                return_url: request.meta.return_url.as_deref(),
                payment_methods: request.meta.payment_methods.as_deref(),
                upi_intent: request.meta.upi_intent,
            },
            link_url: state.link_url(link),
            link_expiry_time: zoneless_utc(link.expires_at),
            link_notes: &request.notes,
            link_auto_reminders: request.auto_reminders,
            link_notify: request.notify,
            order: match cause {
                None if state.settings.link_event_without_null_order => None,
                cause => Some(cause.and_then(|index| order(state, index))),
            },
        },
        event_type: EventType::PaymentLink,
        version: 1,
        event_time: ist(now),
    };
    Some(serde_json::to_string(&event))
}

fn order(state: &GatewayState, index: PaymentIndex) -> Option<OrderData<'_>> {
    let (order, payment) = state.payment_at(index)?;
    let other = if state.settings.transaction_id_unlike_payment_id {
        OTHER_TRANSACTION
    } else {
        0
    };
    Some(OrderData {
        order_amount: order.request.amount,
        order_id: &order.order_id,
        order_expiry_time: zoneless_utc(order.expires_at),
        order_hash: &order.hash,
        transaction_id: payment.cf_payment_id.saturating_add(other),
        transaction_status: payment.status,
    })
}
