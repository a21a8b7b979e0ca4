//! The page of an order, which the oldest versions of the API lead to.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;

use super::form::{Choice, Form, Problem};
use super::{Segment, back_to_merchant, unknown};
use crate::core::Core;
use crate::html::{Audience, page};
use crate::money_text;
use crate::stamp;
use crate::world::{OrderStatus, Place, World};

#[derive(Template)]
#[template(path = "payment/order.html")]
struct OrderPage<'a> {
    root: &'static str,
    merchant: &'a str,
    news: Option<String>,
    problem: Option<String>,
    amount: String,
    order_id: &'a str,
    status: OrderStatus,
    expires: String,
    expires_exactly: String,
    payable: bool,
    return_url: Option<&'a str>,
}

/// What the page has to say besides what the order is.
enum Said {
    Nothing,
    News(String),
    Problem(String),
}

pub(super) async fn show(State(core): State<Arc<Core>>, segment: Segment) -> Response {
    let answer = core.with(|world, now| {
        let order = named(world, segment)?;
        order_page(world, order, Said::Nothing, now)
    });
    answer.unwrap_or_else(unknown)
}

pub(super) async fn submit(
    State(core): State<Arc<Core>>,
    segment: Segment,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // What could not be read lacks everything, and is refused for that.
    let form = Form::read(&body.unwrap_or_default());
    let answer = core.with(|world, now| {
        let order = named(world, segment)?;
        let done = form.choice().and_then(|Choice { attempt, end }| {
            world
                .attempt_order(order, attempt, end, now)
                .map_err(Problem::from)
        });
        match done {
            Ok(place) => finished(world, place, now),
            Err(problem) => order_page(world, order, Said::Problem(problem.message), now),
        }
    });
    answer.unwrap_or_else(unknown)
}

/// The order whose page an address is of.
fn named(world: &World, segment: Segment) -> Option<usize> {
    let code = segment.ok()?.0;
    world.orders.iter().position(|order| order.hash == code)
}

fn finished(world: &World, place: Place, now: Timestamp) -> Option<Response> {
    let (order, payment) = world.at(place)?;
    let news = format!(
        "Payment {}: {}. {}",
        payment.cf_payment_id, payment.status, payment.message
    );
    back_to_merchant(order).or_else(|| order_page(world, place.order, Said::News(news), now))
}

fn order_page(world: &World, order: usize, said: Said, now: Timestamp) -> Option<Response> {
    let order = world.orders.get(order)?;
    let status = order.status(now);
    let merchant = world.merchant(&order.merchant);
    let (http_status, news, problem) = match said {
        Said::Nothing => (StatusCode::OK, None, None),
        Said::News(news) => (StatusCode::OK, Some(news), None),
        Said::Problem(problem) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(problem)),
    };
    let shown = OrderPage {
        root: "../",
        merchant: merchant.map_or(order.merchant.as_str(), |merchant| merchant.name()),
        news,
        problem,
        amount: money_text::shown(order.asked.amount, &order.asked.currency),
        order_id: &order.order_id,
        status,
        expires: stamp::readable(order.expires_at),
        expires_exactly: stamp::ist(order.expires_at),
        payable: status == OrderStatus::Active && !order.has_pending_payment(),
        return_url: order.asked.meta.return_url.as_deref(),
    };
    Some(page(Audience::Payer, http_status, &shown))
}
