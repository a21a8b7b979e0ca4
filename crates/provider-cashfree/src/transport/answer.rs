use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
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
    /// How long to wait after too many calls.
    pub(crate) wait: Option<Duration>,
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
    /// Header names are those of
    /// <https://www.cashfree.com/docs/api-reference/payments/rate-limits> and of the API's own
    /// document.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let plain = |id: &&str| {
            (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let wait = header("x-ratelimit-retry")
            .and_then(|seconds| seconds.trim().parse::<u64>().ok())
            .filter(|seconds| *seconds > 0);
        Self {
            status,
            request_id: header("x-request-id").filter(plain).map(str::to_owned),
            replayed: header("x-idempotency-replayed")
                .is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true")),
            wait: wait.map(|seconds| Duration::from_secs(seconds.min(MOST_WAIT_SECONDS))),
            date: header("date").and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok()),
        }
    }
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
            ("date", "Sat, 21 Nov 2026 20:53:49 GMT"),
        ]);
        assert_eq!(read.request_id.as_deref(), Some("r-1"));
        assert!(read.replayed);
        assert_eq!(read.wait, Some(Duration::from_secs(17)));
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
                ("date", "yesterday"),
            ],
            &[
                ("x-request-id", "with blank"),
                ("x-idempotency-replayed", "1"),
                ("x-ratelimit-retry", "-5"),
                ("date", "99999999999"),
            ],
        ] {
            let read = facts(headers);
            assert_eq!(read.request_id, None);
            assert!(!read.replayed);
            assert_eq!(read.wait, None);
            assert_eq!(read.date, None);
        }
        let most = facts(&[("x-ratelimit-retry", "18446744073709551615")]);
        assert_eq!(most.wait, Some(Duration::from_hours(1)));
    }
}
