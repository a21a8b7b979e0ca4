//! Orders in the form of the API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::call_context::CallContext;
use crate::money::AmountNumber;
use crate::state::{GatewayState, Link, Order, OrderStatus};
use crate::timestamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;

#[derive(Serialize)]
pub(super) struct OrderEntity<'a> {
    cf_order_id: WireId,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_id: Option<&'a str>,
    order_id: &'a str,
    entity: &'static str,
    order_currency: &'a str,
    order_amount: AmountNumber,
    order_status: OrderStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_link: Option<String>,
    order_expiry_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_note: Option<&'a str>,
    created_at: String,
    order_splits: Splits<'a>,
    customer_details: CustomerEntity<'a>,
    order_meta: MetaEntity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlements: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Address>,
}

#[derive(Serialize)]
struct CustomerEntity<'a> {
    customer_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<&'a str>,
    customer_phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_bank_account_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_bank_ifsc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_bank_code: Option<i64>,
}

#[derive(Serialize)]
struct MetaEntity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_methods: Option<&'a str>,
}

/// The splits as requested, or an empty list.
#[derive(Serialize)]
#[serde(untagged)]
enum Splits<'a> {
    Asked(&'a RawValue),
    None([(); 0]),
}

#[derive(Serialize)]
struct Address {
    url: String,
}

/// Returns an order as an entry of its link's order list. Such an order has no payment page of its own.
pub(super) fn link_order<'a>(
    state: &GatewayState,
    link: &'a Link,
    order: &'a Order,
    context: CallContext<'_>,
) -> OrderEntity<'a> {
    OrderEntity {
        link_id: Some(&link.link_id),
        payment_link: None,
        ..single_order(state, order, context)
    }
}

/// Returns an order in the form of an API version.
pub(super) fn single_order<'a>(
    state: &GatewayState,
    order: &'a Order,
    context: CallContext<'_>,
) -> OrderEntity<'a> {
    let (request, version) = (&order.request, context.version);
    let sessions = version >= ApiVersion::V2022_09_01;
    let new_forms = version.ids_are_strings();
    let address = |what: &str| {
        (!new_forms).then(|| Address {
            url: format!(
                "https://sandbox.cashfree.com/pg/orders/{}/{what}",
                order.order_id
            ),
        })
    };
    let customer = &request.customer;
    OrderEntity {
        cf_order_id: WireId::new(order.cf_order_id, new_forms),
        link_id: None,
        order_id: &order.order_id,
        entity: "order",
        order_currency: &request.currency,
        order_amount: AmountNumber(request.amount),
        order_status: order.status(context.now),
        payment_session_id: sessions.then_some(&order.session),
        order_token: (!sessions).then_some(&order.hash),
        payment_link: (!sessions).then(|| state.order_url(order)),
        order_expiry_time: ist(order.expires_at),
        order_note: request.note.as_deref(),
        created_at: ist(order.created_at),
        order_splits: request
            .splits
            .as_deref()
            .map_or(Splits::None([]), Splits::Asked),
        customer_details: CustomerEntity {
            customer_id: &request.customer_id,
            customer_uid: request.customer_uid.as_deref().filter(|_| new_forms),
            customer_name: customer.customer_name.as_deref(),
            customer_email: customer.customer_email.as_deref(),
            customer_phone: &customer.customer_phone,
            customer_bank_account_number: customer.customer_bank_account_number.as_deref(),
            customer_bank_ifsc: customer.customer_bank_ifsc.as_deref(),
            customer_bank_code: customer.customer_bank_code,
        },
        order_meta: MetaEntity {
            return_url: request.meta.return_url.as_deref(),
            notify_url: request.meta.notify_url.as_deref(),
            payment_methods: request.meta.payment_methods.as_deref(),
        },
        order_tags: Some(&request.tags).filter(|tags| !tags.is_empty()),
        payments: address("payments"),
        settlements: address("settlements"),
        refunds: address("refunds"),
    }
}
