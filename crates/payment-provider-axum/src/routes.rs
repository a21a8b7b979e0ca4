use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::routing::post;
use payment_provider_core::WebhookRequest;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::Host;
use url::Url;

use crate::address::Address;
use crate::answer::{Outcome, method_not_allowed};
use crate::body::{BodyMemory, MAX_BODY_BYTES};
use crate::log::DeliveryLog;

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
        .with_state(Arc::new(Webhooks {
            host,
            public_url: address,
            memory: BodyMemory::default(),
            log: DeliveryLog::default(),
        }))
}

/// The state of the route.
#[derive(Debug)]
struct Webhooks {
    host: Host,
    public_url: Url,
    memory: BodyMemory,
    log: DeliveryLog,
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

    /// Receives a delivery; returns the number of bytes read of it as well.
    async fn receive(
        &self,
        address: &Address,
        request: Request,
        received_at: Timestamp,
    ) -> (Outcome, usize) {
        let url = self.public_address(request.uri());
        let (parts, body) = request.into_parts();
        if announced(&parts.headers).is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return (Outcome::TooLarge, 0);
        }
        let (provider, connection) = (&address.provider, &address.connection);
        // Before the body is read: a delivery for no connection costs no memory and no wait.
        let known = self.host.check_webhook_address(provider, connection);
        if let Err(error) = known.await {
            return (Outcome::Failed(error), 0);
        }
        let body = match self.memory.read(body).await {
            Ok(body) => body,
            Err(outcome) => return (outcome, 0),
        };
        let bytes = body.bytes.len();
        let mut delivery = WebhookRequest::post(url, parts.headers, body.bytes, received_at);
        delivery.method = parts.method;
        let received = self
            .host
            .receive_webhook(provider, connection, &delivery)
            .await;
        drop(body.reserved);
        (
            received.map_or_else(Outcome::Failed, Outcome::Stored),
            bytes,
        )
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
    let (outcome, address, bytes) = match address {
        Ok(address) => {
            let (outcome, bytes) = webhooks.receive(&address, request, received_at).await;
            (outcome, Some(address), bytes)
        }
        Err(problem) => (Outcome::NoAddress(problem), None, 0),
    };
    webhooks
        .log
        .write(&outcome, address.as_ref(), bytes, received_at);
    outcome
}

/// Returns the length of the body as the header announces it.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
