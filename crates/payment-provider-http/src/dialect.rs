use std::time::Duration;

use http::{HeaderName, StatusCode};

use crate::call_error::CallError;
use crate::headers::Headers;
use crate::response::Response;
use crate::response_meta::ResponseMeta;

/// What is a gateway's own in the way it speaks HTTP.
///
/// One value serves all connections of a provider: it holds nothing of a merchant account.
pub trait Dialect: Send + Sync {
    /// What a response that is no success means.
    ///
    /// **Contract**: no I/O. Only what the gateway itself said is believed: a body that is not the
    /// API's own may come from anything in between, and then nothing is known about the effect.
    /// [`CallError::by_status`] is what the status alone says, and a good end of every judgement.
    /// [`CallError::repeatable`] is only for what may go well if the same bytes are sent again, with the
    /// same idempotency key. The meta of the response are added to a error that has none.
    fn error(&self, response: &Response) -> CallError;

    /// What status line and headers of a response say. Default: [`ResponseMeta::standard`], which knows the
    /// gateway's clock and `Retry-After`.
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

    /// How long to wait after "too many requests" where the response does not say it. Default: one
    /// minute.
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
