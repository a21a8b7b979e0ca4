use std::time::Duration;

use http::{HeaderName, StatusCode};

use crate::call_error::CallError;
use crate::headers::Headers;
use crate::response::Response;
use crate::response_meta::ResponseMeta;

/// The HTTP conventions of one gateway.
///
/// One value serves all connections of a provider: it holds nothing of a merchant account.
pub trait Dialect: Send + Sync {
    /// Classifies a response outside status 200 to 299.
    ///
    /// **Contract**: no I/O. Trusts only errors in the API's own format: any other body may come from
    /// something between this process and the gateway and proves nothing about the effect.
    /// [`CallError::by_status`] is the fallback for such bodies. [`CallError::repeatable`] is only for
    /// errors that may go away when the same bytes are sent again with the same idempotency key. The
    /// caller adds the response's status and headers to an error that has none.
    fn error(&self, response: &Response) -> CallError;

    /// Reads status and headers of a response. Default: [`ResponseMeta::standard`], which reads `Date`
    /// and `Retry-After`.
    fn meta(&self, status: StatusCode, headers: Headers<'_>) -> ResponseMeta {
        ResponseMeta::standard(status, headers)
    }

    /// The header in which each attempt sends a random id of its own. Default: none, and no id is
    /// sent. An error names the id that was sent, unless the response names one.
    fn request_id_header(&self) -> Option<HeaderName> {
        None
    }

    /// The header that carries an idempotency key. Default: the gateway has none, and a call that
    /// has a key is not sent, since it relies on what is not there.
    fn idempotency_header(&self) -> Option<HeaderName> {
        None
    }

    /// Returns the wait after status 429 if the response states none. Default: one minute.
    fn default_retry_after(&self) -> Duration {
        Duration::from_mins(1)
    }

    /// The name under which repetitions are counted, such as `provider_acme.request.resends`; give it
    /// to [`describe`](crate::describe_metrics) once. Default: none, and this provider's requests are neither
    /// timed nor counted. Without the feature `metrics` nothing is, whatever the name.
    fn resends_counter(&self) -> Option<&'static str> {
        None
    }
}
