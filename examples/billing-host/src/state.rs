//! State shared by all request handlers.

use std::net::IpAddr;
use std::sync::Arc;

use payment_provider_host::Host;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::access::{OperatorKey, Throttle};
use crate::idempotency::Idempotency;
use crate::secret_draft::DraftKey;
use crate::session::Sessions;

/// State shared by all request handlers.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) operator_key: OperatorKey,
    /// Counts wrong keys.
    pub(crate) throttle: Arc<Throttle>,
    /// Proxies whose header `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Arc<[IpAddr]>,
    /// Verifies session cookies.
    pub(crate) sessions: Sessions,
    /// Encrypts the secrets of a refused form, so that the form can be shown again.
    pub(crate) drafts: DraftKey,
    /// Runs requests at most once for each idempotency key.
    pub(crate) idempotency: Idempotency,
    /// One permit for each open stream of page updates.
    pub(crate) streams: Arc<Semaphore>,
    /// Cancelled at shutdown; ends open streams.
    pub(crate) stop: CancellationToken,
}
