//! Carries a call out.

use time::{Duration, OffsetDateTime};

use super::answer::{Answer, ApiError};
use super::create_request;
use super::entity;
use super::order_entity;
use super::route::Call;
use crate::version::ApiVersion;
use crate::world::{CancelError, DuplicateLink, OrderStatus, World};

/// Carries a call out and answers it.
pub(super) fn execute(
    world: &mut World,
    merchant: &str,
    version: ApiVersion,
    call: &Call,
    body: &[u8],
    now: OffsetDateTime,
) -> Answer {
    attempt(world, merchant, version, call, body, now).unwrap_or_else(ApiError::into_answer)
}

fn attempt(
    world: &mut World,
    merchant: &str,
    version: ApiVersion,
    call: &Call,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<Answer, ApiError> {
    match call {
        Call::CreateLink => {
            let asked = create_request::read(body, version, &world.settings, now)?;
            let link = world
                .create_link(merchant, asked, now)
                .map_err(|DuplicateLink| {
                    let settings = &world.settings;
                    ApiError::request(
                        settings.duplicate_link_status,
                        settings.duplicate_link_code.clone(),
                        "Link ID already exists",
                    )
                })?;
            show(world, link, version)
        }
        Call::FetchLink(link_id) => {
            let link = visible_link(world, merchant, link_id, now)?;
            show(world, link, version)
        }
        Call::CancelLink(link_id) => {
            let link = visible_link(world, merchant, link_id, now)?;
            world.cancel(link, now).map_err(|CancelError(status)| {
                let settings = &world.settings;
                ApiError::request(
                    settings.cancel_refused_status,
                    settings.cancel_refused_code.clone(),
                    format!("the link is {status} and cannot be cancelled"),
                )
            })?;
            show(world, link, version)
        }
        Call::ListOrders { link_id, paid_only } => {
            let link = visible_link(world, merchant, link_id, now)?;
            let link = world.links.get(link).ok_or_else(|| unknown_link(world))?;
            let wanted = |status| !paid_only || status == OrderStatus::Paid;
            let orders: Vec<_> = link
                .orders
                .iter()
                .filter(|order| wanted(order.status(now)))
                .map(|order| order_entity::of_link(link, order, version, now))
                .collect();
            Ok(Answer::json(&orders))
        }
        Call::FetchOrder(order_id) => {
            let (link, order) = own_order(world, merchant, order_id)?;
            Ok(Answer::json(&order_entity::alone(
                link, order, version, now,
            )))
        }
        Call::ListPayments(order_id) => {
            let (link, order) = own_order(world, merchant, order_id)?;
            let payments: Vec<_> = order
                .payments
                .iter()
                .map(|payment| entity::payment(link, order, payment, version))
                .collect();
            Ok(Answer::json(&payments))
        }
        Call::FetchPayment {
            order_id,
            cf_payment_id,
        } => {
            let (link, order) = own_order(world, merchant, order_id)?;
            let payment = order
                .payments
                .iter()
                .find(|payment| payment.cf_payment_id.to_string() == *cf_payment_id);
            let payment = payment
                .ok_or_else(|| ApiError::request(404, "payment_not_found", "payment not found"))?;
            Ok(Answer::json(&entity::payment(
                link, order, payment, version,
            )))
        }
    }
}

fn show(world: &World, link: usize, version: ApiVersion) -> Result<Answer, ApiError> {
    let link = world.links.get(link).ok_or_else(|| unknown_link(world))?;
    Ok(Answer::json(&entity::link(world, link, version)))
}

/// A merchant's own link, unless it is too new to be seen already.
fn visible_link(
    world: &World,
    merchant: &str,
    link_id: &str,
    now: OffsetDateTime,
) -> Result<usize, ApiError> {
    let lag = i64::try_from(world.settings.read_after_write_lag_ms).unwrap_or(i64::MAX);
    let position = world
        .link_of(merchant, link_id)
        .ok_or_else(|| unknown_link(world))?;
    let seen = world
        .links
        .get(position)
        .is_some_and(|link| now - link.created_at >= Duration::milliseconds(lag));
    if seen {
        Ok(position)
    } else {
        Err(unknown_link(world))
    }
}

fn own_order<'a>(
    world: &'a World,
    merchant: &str,
    order_id: &str,
) -> Result<(&'a crate::world::Link, &'a crate::world::Order), ApiError> {
    world
        .by_order
        .get(order_id)
        .and_then(|&(link, order)| {
            let link = world
                .links
                .get(link)
                .filter(|link| link.merchant == merchant)?;
            Some((link, link.orders.get(order)?))
        })
        .ok_or_else(|| ApiError::request(404, "order_not_found", "order not found"))
}

/// The refusal for a link that is not there.
pub(super) fn unknown_link(world: &World) -> ApiError {
    ApiError::request(
        world.settings.not_found_status,
        world.settings.not_found_code.clone(),
        "link is not found",
    )
}
