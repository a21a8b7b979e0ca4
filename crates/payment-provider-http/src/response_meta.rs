use http::StatusCode;
use jiff::Timestamp;
use payment_provider_core::{Clock, RateLimit, SystemClock};

use crate::headers::Headers;

/// Status and headers of a response.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResponseMeta {
    /// The status.
    pub status: StatusCode,
    /// The id under which the gateway's support finds the request.
    pub request_id: Option<String>,
    /// True if the gateway replayed the stored response to an earlier request with the same idempotency
    /// key.
    pub replayed: bool,
    /// The rate limit, with the wait after it is exceeded.
    pub rate_limit: RateLimit,
    /// The gateway's clock.
    pub date: Option<Timestamp>,
}

impl ResponseMeta {
    /// Creates metadata with this status and nothing else.
    pub const fn new(status: StatusCode) -> Self {
        Self {
            status,
            request_id: None,
            replayed: false,
            rate_limit: RateLimit::unknown(),
            date: None,
        }
    }

    /// Reads the headers that HTTP itself defines: the gateway's clock (`date`) and the wait
    /// ([`retry-after`](Headers::retry_after)). A date without the gateway's clock counts from the
    /// system's.
    pub fn standard(status: StatusCode, headers: Headers<'_>) -> Self {
        let mut meta = Self::new(status);
        meta.date = headers.date();
        meta.rate_limit.wait = headers.retry_after(SystemClock.now());
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
