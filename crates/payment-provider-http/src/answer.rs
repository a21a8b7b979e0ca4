use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use payment_provider_core::RateLimit;
use serde::de::IgnoredAny;

use crate::fault::Fault;
use crate::headers::Headers;
use crate::json::Unreadable;

/// A complete answer of the gateway.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What status line and headers say.
    pub facts: Facts,
    /// The body, at most [`MAX_ANSWER`](crate::MAX_ANSWER) bytes. Empty where an answer that is no
    /// success had a body that did not come whole.
    pub body: Bytes,
}

/// What status line and headers of an answer say.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// The status.
    pub status: StatusCode,
    /// The id under which the gateway's support finds the request.
    pub request_id: Option<String>,
    /// Whether this is a stored answer to an earlier request of the same idempotency key.
    pub replayed: bool,
    /// How many calls are allowed, and how long to wait after too many.
    pub rate_limit: RateLimit,
    /// The gateway's clock.
    pub date: Option<Timestamp>,
}

impl Answer {
    /// An answer of these facts with this body.
    pub const fn new(facts: Facts, body: Bytes) -> Self {
        Self { facts, body }
    }

    /// The fault of a success that cannot be read. A body that is cut off, or no JSON at all, may
    /// come whole the next time; one that lacks a field will not.
    pub fn unreadable(&self, what: Unreadable) -> Fault {
        let fault = Fault::unreadable(what, Some(self.facts.clone()));
        if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() {
            fault.repeatable()
        } else {
            fault
        }
    }
}

impl fmt::Debug for Answer {
    /// Leaves out the body, which names payers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("facts", &self.facts)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl Facts {
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
        let mut facts = Self::new(status);
        facts.date = headers.date();
        facts.rate_limit.wait = headers.seconds("retry-after");
        facts
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};
    use payment_provider_core::{Effect, ErrorKind};

    use super::*;

    fn answer(body: &'static str) -> Answer {
        let facts = Facts::new(StatusCode::OK);
        Answer::new(facts, Bytes::from_static(body.as_bytes()))
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
            let fault = answer(body).unreadable(Unreadable("a"));
            assert_eq!(fault.repeatable, repeatable, "{body}");
            assert_eq!(fault.kind, ErrorKind::UnreadableAnswer);
            assert_eq!(fault.effect, Effect::MaybeApplied);
            assert_eq!(fault.facts.unwrap().status, StatusCode::OK);
        }
    }

    #[test]
    fn the_standard_facts_are_status_clock_and_wait() {
        let mut headers = HeaderMap::new();
        let date = HeaderValue::from_static("Sat, 21 Nov 2026 20:53:49 GMT");
        headers.insert("date", date);
        headers.insert("retry-after", HeaderValue::from_static("3"));
        headers.insert("x-request-id", HeaderValue::from_static("r-1"));
        let facts = Facts::standard(StatusCode::TOO_MANY_REQUESTS, Headers::new(&headers));
        assert_eq!(facts.status, 429);
        assert_eq!(facts.rate_limit.wait, Some(Duration::from_secs(3)));
        assert!(facts.date.is_some());
        assert_eq!(facts.request_id, None);
        assert!(!facts.replayed);
    }

    #[test]
    fn debug_shows_no_body() {
        let shown = format!("{:?}", answer("canary"));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("6 bytes"), "{shown}");
    }
}
