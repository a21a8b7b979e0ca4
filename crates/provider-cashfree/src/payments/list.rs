use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use payment_provider_core::{
    CheckoutLocator, Effect, ErrorKind, Money, Operation, OrderId, Payment, PaymentId,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::attempt::Attempt;
use crate::transport::{Answer, Call, Fault, Gateway};
use crate::wire::{self, Raw, Unreadable};

const OPERATION: Operation = Operation::ListPayments;

/// Most requests under way at once for one list.
const PARALLEL: usize = 4;

/// All payments of a link, each once.
pub(crate) async fn list(
    gateway: &Gateway,
    locator: &CheckoutLocator,
    deadline: Instant,
) -> Result<Vec<Payment>, Fault> {
    let reference = locator.reference.as_str();
    let path = ["links", reference, "orders"];
    let call = Call::get(OPERATION, &path).with_query("status", "ALL");
    let orders = gateway
        .read(&call, deadline, |answer| orders(answer, reference))
        .await?;
    let calls: Vec<_> = orders
        .iter()
        .map(|(id, order)| of_order(gateway, id, order, deadline))
        .collect();
    let lists: Vec<Vec<Payment>> = stream::iter(calls).buffered(PARALLEL).try_collect().await?;

    each_once(lists.into_iter().flatten())
}

fn each_once(all: impl Iterator<Item = Payment>) -> Result<Vec<Payment>, Fault> {
    let mut places: BTreeMap<PaymentId, usize> = BTreeMap::new();
    let mut payments: Vec<Payment> = Vec::new();
    for payment in all {
        let place = *places.entry(payment.id.clone()).or_insert(payments.len());
        match payments.get(place) {
            None => payments.push(payment),
            Some(known) if *known == payment => {}
            Some(_) => {
                let what = Unreadable("cf_payment_id, which two payments share");
                return Err(Fault::unreadable(what, None));
            }
        }
    }
    Ok(payments)
}

/// What the list of orders says of one.
struct Order {
    paid: bool,
    amount: Option<Money>,
}

#[derive(Deserialize)]
struct OrderEntity<'a> {
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
}

fn orders(answer: &Answer, reference: &str) -> Result<BTreeMap<OrderId, Order>, Unreadable> {
    let mut orders = BTreeMap::new();
    for raw in wire::elements("orders", &answer.body)? {
        let entity: OrderEntity<'_> = wire::object("orders", Some(raw))?;
        let of = wire::optional_text(entity.link_id);
        if of.is_some_and(|link_id| link_id != reference) {
            return Err(Unreadable("link_id of the link asked for"));
        }
        let id: OrderId = wire::identifier(entity.order_id)
            .filter(|id: &OrderId| ![".", ".."].contains(&id.as_str()))
            .ok_or(Unreadable("order_id"))?;
        let order = Order {
            paid: wire::optional_text(entity.order_status).is_some_and(|word| word == "PAID"),
            amount: wire::currency("order_currency", entity.order_currency)
                .and_then(|currency| wire::amount("order_amount", entity.order_amount, currency))
                .ok(),
        };
        orders.insert(id, order);
    }
    Ok(orders)
}

async fn of_order(
    gateway: &Gateway,
    id: &OrderId,
    order: &Order,
    deadline: Instant,
) -> Result<Vec<Payment>, Fault> {
    let path = ["orders", id.as_str(), "payments"];
    let call = Call::get(OPERATION, &path);
    let read = |answer: &Answer| payments(answer, id, order);
    let payments = gateway
        .read(&call, deadline, read)
        .await
        .map_err(|mut fault| {
            if fault.kind == ErrorKind::NotFound {
                // The link is there and lists the order: this is not about the checkout.
                fault.kind = ErrorKind::Unavailable;
                fault.effect = Effect::MaybeApplied;
            }
            fault
        })?;
    if order.paid && payments.is_empty() {
        let what = Unreadable("payment of a paid order");
        return Err(Fault::unreadable(what, None));
    }
    Ok(payments)
}

fn payments(answer: &Answer, id: &OrderId, order: &Order) -> Result<Vec<Payment>, Unreadable> {
    let entities = wire::elements("payments", &answer.body)?;
    entities
        .into_iter()
        .map(|raw| payment(raw, id, order))
        .collect()
}

/// An attempt, with the order it stands in; the order's own amount is taken from the list of
/// orders if it is not given here.
fn payment(raw: &RawValue, id: &OrderId, order: &Order) -> Result<Payment, Unreadable> {
    let entity: AttemptOrder<'_> = wire::object("payments", Some(raw))?;
    let of = wire::optional_text(entity.order_id);
    if of.is_some_and(|order_id| order_id != id.as_str()) {
        return Err(Unreadable("order_id of the order asked for"));
    }
    let stated = wire::currency("order_currency", entity.order_currency)
        .and_then(|currency| wire::amount("order_amount", entity.order_amount, currency));
    let amount = stated.or_else(|missing| order.amount.ok_or(missing))?;
    let attempt: Attempt<'_> = wire::object("payments", Some(raw))?;
    let mut payment = attempt.payment(amount, entity.error_details)?;
    payment.order_id = Some(id.clone());
    Ok(payment)
}

/// What an attempt says beside the attempt itself.
#[derive(Deserialize)]
struct AttemptOrder<'a> {
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    order_amount: Raw<'a>,
    #[serde(borrow, default)]
    order_currency: Raw<'a>,
    #[serde(borrow, default)]
    error_details: Raw<'a>,
}
