//! The calls about refunds.

use super::answer::{Answer, ApiError};
use super::execute::{Caller, is_seen};
use super::fields::{Fields, invalid};
use super::order_calls::{own, visible};
use super::refund_entity;
use super::refund_request;
use super::refusals::unknown_refund;
use crate::world::{RefundError, RefundStatus, World};

pub(super) fn create(
    world: &mut World,
    caller: Caller<'_>,
    order_id: &str,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let order = visible(world, caller, order_id)?;
    let (asked, outcome) = refund_request::read(body, caller.version)?;
    let refund = world
        .create_refund(order, asked, outcome, caller.now)
        .map_err(refused)?;
    show(world, caller, refund, Shown::AsMade)
}

fn refused(error: RefundError) -> ApiError {
    let (code, message) = match error {
        RefundError::NotPaid => ("order_id_not_paid", "transaction not found"),
        RefundError::Duplicate => ("refund_id_invalid", "Duplicate Merchant Refund Id"),
        RefundError::TooMuch => (
            "refund_post_failed",
            "Total amount of Refunds cannot be greater than the transaction amount.",
        ),
        RefundError::TooLate => (
            "refund_post_failed",
            "the transaction is more than six months old",
        ),
    };
    ApiError::request(400, code, message)
}

pub(super) fn list(world: &World, caller: Caller<'_>, order_id: &str) -> Result<Answer, ApiError> {
    let order = own(world, caller, order_id)?;
    let refunds: Vec<_> = world
        .refunds_of(order)
        .filter(|refund| is_seen(world, refund.created_at, refund.seen_from, caller.now))
        .filter_map(|refund| refund_entity::refund(world, refund, refund.status, caller.version))
        .collect();
    Ok(Answer::json(&refunds))
}

pub(super) fn fetch(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
    refund_id: &str,
) -> Result<Answer, ApiError> {
    let refund = own_refund(world, caller, order_id, refund_id)?;
    show(world, caller, refund, Shown::AsItIs)
}

pub(super) fn cancel(
    world: &mut World,
    caller: Caller<'_>,
    order_id: &str,
    refund_id: &str,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let refund = own_refund(world, caller, order_id, refund_id)?;
    let fields = Fields::of_body(body)?;
    if fields.required_text("refund_status")? != "CANCELLED" {
        return Err(invalid("refund_status", "must be CANCELLED"));
    }
    fields.text("remarks")?;
    let status = world.refunds.get(refund).map(|refund| refund.status);
    if let Some(status) = status.filter(|status| !status.is_open()) {
        let message = format!("the refund is {status} and cannot be cancelled");
        return Err(ApiError::request(400, "refund_invalid", message));
    }
    world.end_refund(refund, RefundStatus::Cancelled, caller.now);
    show(world, caller, refund, Shown::AsItIs)
}

/// How a refund is shown: as it is, or as it was when it was made, which is always pending.
#[derive(Clone, Copy, Debug)]
enum Shown {
    AsMade,
    AsItIs,
}

fn show(
    world: &World,
    caller: Caller<'_>,
    refund: usize,
    shown: Shown,
) -> Result<Answer, ApiError> {
    let refund = world
        .refunds
        .get(refund)
        .ok_or_else(|| unknown_refund(world))?;
    let status = match shown {
        Shown::AsMade => RefundStatus::Pending,
        Shown::AsItIs => refund.status,
    };
    refund_entity::refund(world, refund, status, caller.version)
        .map(|entity| Answer::json(&entity))
        .ok_or_else(|| unknown_refund(world))
}

fn own_refund(
    world: &World,
    caller: Caller<'_>,
    order_id: &str,
    refund_id: &str,
) -> Result<usize, ApiError> {
    let order = own(world, caller, order_id)?;
    let named = |position: &&usize| {
        world.refunds.get(**position).is_some_and(|refund| {
            refund.refund_id == refund_id
                && is_seen(world, refund.created_at, refund.seen_from, caller.now)
        })
    };
    let found = order.refunds.iter().find(named);
    found.copied().ok_or_else(|| unknown_refund(world))
}
