//! Orders as the API answers them.

use serde::Serialize;
use time::OffsetDateTime;

use crate::money::AmountNumber;
use crate::stamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;
use crate::world::{Link, Order, OrderStatus};

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
    order_expiry_time: String,
    order_note: Option<&'a str>,
    created_at: String,
    order_splits: [(); 0],
    customer_details: CustomerEntity<'a>,
    order_meta: OrderMeta<'a>,
    order_tags: OrderTags<'a>,
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
    customer_name: Option<&'a str>,
    customer_email: Option<&'a str>,
    customer_phone: &'a str,
}

#[derive(Serialize)]
struct OrderMeta<'a> {
    return_url: Option<&'a str>,
    notify_url: Option<&'a str>,
    payment_methods: Option<&'a str>,
}

#[derive(Serialize)]
struct OrderTags<'a> {
    cf_link_id: String,
    link_id: &'a str,
}

#[derive(Serialize)]
struct Address {
    url: String,
}

/// An order in the list of its link.
pub(super) fn of_link<'a>(
    link: &'a Link,
    order: &'a Order,
    version: ApiVersion,
    now: OffsetDateTime,
) -> OrderEntity<'a> {
    OrderEntity {
        link_id: Some(&link.link_id),
        ..alone(link, order, version, now)
    }
}

/// An order on its own.
pub(super) fn alone<'a>(
    link: &'a Link,
    order: &'a Order,
    version: ApiVersion,
    now: OffsetDateTime,
) -> OrderEntity<'a> {
    let asked = &link.asked;
    let sessions = version >= ApiVersion::V2022_09_01;
    let address = |what: &str| {
        (!version.ids_are_strings()).then(|| Address {
            url: format!(
                "https://sandbox.cashfree.com/pg/orders/{}/{what}",
                order.order_id
            ),
        })
    };
    OrderEntity {
        cf_order_id: WireId::new(order.cf_order_id, version.ids_are_strings()),
        link_id: None,
        order_id: &order.order_id,
        entity: "order",
        order_currency: &asked.currency,
        order_amount: AmountNumber(order.amount),
        order_status: order.status(now),
        payment_session_id: sessions.then_some(&order.session),
        order_token: (!sessions).then_some(&order.hash),
        order_expiry_time: ist(order.expires_at),
        order_note: None,
        created_at: ist(order.created_at),
        order_splits: [],
        customer_details: CustomerEntity {
            customer_id: &order.customer_number,
            customer_name: asked.customer.customer_name.as_deref(),
            customer_email: asked.customer.customer_email.as_deref(),
            customer_phone: &asked.customer.customer_phone,
        },
        order_meta: OrderMeta {
            return_url: asked.meta.return_url.as_deref(),
            notify_url: asked.meta.notify_url.as_deref(),
            payment_methods: asked.meta.payment_methods.as_deref(),
        },
        order_tags: OrderTags {
            cf_link_id: link.cf_link_id.to_string(),
            link_id: &link.link_id,
        },
        payments: address("payments"),
        settlements: address("settlements"),
        refunds: address("refunds"),
    }
}
