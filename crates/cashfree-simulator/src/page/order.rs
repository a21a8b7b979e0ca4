//! The payment page of an order. Only the oldest versions of the API link to it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;

use super::form::{Choice, Form, FormError};
use super::responses::{Segment, back_to_merchant, unknown};
use crate::html::{Audience, page};
use crate::money_text;
use crate::shared::Shared;
use crate::state::{GatewayState, OrderStatus, PaymentIndex};
use crate::timestamp;

#[derive(Template)]
#[template(path = "payment/order.html")]
struct OrderPage<'a> {
    root: &'static str,
    merchant: &'a str,
    notice: Option<String>,
    problem: Option<String>,
    amount: String,
    order_id: &'a str,
    status: OrderStatus,
    expires: String,
    expires_exactly: String,
    payable: bool,
    return_url: Option<&'a str>,
}

/// A notice or an error shown above the order.
enum Notice {
    Nothing,
    Info(String),
    FormError(String),
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, segment: Segment) -> Response {
    let response = shared.with(|state, now| {
        let order = find_order(state, segment)?;
        order_page(state, order, Notice::Nothing, now)
    });
    response.unwrap_or_else(unknown)
}

pub(super) async fn submit(
    State(shared): State<Arc<Shared>>,
    segment: Segment,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // An unreadable body is an empty form, which is refused.
    let form = Form::read(&body.unwrap_or_default());
    let response = shared.with(|state, now| {
        let order = find_order(state, segment)?;
        let done = form.choice().and_then(|Choice { attempt, outcome }| {
            state
                .attempt_order(order, attempt, outcome, now)
                .map_err(FormError::from)
        });
        match done {
            Ok(index) => finished(state, index, now),
            Err(problem) => order_page(state, order, Notice::FormError(problem.message), now),
        }
    });
    response.unwrap_or_else(unknown)
}

/// Finds the order of a page address.
fn find_order(state: &GatewayState, segment: Segment) -> Option<usize> {
    let code = segment.ok()?.0;
    state.orders.iter().position(|order| order.hash == code)
}

fn finished(state: &GatewayState, index: PaymentIndex, now: Timestamp) -> Option<Response> {
    let (order, payment) = state.payment_at(index)?;
    let notice = format!(
        "Payment {}: {}. {}",
        payment.cf_payment_id, payment.status, payment.message
    );
    back_to_merchant(order).or_else(|| order_page(state, index.order, Notice::Info(notice), now))
}

fn order_page(
    state: &GatewayState,
    order: usize,
    notice: Notice,
    now: Timestamp,
) -> Option<Response> {
    let order = state.orders.get(order)?;
    let status = order.status(now);
    let merchant = state.merchant(&order.merchant);
    let (http_status, notice, problem) = match notice {
        Notice::Nothing => (StatusCode::OK, None, None),
        Notice::Info(notice) => (StatusCode::OK, Some(notice), None),
        Notice::FormError(problem) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(problem)),
    };
    let shown = OrderPage {
        root: "../",
        merchant: merchant.map_or(order.merchant.as_str(), |merchant| merchant.name()),
        notice,
        problem,
        amount: money_text::format_amount(order.request.amount, &order.request.currency),
        order_id: &order.order_id,
        status,
        expires: timestamp::readable(order.expires_at),
        expires_exactly: timestamp::ist(order.expires_at),
        payable: status == OrderStatus::Active && !order.has_pending_payment(),
        return_url: order.request.meta.return_url.as_deref(),
    };
    Some(page(Audience::Payer, http_status, &shown))
}
