//! Pages as answers: what a browser may do with them, and the files they refer to.

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

/// What every page may load: its own style, script and answers, and nothing written into the page itself.
macro_rules! policy {
    ($more:literal) => {
        concat!(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; ",
            $more,
            "base-uri 'none'; frame-ancestors 'none'"
        )
    };
}

/// Whom a page is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Audience {
    /// A payer. The form ends in a redirect to the merchant, who may be anywhere, and browsers hold redirects of a
    /// form to `form-action` too: so that one is left open.
    Payer,
    /// The developer, whose forms stay here.
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

/// The routes of the style, the script and the icon.
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

/// A page. Without a referrer for this very site a browser would call the origin of its forms `null`, so they get one.
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
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
