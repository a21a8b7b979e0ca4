use futures_util::{StreamExt, TryStreamExt, stream};
use payment_provider_core::{
    CheckoutLocator, Environment, Operation, OrderId, Payment, PaymentStatus,
};
use payment_provider_http::json_fields;
use serde_json::value::RawValue;

use super::attempt::{Attempt, ErrorDetails};
use super::orders::{Order, Orders};
use crate::links;
use crate::order_lists::{PARALLEL, each_once, of_known_order};
use crate::transport::{CallError, Deadline, GatewayClient, Request, Response, Route};
use crate::wire::{self, Nested, Raw, Unreadable};

const OPERATION: Operation = Operation::ListPayments;

/// Maximum number of orders for which all payments are requested.
///
/// Each visit of a payer creates an order, and each order costs a request. Beyond this number,
/// orders that the gateway reports as unpaid are skipped, since only paid orders hold money.
const MOST_UNPAID: usize = 25;

/// Returns all payments of a link without duplicates.
pub(crate) async fn list(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Vec<Payment>, CallError> {
    let orders = Request::new(OPERATION, Route::LinkOrders(locator.reference.as_str()));
    let all = orders.clone().with_query("status", "ALL");
    let paid = orders.with_query("status", "PAID");
    let read = |response: &Response| Orders::read(response, locator);
    let mut orders = match gateway.read(&all, deadline, read).await {
        Err(error) if error.too_large => gateway.read(&paid, deadline, read).await?,
        outcome => outcome?,
    };
    if locator.gateway_id.is_some() && !orders.of_the_expected_link {
        // The orders name no link or another one, so the link itself is fetched.
        links::expect_same_link(gateway, environment, locator, OPERATION, deadline).await?;
    }
    if orders.by_id.len() > MOST_UNPAID {
        orders.by_id.retain(|_, order| !order.unpaid);
    }
    let calls: Vec<_> = orders
        .by_id
        .iter()
        .map(|(id, order)| of_order(gateway, id, order, deadline))
        .collect();
    let lists: Vec<Vec<Payment>> = stream::iter(calls).buffered(PARALLEL).try_collect().await?;

    let all = lists.into_iter().flatten();
    each_once(all, |payment| payment.id.clone(), "unique cf_payment_id")
}

async fn of_order(
    gateway: &GatewayClient,
    id: &OrderId,
    order: &Order,
    deadline: Deadline,
) -> Result<Vec<Payment>, CallError> {
    let call = Request::new(OPERATION, Route::OrderPayments(id.as_str()));
    let read = |response: &Response| payments(response, id, order);
    let payments = gateway
        .read(&call, deadline, read)
        .await
        .map_err(of_known_order)?;
    // A voided or cancelled payment leaves its order paid although no money was received.
    let explains = |payment: &Payment| {
        matches!(
            payment.status,
            PaymentStatus::Succeeded | PaymentStatus::Cancelled
        )
    };
    if order.paid && !payments.iter().any(explains) {
        let what = Unreadable("payment of a paid order");
        return Err(CallError::unreadable(what, None));
    }
    Ok(payments)
}

fn payments(response: &Response, id: &OrderId, order: &Order) -> Result<Vec<Payment>, Unreadable> {
    let entities = wire::elements("payments", &response.body)?;
    entities
        .into_iter()
        .map(|raw| payment(raw, id, order))
        .collect()
}

/// Reads an attempt of this order. If the attempt names no order amount, the amount from the list
/// of orders is used.
fn payment(raw: &RawValue, id: &OrderId, order: &Order) -> Result<Payment, Unreadable> {
    let entity: AttemptOrder<'_> = wire::object("payments", Some(raw))?;
    let of = wire::optional_text(entity.order_id);
    if of.is_some_and(|order_id| order_id != id.as_str()) {
        return Err(Unreadable("order_id of the requested order"));
    }
    let stated = wire::currency("order_currency", entity.order_currency)
        .and_then(|currency| wire::amount("order_amount", entity.order_amount, currency));
    let amount = stated.or_else(|missing| order.amount.ok_or(missing))?;
    let attempt: Attempt<'_> = wire::object("payments", Some(raw))?;
    let mut payment = attempt.payment(amount, entity.error_details.object())?;
    payment.order_id = Some(id.clone());
    Ok(payment)
}

json_fields! {
    /// Fields of an attempt that [`Attempt`] does not read.
    struct AttemptOrder<'a> {
        order_id: Raw<'a>,
        order_amount: Raw<'a>,
        order_currency: Raw<'a>,
        error_details: Nested<ErrorDetails<'a>>,
    }
}
