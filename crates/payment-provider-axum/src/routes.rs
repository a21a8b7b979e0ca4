use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::routing::post;
use payment_provider_core::WebhookRequest;
use payment_provider_host::Host;
use url::Url;

use crate::address::Address;
use crate::answer::{Outcome, method_not_allowed};

/// The largest body that is read, in bytes: 1 MiB. Deliveries of gateways are a few kilobytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The route `POST /webhooks/{provider}/{organization_id}?code={connection_code}`, to be merged or
/// nested into an application's own. A slash after the organization makes no difference.
///
/// Gateways reach its root under [`HostConfig::public_url`](payment_provider_host::HostConfig), path
/// prefix included. Some sign the address they send to, and a proxy in between may have changed it,
/// so that one counts and not what a request says of itself.
///
/// # Errors
/// The host has no public address: give one to it, or here with [`webhook_routes_at`].
pub fn webhook_routes(host: Host) -> Result<Router, NoPublicUrl> {
    let public_url = host.public_url().cloned().ok_or(NoPublicUrl)?;
    Ok(webhook_routes_at(host, public_url))
}

/// The host has no [`public_url`](payment_provider_host::HostConfig).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host has no public_url, so the address that gateways send to is not known")]
pub struct NoPublicUrl;

/// The same as [`webhook_routes`] for a host without a public address, which tells no gateway where
/// to deliver: one on loopback, or behind a tunnel whose address is pasted at the gateway by hand.
///
/// `address` is what gateways send to, up to the root of the route.
pub fn webhook_routes_at(host: Host, address: Url) -> Router {
    let route = post(take_in).fallback(method_not_allowed);
    Router::new()
        .route("/webhooks/{provider}/{organization_id}", route.clone())
        .route("/webhooks/{provider}/{organization_id}/", route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(Webhooks {
            host,
            public_url: address,
        }))
}

/// The state of the route.
#[derive(Debug)]
struct Webhooks {
    host: Host,
    public_url: Url,
}

impl Webhooks {
    /// The address as the gateway knows it. Path and query are taken over as they were sent.
    fn public_address(&self, uri: &Uri) -> Url {
        let mut url = self.public_url.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), uri.path());
        url.set_path(&path);
        url.set_query(uri.query());
        url
    }
}

type Segments = Result<Path<(String, String)>, PathRejection>;

async fn take_in(
    State(webhooks): State<Arc<Webhooks>>,
    segments: Segments,
    request: Request,
) -> Outcome {
    let received_at = webhooks.host.clock().now();
    let address = match &segments {
        Ok(Path((provider, organization))) => {
            Address::read(provider, organization, request.uri().query())
        }
        Err(_) => Err("the address is not text".to_owned()),
    };
    let address = match address {
        Ok(address) => address,
        Err(problem) => return logged(Outcome::NoAddress(problem), None, 0),
    };
    let url = webhooks.public_address(request.uri());
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let body = match read_body(&headers, request).await {
        Ok(body) => body,
        Err(outcome) => return logged(outcome, Some(&address), 0),
    };
    let bytes = body.len();
    let mut delivery = WebhookRequest::post(url, headers, body, received_at);
    delivery.method = method;
    let received = webhooks
        .host
        .receive_webhook(&address.provider, &address.connection, &delivery)
        .await;
    let outcome = received.map_or_else(Outcome::Failed, Outcome::Stored);
    logged(outcome, Some(&address), bytes)
}

/// The body as it was sent, or why it was not read.
async fn read_body(headers: &HeaderMap, request: Request) -> Result<Bytes, Outcome> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(Outcome::TooLarge);
    }
    Bytes::from_request(request, &()).await.map_err(|refusal| {
        if refusal.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Outcome::TooLarge
        } else {
            Outcome::Unreadable
        }
    })
}

/// One event for each delivery. Of what came over the wire only checked identifiers are in it.
fn logged(outcome: Outcome, address: Option<&Address>, body_bytes: usize) -> Outcome {
    let provider = address.map(|address| address.provider.as_str());
    let organization = address.map(|address| address.connection.organization.as_str());
    let connection = address.map(|address| address.connection.code.as_str());
    let word = outcome.word();
    let status = outcome.status().as_u16();
    match &outcome {
        Outcome::Stored(_) => tracing::info!(
            provider,
            organization,
            connection,
            body_bytes,
            status,
            outcome = word,
            "webhook delivery"
        ),
        Outcome::Failed(error) if status == 503 => tracing::error!(
            provider,
            organization,
            connection,
            body_bytes,
            status,
            outcome = word,
            error = error as &dyn Error,
            "webhook delivery"
        ),
        _ => tracing::warn!(
            provider,
            organization,
            connection,
            body_bytes,
            status,
            outcome = word,
            "webhook delivery"
        ),
    }
    outcome
}
