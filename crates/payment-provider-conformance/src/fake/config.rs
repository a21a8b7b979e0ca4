use std::fmt;
use std::sync::Arc;

use payment_provider_core::{Clock, ProviderDescriptor, WebhookReply};
use url::Url;

/// The configuration of a gateway.
pub(super) struct Config {
    pub(super) descriptor: ProviderDescriptor,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) phone_required: bool,
    pub(super) webhook_url: Url,
    pub(super) reply: WebhookReply,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.descriptor.id)
            .finish_non_exhaustive()
    }
}

/// Parses a URL that is written in this crate.
pub(super) fn url(text: &str) -> Url {
    text.parse().expect("a valid URL")
}
