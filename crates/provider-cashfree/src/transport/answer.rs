use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use payment_provider_core::RateLimit;
use serde::de::IgnoredAny;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::fault::Fault;
use crate::wire::Unreadable;

/// A complete answer of the gateway.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) facts: Facts,
    pub(crate) body: Bytes,
}

/// What status line and headers of an answer say.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) status: StatusCode,
    /// The id under which the gateway's support finds the request.
    pub(crate) request_id: Option<String>,
    /// Whether this is a stored answer to an earlier request of the same idempotency key.
    pub(crate) replayed: bool,
    /// How many calls are allowed, and how long to wait after too many.
    pub(crate) rate_limit: RateLimit,
    /// The gateway's clock.
    pub(crate) date: Option<OffsetDateTime>,
}

impl Answer {
    /// The fault of a success that cannot be read. A body that is cut off, or no JSON at all, may
    /// come whole the next time; one that lacks a field will not.
    pub(crate) fn unreadable(&self, what: Unreadable) -> Fault {
        let fault = Fault::unreadable(what, Some(self.facts.clone()));
        if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() {
            fault.repeatable()
        } else {
            fault
        }
    }
}

const MOST_WAIT_SECONDS: u64 = 3600;

impl Facts {
    /// Header names are those of the API's own document.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let plain = |id: &&str| {
            (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Self {
            status,
            request_id: header("x-request-id").filter(plain).map(str::to_owned),
            replayed: header("x-idempotency-replayed")
                .is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true")),
            rate_limit: rate_limit(&header),
            date: header("date").and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok()),
        }
    }
}

/// How many calls are allowed, by
/// <https://www.cashfree.com/docs/api-reference/payments/rate-limits>. The general page,
/// <https://www.cashfree.com/docs/api-reference/rate-limits>, has another name for the wait.
fn rate_limit<'a>(header: &impl Fn(&str) -> Option<&'a str>) -> RateLimit {
    let number = |name| header(name).and_then(|text| text.trim().parse::<u64>().ok());
    let told = number("x-ratelimit-retry").filter(|seconds| *seconds > 0);
    // Elsewhere this name is used for a moment instead of a duration.
    let until_reset =
        number("x-ratelimit-reset").filter(|seconds| (1..=MOST_WAIT_SECONDS).contains(seconds));
    let seconds = told.map(|seconds| seconds.min(MOST_WAIT_SECONDS));
    let short_word = |word: &&str| {
        (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let mut limit = RateLimit::unknown();
    limit.limit = number("x-ratelimit-limit");
    limit.remaining = number("x-ratelimit-remaining");
    limit.wait = seconds.or(until_reset).map(Duration::from_secs);
    limit.scope = header("x-ratelimit-type")
        .filter(short_word)
        .map(str::to_owned);
    limit
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;

    fn facts(headers: &[(&'static str, &'static str)]) -> Facts {
        let pairs = headers.iter();
        let headers = pairs
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        Facts::read(StatusCode::OK, &headers)
    }

    #[test]
    fn headers_are_read() {
        let read = facts(&[
            ("x-request-id", "r-1"),
            ("x-idempotency-replayed", "True"),
            ("x-ratelimit-retry", "17"),
            ("x-ratelimit-reset", "40"),
            ("x-ratelimit-limit", "200"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-type", "app_id"),
            ("date", "Sat, 21 Nov 2026 20:53:49 GMT"),
        ]);
        assert_eq!(read.request_id.as_deref(), Some("r-1"));
        assert!(read.replayed);
        assert_eq!(read.rate_limit.wait, Some(Duration::from_secs(17)));
        assert_eq!(read.rate_limit.limit, Some(200));
        assert_eq!(read.rate_limit.remaining, Some(0));
        assert_eq!(read.rate_limit.scope.as_deref(), Some("app_id"));
        assert_eq!(read.date, Some(datetime!(2026-11-21 20:53:49 UTC)));
    }

    #[test]
    fn absent_and_odd_headers_say_nothing() {
        for headers in [
            &[][..],
            &[
                ("x-request-id", ""),
                ("x-idempotency-replayed", "false"),
                ("x-ratelimit-retry", "0"),
                ("x-ratelimit-limit", ""),
                ("date", "yesterday"),
            ],
            &[
                ("x-request-id", "with blank"),
                ("x-idempotency-replayed", "1"),
                ("x-ratelimit-retry", "-5"),
                ("x-ratelimit-reset", "1795302000"),
                ("x-ratelimit-remaining", "1.5"),
                ("x-ratelimit-type", "app id"),
                ("date", "99999999999"),
            ],
        ] {
            let read = facts(headers);
            assert_eq!(read.request_id, None);
            assert!(!read.replayed);
            assert!(!read.rate_limit.is_known(), "{headers:?}");
            assert_eq!(read.date, None);
        }
        let most = facts(&[("x-ratelimit-retry", "18446744073709551615")]);
        assert_eq!(most.rate_limit.wait, Some(Duration::from_hours(1)));
        let other_name = facts(&[("x-ratelimit-reset", "40")]);
        assert_eq!(other_name.rate_limit.wait, Some(Duration::from_secs(40)));
    }
}
