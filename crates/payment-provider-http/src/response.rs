use std::fmt;

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::call_error::CallError;
use crate::json::Unreadable;
use crate::response_meta::ResponseMeta;

/// A complete response of the gateway.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// Status and headers.
    pub meta: ResponseMeta,
    /// The body, at most [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES) bytes. Empty if the
    /// body of a response outside status 200 to 299 did not arrive whole.
    pub body: Bytes,
}

impl Response {
    /// Creates a response from its parts.
    pub const fn new(meta: ResponseMeta, body: Bytes) -> Self {
        Self { meta, body }
    }

    /// The error of a success that cannot be read. A body that is cut off, or no JSON at all, may
    /// come whole the next time; one that lacks a field will not.
    pub fn unreadable(&self, what: Unreadable) -> CallError {
        let error = CallError::unreadable(what, Some(self.meta.clone()));
        if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() {
            error.repeatable()
        } else {
            error
        }
    }
}

impl fmt::Debug for Response {
    /// Leaves out the body, which names payers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("meta", &self.meta)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use payment_provider_core::{Effect, ProviderErrorKind};

    use super::*;

    fn response(body: &'static str) -> Response {
        let meta = ResponseMeta::new(StatusCode::OK);
        Response::new(meta, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn half_an_answer_may_come_whole_the_next_time() {
        for (body, repeatable) in [
            ("", true),
            ("{\"a\":", true),
            ("<html>", true),
            ("{}", false),
            ("null", false),
        ] {
            let error = response(body).unreadable(Unreadable("a"));
            assert_eq!(error.repeatable, repeatable, "{body}");
            assert_eq!(error.kind, ProviderErrorKind::UnreadableAnswer);
            assert_eq!(error.effect, Effect::MaybeApplied);
            assert_eq!(error.meta.unwrap().status, StatusCode::OK);
        }
    }

    #[test]
    fn debug_shows_no_body() {
        let shown = format!("{:?}", response("canary"));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("6 bytes"), "{shown}");
    }
}
