//! The calls about links.

use super::answer::{Answer, ApiError};
use super::execute::{Caller, is_seen};
use super::refusals::unknown_link;
use super::{create_request, link_entity, order_entity};
use crate::world::{CancelError, DuplicateLink, OrderStatus, World};

pub(super) fn create(
    world: &mut World,
    caller: Caller<'_>,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let asked = create_request::read(body, caller.version, &world.settings, caller.now)?;
    let link = world
        .create_link(caller.merchant, asked, caller.now)
        .map_err(|DuplicateLink| {
            let settings = &world.settings;
            ApiError::request(
                settings.duplicate_link_status,
                settings.duplicate_link_code.clone(),
                "Link ID already exists",
            )
        })?;
    show(world, caller, link)
}

pub(super) fn fetch(world: &World, caller: Caller<'_>, link_id: &str) -> Result<Answer, ApiError> {
    show(world, caller, visible(world, caller, link_id)?)
}

pub(super) fn cancel(
    world: &mut World,
    caller: Caller<'_>,
    link_id: &str,
) -> Result<Answer, ApiError> {
    let link = visible(world, caller, link_id)?;
    world
        .cancel(link, caller.now)
        .map_err(|CancelError(status)| {
            let settings = &world.settings;
            ApiError::request(
                settings.cancel_refused_status,
                settings.cancel_refused_code.clone(),
                format!("the link is {status} and cannot be cancelled"),
            )
        })?;
    show(world, caller, link)
}

pub(super) fn orders(
    world: &World,
    caller: Caller<'_>,
    link_id: &str,
    paid_only: bool,
) -> Result<Answer, ApiError> {
    let link = visible(world, caller, link_id)?;
    let link = world.links.get(link).ok_or_else(|| unknown_link(world))?;
    let wanted = |status| !paid_only || status == OrderStatus::Paid;
    let orders: Vec<_> = world
        .orders_of(link)
        .filter(|order| wanted(order.status(caller.now)))
        .map(|order| order_entity::of_link(world, link, order, caller))
        .collect();
    Ok(Answer::json(&orders))
}

fn show(world: &World, caller: Caller<'_>, link: usize) -> Result<Answer, ApiError> {
    let link = world.links.get(link).ok_or_else(|| unknown_link(world))?;
    Ok(Answer::json(&link_entity::link(
        world,
        link,
        caller.version,
    )))
}

/// A merchant's own link, unless it is too new to be seen already.
fn visible(world: &World, caller: Caller<'_>, link_id: &str) -> Result<usize, ApiError> {
    let position = world
        .link_of(caller.merchant, link_id)
        .ok_or_else(|| unknown_link(world))?;
    let seen = world
        .links
        .get(position)
        .is_some_and(|link| is_seen(world, link.created_at, link.seen_from, caller.now));
    if seen {
        Ok(position)
    } else {
        Err(unknown_link(world))
    }
}
