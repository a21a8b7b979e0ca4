use payment_provider_host::{Host, SqliteStore};
use tokio_util::sync::CancellationToken;

use crate::keys::ApiKey;
use crate::pages::DraftKey;

/// What every handler works with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host<SqliteStore>,
    pub(crate) api_key: ApiKey,
    /// Seals secrets that a form could not use yet.
    pub(crate) drafts: DraftKey,
    /// Ends what would otherwise be served for ever.
    pub(crate) stop: CancellationToken,
}
