use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use payment_provider_core::{
    Effect, Operation, OrderId, Payment, PaymentStatus, ProviderErrorKind, Refund,
};
use serde_json::value::RawValue;

use super::entity::Entity;
use crate::order_lists::{PARALLEL, each_once, of_known_order};
use crate::transport::{CallError, Deadline, GatewayClient, Request, Response, Route};
use crate::wire::{self, Unreadable};

/// Returns all refunds of these payments without duplicates. Each order that holds money is asked
/// once, and its refunds are all on one page.
pub(super) async fn list(
    gateway: &GatewayClient,
    payments: &[Payment],
    deadline: Deadline,
) -> Result<Vec<Refund>, CallError> {
    let orders = orders(payments)?;
    let calls: Vec<_> = orders
        .into_iter()
        .map(|order| of_order(gateway, order, payments, deadline))
        .collect();
    let lists: Vec<Vec<Refund>> = stream::iter(calls).buffered(PARALLEL).try_collect().await?;
    let all = lists.into_iter().flatten();
    each_once(all, |refund| refund.id.clone(), "unique cf_refund_id")
}

/// Returns the orders of the payments that brought money. Cashfree lists refunds by order alone, so
/// a payment without an order cannot be asked about.
fn orders(payments: &[Payment]) -> Result<BTreeSet<&OrderId>, CallError> {
    payments
        .iter()
        .filter(|payment| payment.status == PaymentStatus::Succeeded)
        .map(|payment| {
            payment.order_id.as_ref().ok_or_else(|| {
                CallError::new(ProviderErrorKind::InvalidRequest, Effect::NotSent)
                    .with_source(Unreadable("order_id of a succeeded payment"))
            })
        })
        .collect()
}

async fn of_order(
    gateway: &GatewayClient,
    order: &OrderId,
    payments: &[Payment],
    deadline: Deadline,
) -> Result<Vec<Refund>, CallError> {
    let call = Request::new(Operation::ListRefunds, Route::OrderRefunds(order.as_str()));
    let read = |response: &Response| refunds(response, order, payments);
    gateway
        .read(&call, deadline, read)
        .await
        .map_err(of_known_order)
}

fn refunds(
    response: &Response,
    order: &OrderId,
    payments: &[Payment],
) -> Result<Vec<Refund>, Unreadable> {
    let entities = wire::elements("refunds", &response.body)?;
    let read = entities
        .into_iter()
        .map(|raw| refund(raw, order, payments).transpose());
    read.flatten().collect()
}

/// Reads a refund of this order. `None` if it belongs to a payment that is not among these, or to
/// another order.
///
/// A refund that names no payment belongs to the order, and is kept. One that names a payment
/// unreadably might be of any of them, which is an error.
fn refund(
    raw: &RawValue,
    order: &OrderId,
    payments: &[Payment],
) -> Result<Option<Refund>, Unreadable> {
    let entity: Entity<'_> = wire::object("refunds", Some(raw))?;
    let mut refund = entity.refund(None)?;
    if refund.payment_id.is_none() && !entity.names_no_payment() {
        return Err(Unreadable("cf_payment_id"));
    }
    let of_payment = refund
        .payment_id
        .as_ref()
        .map(|id| payments.iter().any(|payment| payment.id == *id));
    let of_order = refund.order_id.get_or_insert_with(|| order.clone()) == order;
    match (of_order, of_payment) {
        (true, Some(true) | None) => Ok(Some(refund)),
        (false, Some(true)) => Err(Unreadable("order_id of the requested order")),
        (_, Some(false)) | (false, None) => Ok(None),
    }
}
