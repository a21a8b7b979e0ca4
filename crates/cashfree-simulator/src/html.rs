//! HTML pages: their security headers and their assets.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::shared::Shared;

const STYLE: &str = include_str!("../assets/simulator.css");
const SCRIPT: &str = include_str!("../assets/simulator.js");
const ICON: &str = include_str!("../assets/simulator.svg");

/// The content security policy of every page: its own style, script and requests, nothing inline.
macro_rules! policy {
    ($more:literal) => {
        concat!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; ",
            $more,
            "base-uri 'none'; frame-ancestors 'none'"
        )
    };
}

/// The reader of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Audience {
    /// A payer. The form redirects to the merchant, which can have any address, and browsers apply `form-action` to
    /// such redirects too. So the policy leaves it out.
    Payer,
    /// The developer. Forms submit to the simulator only.
    Developer,
}

impl Audience {
    const fn policy(self) -> &'static str {
        match self {
            Self::Payer => policy!(""),
            Self::Developer => policy!("form-action 'self'; "),
        }
    }
}

/// Returns the routes of the style sheet, the script and the icon.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/assets/simulator.css",
            get(|| async { asset("text/css; charset=utf-8", STYLE) }),
        )
        .route(
            "/assets/simulator.js",
            get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }),
        )
        .route(
            "/assets/simulator.svg",
            get(|| async { asset("image/svg+xml", ICON) }),
        )
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// Renders a page. Same-origin requests keep their referrer; without one, browsers would send the origin `null` with
/// the page's forms.
pub(crate) fn page(audience: Audience, status: StatusCode, page: &impl Template) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, audience.policy()),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match page.render() {
        Ok(text) => (status, headers, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
