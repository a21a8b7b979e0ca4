//! Calls on links.

use super::call_context::{CallContext, is_visible};
use super::error::ApiError;
use super::not_found::unknown_link;
use super::{link_entity, link_request, order_entity};
use crate::operations::{CancelError, DuplicateLink};
use crate::response::ApiResponse;
use crate::state::{GatewayState, OrderStatus};

pub(super) fn create(
    state: &mut GatewayState,
    context: CallContext<'_>,
    body: &[u8],
) -> Result<ApiResponse, ApiError> {
    let request = link_request::read(body, context.version, &state.settings, context.now)?;
    let link = state
        .create_link(context.merchant, request, context.now)
        .map_err(|DuplicateLink| {
            let settings = &state.settings;
            ApiError::request(
                settings.duplicate_link_status,
                settings.duplicate_link_code.clone(),
                "Link ID already exists",
            )
        })?;
    respond(state, context, link)
}

pub(super) fn fetch(
    state: &GatewayState,
    context: CallContext<'_>,
    link_id: &str,
) -> Result<ApiResponse, ApiError> {
    respond(state, context, find_link(state, context, link_id)?)
}

pub(super) fn cancel(
    state: &mut GatewayState,
    context: CallContext<'_>,
    link_id: &str,
) -> Result<ApiResponse, ApiError> {
    let link = find_link(state, context, link_id)?;
    state
        .cancel(link, context.now)
        .map_err(|CancelError(status)| {
            let settings = &state.settings;
            ApiError::request(
                settings.cancel_refused_status,
                settings.cancel_refused_code.clone(),
                format!("the link is {status} and cannot be cancelled"),
            )
        })?;
    respond(state, context, link)
}

pub(super) fn orders(
    state: &GatewayState,
    context: CallContext<'_>,
    link_id: &str,
    paid_only: bool,
) -> Result<ApiResponse, ApiError> {
    let link = find_link(state, context, link_id)?;
    let link = state.links.get(link).ok_or_else(|| unknown_link(state))?;
    let wanted = |status| !paid_only || status == OrderStatus::Paid;
    let orders: Vec<_> = state
        .orders_of(link)
        .filter(|order| wanted(order.status(context.now)))
        .map(|order| order_entity::link_order(state, link, order, context))
        .collect();
    Ok(ApiResponse::json(&orders))
}

fn respond(
    state: &GatewayState,
    context: CallContext<'_>,
    link: usize,
) -> Result<ApiResponse, ApiError> {
    let link = state.links.get(link).ok_or_else(|| unknown_link(state))?;
    Ok(ApiResponse::json(&link_entity::link(
        state,
        link,
        context.version,
    )))
}

/// Finds a link of the calling merchant. A link that is still hidden after its creation is not found.
fn find_link(
    state: &GatewayState,
    context: CallContext<'_>,
    link_id: &str,
) -> Result<usize, ApiError> {
    let position = state
        .link_of(context.merchant, link_id)
        .ok_or_else(|| unknown_link(state))?;
    let seen = state
        .links
        .get(position)
        .is_some_and(|link| is_visible(state, link.created_at, link.visible_from, context.now));
    if seen {
        Ok(position)
    } else {
        Err(unknown_link(state))
    }
}
