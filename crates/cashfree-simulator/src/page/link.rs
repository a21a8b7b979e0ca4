//! The payment page of a link.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::form::{Choice, Form, FormError};
use super::responses::{Segment, back_to_merchant, unknown};
use super::view::{self, LinkPage, Message};
use crate::html::{Audience, page};
use crate::shared::Shared;
use crate::state::{GatewayState, PaymentIndex};

pub(super) async fn show(State(shared): State<Arc<Shared>>, segment: Segment) -> Response {
    let response = shared.with(|state, _| {
        let link = *state.by_code.get(&segment.ok()?.0)?;
        link_page(state, StatusCode::OK, link, None)
    });
    response.unwrap_or_else(unknown)
}

pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    segment: Segment,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let message = Message::new("Payment link", "The form could not be read.");
        return page(Audience::Payer, StatusCode::BAD_REQUEST, &message);
    };
    let form = Form::read(&body);
    let response = shared.with(|state, now| {
        let link = *state.by_code.get(&segment.ok()?.0)?;
        let done = form.choice().and_then(|Choice { attempt, outcome }| {
            state
                .attempt(link, attempt, outcome, now)
                .map_err(FormError::from)
        });
        match done {
            Ok(index) => finished(state, index),
            Err(problem) => link_page(
                state,
                StatusCode::UNPROCESSABLE_ENTITY,
                link,
                Some((form, problem)),
            ),
        }
    });
    response.unwrap_or_else(unknown)
}

fn link_page(
    state: &GatewayState,
    status: StatusCode,
    link: usize,
    submitted: Option<(Form, FormError)>,
) -> Option<Response> {
    Some(match view::link_page(state, link, submitted)? {
        LinkPage::Checkout(checkout) => page(Audience::Payer, status, &*checkout),
        LinkPage::Closed(closed) => page(Audience::Payer, status, &closed),
    })
}

/// Redirects to the merchant, or shows the result page.
fn finished(state: &GatewayState, index: PaymentIndex) -> Option<Response> {
    let (order, _) = state.payment_at(index)?;
    back_to_merchant(order).or_else(|| {
        view::outcome(state, index).map(|outcome| page(Audience::Payer, StatusCode::OK, &outcome))
    })
}
