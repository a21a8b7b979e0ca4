//! The payer's page: a form that works without script.

mod form;
mod markup;
mod test_instruments;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::core::Core;
use crate::world::PaymentStatus;
use form::{Choice, Form};

/// The routes of the payment pages.
pub(crate) fn routes() -> Router<Arc<Core>> {
    Router::new().route("/links/{code}", get(show).post(submit))
}

/// The code of a link in its page's address.
type Segment = Result<Path<String>, PathRejection>;

async fn show(State(core): State<Arc<Core>>, segment: Segment) -> Response {
    let page = core.with(|world, _| {
        let link = *world.by_code.get(&segment.ok()?.0)?;
        view::checkout(world, link, None)
    });
    page.map_or_else(unknown, |page| html(StatusCode::OK, page))
}

async fn submit(
    State(core): State<Arc<Core>>,
    segment: Segment,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return html(
            StatusCode::BAD_REQUEST,
            view::message("The form could not be read."),
        );
    };
    let form = Form::read(&body);
    let answer = core.with(|world, now| {
        let link = *world.by_code.get(&segment.ok()?.0)?;
        let problem = match form {
            Ok(Choice { attempt, end }) => match world.attempt(link, attempt, end, now) {
                Ok(place) => {
                    let end = world
                        .at(place)
                        .map_or(end, |(_, _, payment)| payment.status);
                    return Some(finished(world, link, end));
                }
                Err(refusal) => refusal.message,
            },
            Err(problem) => problem.to_owned(),
        };
        let page = view::checkout(world, link, Some(&problem))?;
        Some(html(StatusCode::UNPROCESSABLE_ENTITY, page))
    });
    answer.unwrap_or_else(unknown)
}

/// Back to the merchant, or to a page that says how it went.
fn finished(world: &crate::world::World, link: usize, end: PaymentStatus) -> Response {
    let return_url = world
        .links
        .get(link)
        .and_then(|link| link.asked.meta.return_url.as_deref());
    let location = return_url
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| HeaderValue::from_str(url.as_str()).ok());
    match location {
        Some(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        None => {
            view::result(world, link, end).map_or_else(unknown, |page| html(StatusCode::OK, page))
        }
    }
}

fn unknown() -> Response {
    html(
        StatusCode::NOT_FOUND,
        view::message("There is no such payment link."),
    )
}

fn html(status: StatusCode, page: String) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(page)).into_response()
}
