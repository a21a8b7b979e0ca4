//! The calls about orders, their payments and their payout.

use super::answer::{Answer, ApiError};
use super::execute::{Caller, is_seen};
use super::fields::{Fields, invalid};
use super::refusals::{unknown_order, unknown_payment, unknown_settlement};
use super::{order_entity, order_request, payment_entity, settlement_entity};
use crate::world::{DuplicateOrder, Order, OrderStatus, TerminateError, World};

pub(super) fn create(
    world: &mut World,
    caller: Caller<'_>,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let asked = order_request::read(body, &world.settings, caller.now)?;
    let order = world
        .create_order(caller.merchant, asked, caller.now)
        .map_err(|DuplicateOrder| {
            ApiError::request(
                409,
                "order_already_exists",
                "order with same id is already present",
            )
        })?;
    show(world, caller, order)
}

pub(super) fn fetch(world: &World, caller: Caller<'_>, order_id: &str) -> Result<Answer, ApiError> {
    show(world, caller, visible(world, caller, order_id)?)
}

pub(super) fn terminate(
    world: &mut World,
    caller: Caller<'_>,
    order_id: &str,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let order = visible(world, caller, order_id)?;
    let status = Fields::of_body(body)?.required_text("order_status")?;
    if status != "TERMINATED" {
        return Err(invalid("order_status", "must be TERMINATED"));
    }
    world
        .terminate_order(order, caller.now)
        .map_err(|TerminateError(status)| {
            let code = match status {
                OrderStatus::Paid => "order_already_paid",
                _ => "order_inactive",
            };
            let message = format!("the order is {status} and cannot be terminated");
            ApiError::request(400, code, message)
        })?;
    show(world, caller, order)
}

pub(super) fn payments(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
) -> Result<Answer, ApiError> {
    let order = own(world, caller, order_id)?;
    let payments: Vec<_> = order
        .payments
        .iter()
        .map(|payment| payment_entity::payment(order, payment, caller.version))
        .collect();
    Ok(Answer::json(&payments))
}

pub(super) fn payment(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
    cf_payment_id: &str,
) -> Result<Answer, ApiError> {
    let order = own(world, caller, order_id)?;
    let payment = order
        .payments
        .iter()
        .find(|payment| payment.cf_payment_id.to_string() == cf_payment_id)
        .ok_or_else(|| unknown_payment(world))?;
    Ok(Answer::json(&payment_entity::payment(
        order,
        payment,
        caller.version,
    )))
}

pub(super) fn settlement(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
) -> Result<Answer, ApiError> {
    let order = own(world, caller, order_id)?;
    settlement_entity::settlement(order, caller.version)
        .map(|settlement| Answer::json(&settlement))
        .ok_or_else(|| unknown_settlement(world))
}

fn show(world: &World, caller: Caller<'_>, order: usize) -> Result<Answer, ApiError> {
    let order = world
        .orders
        .get(order)
        .ok_or_else(|| unknown_order(world))?;
    Ok(Answer::json(&order_entity::alone(world, order, caller)))
}

/// A merchant's own order, unless it is too new to be seen already.
pub(super) fn visible(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
) -> Result<usize, ApiError> {
    let seen = |order: &Order| {
        // A link's order is made by a payer, and is seen at once.
        order.link.is_some() || is_seen(world, order.created_at, order.seen_from, caller.now)
    };
    world
        .order_of(caller.merchant, order_id)
        .filter(|position| world.orders.get(*position).is_some_and(seen))
        .ok_or_else(|| unknown_order(world))
}

/// The order at the place where a merchant's own order is.
pub(super) fn own<'a>(
    world: &'a World,
    caller: Caller<'_>,
    order_id: &str,
) -> Result<&'a Order, ApiError> {
    let position = visible(world, caller, order_id)?;
    world
        .orders
        .get(position)
        .ok_or_else(|| unknown_order(world))
}
