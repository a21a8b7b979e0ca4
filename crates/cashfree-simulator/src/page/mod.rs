//! The payer's page: a form that works without script.

mod form;
mod order;
mod test_instruments;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::core::Core;
use crate::html::{Audience, page};
use crate::world::{Order, Place, World};
use form::{Choice, Form, Problem};
use view::{LinkPage, Message};

/// The routes of the payment pages.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/links/{code}", get(show).post(submit))
        .route("/orders/{code}", get(order::show).post(order::submit))
}

/// The code of a link or an order in its page's address.
type Segment = Result<Path<String>, PathRejection>;

async fn show(State(core): State<Arc<Core>>, segment: Segment) -> Response {
    let answer = core.with(|world, _| {
        let link = *world.by_code.get(&segment.ok()?.0)?;
        link_page(world, StatusCode::OK, link, None)
    });
    answer.unwrap_or_else(unknown)
}

async fn submit(
    State(core): State<Arc<Core>>,
    segment: Segment,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let message = Message::new("Payment link", "The form could not be read.");
        return page(Audience::Payer, StatusCode::BAD_REQUEST, &message);
    };
    let form = Form::read(&body);
    let answer = core.with(|world, now| {
        let link = *world.by_code.get(&segment.ok()?.0)?;
        let done = form.choice().and_then(|Choice { attempt, end }| {
            world
                .attempt(link, attempt, end, now)
                .map_err(Problem::from)
        });
        match done {
            Ok(place) => finished(world, place),
            Err(problem) => link_page(
                world,
                StatusCode::UNPROCESSABLE_ENTITY,
                link,
                Some((form, problem)),
            ),
        }
    });
    answer.unwrap_or_else(unknown)
}

fn link_page(
    world: &World,
    status: StatusCode,
    link: usize,
    typed: Option<(Form, Problem)>,
) -> Option<Response> {
    Some(match view::link_page(world, link, typed)? {
        LinkPage::Checkout(checkout) => page(Audience::Payer, status, &*checkout),
        LinkPage::Closed(closed) => page(Audience::Payer, status, &closed),
    })
}

/// Back to the merchant, or to a page that says how it went.
fn finished(world: &World, place: Place) -> Option<Response> {
    let (order, _) = world.at(place)?;
    back_to_merchant(order).or_else(|| {
        view::outcome(world, place).map(|outcome| page(Audience::Payer, StatusCode::OK, &outcome))
    })
}

/// Back to where the merchant wants the payer to be afterwards, if anywhere.
fn back_to_merchant(order: &Order) -> Option<Response> {
    let url = order.asked.meta.return_url.as_deref()?;
    let url = url::Url::parse(url).ok()?;
    let location = HeaderValue::from_str(url.as_str()).ok()?;
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

fn unknown() -> Response {
    let message = Message::new(
        "Payment link not found",
        "There is no such payment link. It may be misspelt, or the simulator was started anew since.",
    );
    page(Audience::Payer, StatusCode::NOT_FOUND, &message)
}
