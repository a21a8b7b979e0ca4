//! Responses that the link and order pages share.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::view::Message;
use crate::html::{Audience, page};
use crate::state::Order;

/// The code of a link or an order in the address of its page.
pub(super) type Segment = Result<Path<String>, PathRejection>;

/// Redirects to the merchant's `return_url`, if it has one.
pub(super) fn back_to_merchant(order: &Order) -> Option<Response> {
    let url = order.request.meta.return_url.as_deref()?;
    let url = url::Url::parse(url).ok()?;
    let location = HeaderValue::from_str(url.as_str()).ok()?;
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

pub(super) fn unknown() -> Response {
    let message = Message::new(
        "Payment link not found",
        "There is no such payment link. The address may be wrong, or the simulator was restarted.",
    );
    page(Audience::Payer, StatusCode::NOT_FOUND, &message)
}
