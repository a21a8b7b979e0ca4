//! The lists of the page, served on their own for the script that refreshes them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::deliveries::Deliveries;
use super::links::Links;
use super::orders::Orders;
use crate::html::{Audience, page};
use crate::shared::Shared;
use crate::state::DisputeSnapshot;

/// The lists of links, orders, disputes and deliveries.
#[derive(Template)]
#[template(path = "overview/lists.html")]
pub(super) struct Lists {
    pub(super) links: Links,
    pub(super) orders: Orders,
    pub(super) disputes: Vec<DisputeSnapshot>,
    pub(super) deliveries: Deliveries,
}

impl Lists {
    pub(super) fn of(shared: &Arc<Shared>) -> Self {
        shared.with(|state, now| Self {
            links: Links::of(state, now),
            orders: Orders::of(state, now),
            disputes: state
                .disputes
                .iter()
                .rev()
                .map(|dispute| state.dispute_snapshot(dispute))
                .collect(),
            deliveries: Deliveries::of(state),
        })
    }
}

/// A rendered part of a page.
#[derive(Template)]
#[template(source = "{{ text|safe }}", ext = "html")]
struct Fragment {
    text: String,
}

/// Responds with the lists, or with 304 if the reader already has them.
pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let text = Lists::of(&shared).render().unwrap_or_default();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&text)));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        page(Audience::Developer, StatusCode::OK, &Fragment { text })
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
