use http::StatusCode;
use jiff::Timestamp;
use payment_provider_core::RateLimit;

use crate::headers::Headers;

/// What status line and headers of a response say.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResponseMeta {
    /// The status.
    pub status: StatusCode,
    /// The id under which the gateway's support finds the request.
    pub request_id: Option<String>,
    /// Whether this is a stored response to an earlier request of the same idempotency key.
    pub replayed: bool,
    /// How many calls are allowed, and how long to wait after too many.
    pub rate_limit: RateLimit,
    /// The gateway's clock.
    pub date: Option<Timestamp>,
}

impl ResponseMeta {
    /// The status, and nothing known beside it.
    pub const fn new(status: StatusCode) -> Self {
        Self {
            status,
            request_id: None,
            replayed: false,
            rate_limit: RateLimit::unknown(),
            date: None,
        }
    }

    /// What HTTP itself gives a meaning to: the status, the gateway's clock (`date`), and how many
    /// seconds to wait (`retry-after`).
    pub fn standard(status: StatusCode, headers: Headers<'_>) -> Self {
        let mut meta = Self::new(status);
        meta.date = headers.date();
        meta.rate_limit.wait = headers.seconds("retry-after");
        meta
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn the_standard_facts_are_status_clock_and_wait() {
        let mut headers = HeaderMap::new();
        let date = HeaderValue::from_static("Sat, 21 Nov 2026 20:53:49 GMT");
        headers.insert("date", date);
        headers.insert("retry-after", HeaderValue::from_static("3"));
        headers.insert("x-request-id", HeaderValue::from_static("r-1"));
        let meta = ResponseMeta::standard(StatusCode::TOO_MANY_REQUESTS, Headers::new(&headers));
        assert_eq!(meta.status, 429);
        assert_eq!(meta.rate_limit.wait, Some(Duration::from_secs(3)));
        assert!(meta.date.is_some());
        assert_eq!(meta.request_id, None);
        assert!(!meta.replayed);
    }
}
