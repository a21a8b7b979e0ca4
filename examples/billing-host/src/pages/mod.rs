//! The pages. They know gateways only by their descriptors and settings schemas.

mod amount;
mod assets;
mod confirmation;
mod connections;
mod customers;
mod display_time;
mod field;
mod form;
mod invoices;
mod layout;
mod live_updates;
mod notice;
mod page_links;
mod problem_page;
mod qr;
mod session_cookie;
mod sign_in;
mod signed_in;
mod thanks;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};

pub(crate) use live_updates::MAX_STREAMS;
pub(crate) use notice::{method_not_allowed, not_found};

use crate::state::App;

/// Largest accepted form, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// Restricts pages to resources of this application. Inline scripts and styles are forbidden.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Returns the routes of the pages.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(invoices::list))
        .route("/live", get(invoices::live_list))
        .route("/invoices/new", get(invoices::new_form).post(invoices::add))
        .route("/invoices/{id}", get(invoices::show))
        .route("/invoices/{id}/live", get(invoices::live))
        .route("/invoices/{id}/qr/{reference}", get(invoices::qr_code))
        .route(
            "/invoices/{id}/payment-link",
            get(invoices::redirect).post(invoices::create_payment_link),
        )
        .route(
            "/invoices/{id}/void",
            get(invoices::confirm_void).post(invoices::void),
        )
        .route("/customers", get(customers::list))
        .route(
            "/customers/new",
            get(customers::new_form).post(customers::add),
        )
        .route(
            "/customers/{id}",
            get(customers::edit_form).post(customers::save),
        )
        .merge(connections::router())
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/thanks/{id}", get(thanks::show))
        .route("/thanks/{id}/live", get(thanks::live))
        .route("/assets/{name}", get(assets::show))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// Adds the security and caching headers of pages.
pub(crate) async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ] {
        headers.insert(name, value);
    }
    response
}
