//! The orders of a link, as the gateway lists them.

use std::collections::BTreeMap;

use payment_provider_core::{CheckoutLocator, Money, OrderId};
use serde::Deserialize;

use crate::transport::Response;
use crate::wire::{self, Raw, Unreadable};

/// An order as the list reports it.
pub(super) struct Order {
    /// The gateway reports the order as paid.
    pub(super) paid: bool,
    /// The order is in a state in which no money can have been received.
    pub(super) unpaid: bool,
    pub(super) amount: Option<Money>,
}

/// All orders of a link.
pub(super) struct Orders {
    pub(super) by_id: BTreeMap<OrderId, Order>,
    /// True if the list has at least one order and every order names the link by the expected
    /// gateway id.
    pub(super) of_the_expected_link: bool,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    link_id: Raw<'a>,
    #[serde(borrow, default)]
    order_status: Raw<'a>,
    #[serde(borrow, default)]
    order_amount: Raw<'a>,
    #[serde(borrow, default)]
    order_currency: Raw<'a>,
    #[serde(borrow, default)]
    order_tags: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    cf_link_id: Raw<'a>,
}

impl Orders {
    /// Reads the list. An order with another reference makes the list unreadable.
    pub(super) fn read(response: &Response, locator: &CheckoutLocator) -> Result<Self, Unreadable> {
        let mut by_id = BTreeMap::new();
        let mut expected = locator.gateway_id.is_some();
        for raw in wire::elements("orders", &response.body)? {
            let entity: Entity<'_> = wire::object("orders", Some(raw))?;
            let of = wire::optional_text(entity.link_id);
            if of.is_some_and(|link_id| link_id != locator.reference.as_str()) {
                return Err(Unreadable("link_id of the requested link"));
            }
            let tags: Tags<'_> = wire::optional_object(entity.order_tags).unwrap_or_default();
            expected &= wire::gateway_identifier(tags.cf_link_id) == locator.gateway_id;
            let id: OrderId = wire::gateway_identifier(entity.order_id)
                .filter(|id: &OrderId| ![".", ".."].contains(&id.as_str()))
                .ok_or(Unreadable("order_id"))?;
            let amount = wire::currency("order_currency", entity.order_currency)
                .and_then(|currency| wire::amount("order_amount", entity.order_amount, currency));
            let status = wire::optional_text(entity.order_status).unwrap_or_default();
            let order = Order {
                paid: status == "PAID",
                unpaid: is_unpaid(&status),
                amount: amount.ok(),
            };
            by_id.insert(id, order);
        }
        Ok(Self {
            of_the_expected_link: expected && !by_id.is_empty(),
            by_id,
        })
    }
}

/// Returns true for the states of an order that has not been paid; see
/// <https://www.cashfree.com/docs/api-reference/payments/enums>.
fn is_unpaid(status: &str) -> bool {
    matches!(
        status,
        "ACTIVE" | "EXPIRED" | "TERMINATED" | "TERMINATION_REQUESTED"
    )
}
