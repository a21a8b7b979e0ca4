//! State shared by all request handlers.

use std::sync::Arc;

use payment_provider_host::Host;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::api_key::ApiKey;
use crate::secret_draft::DraftKey;
use crate::session::Sessions;

/// State shared by all request handlers.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) api_key: ApiKey,
    /// Verifies session cookies and knows the sessions that were ended early.
    pub(crate) sessions: Sessions,
    /// Encrypts the secrets of a refused form, so that the form can be shown again.
    pub(crate) drafts: DraftKey,
    /// One permit for each open stream of page updates.
    pub(crate) streams: Arc<Semaphore>,
    /// Cancelled at shutdown; ends open streams.
    pub(crate) stop: CancellationToken,
}
