use std::sync::Arc;

use payment_provider_host::{AnyStore, Host};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::keys::ApiKey;
use crate::pages::{DraftKey, Sessions};

/// What every handler works with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host<AnyStore>,
    pub(crate) api_key: ApiKey,
    /// Who is signed in.
    pub(crate) sessions: Sessions,
    /// Seals secrets that a form could not use yet.
    pub(crate) drafts: DraftKey,
    /// How many pages may be kept up to date at once.
    pub(crate) streams: Arc<Semaphore>,
    /// Ends what would otherwise be served for ever.
    pub(crate) stop: CancellationToken,
}
