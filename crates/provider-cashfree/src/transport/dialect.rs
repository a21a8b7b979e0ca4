use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use payment_provider_core::RateLimit;
use payment_provider_http::{
    CallError, Dialect, GatewayClient, Headers, HttpClients, MAX_RETRY_AFTER, Response,
    ResponseMeta,
};
use url::Url;

use super::gateway_error;

const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");
const X_CLIENT_SECRET: HeaderName = HeaderName::from_static("x-client-secret");
const X_API_VERSION: HeaderName = HeaderName::from_static("x-api-version");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("x-idempotency-key");

/// Metric name of the counter of repeated requests.
const RESENDS: &str = "provider_cashfree.request.resends";

/// Headers that identify a merchant account. Both credentials are marked sensitive.
pub(crate) struct GatewayKeys {
    pub(crate) client_id: HeaderValue,
    pub(crate) client_secret: HeaderValue,
    pub(crate) api_version: HeaderValue,
}

/// Creates the connection to the gateway for one merchant account.
pub(crate) fn gateway(
    clients: Arc<HttpClients>,
    base_url: Url,
    keys: GatewayKeys,
) -> GatewayClient {
    let headers = HeaderMap::from_iter([
        (X_CLIENT_ID, keys.client_id),
        (X_CLIENT_SECRET, keys.client_secret),
        (X_API_VERSION, keys.api_version),
    ]);
    GatewayClient::new(clients, base_url, headers, Arc::new(Cashfree))
}

/// Describes the metrics of this crate to the recorder.
pub(crate) fn describe() {
    if let Some(resends) = Cashfree.resends_counter() {
        payment_provider_http::describe_metrics(resends);
    }
}

/// Cashfree's HTTP conventions. The header names are those of the API specification.
struct Cashfree;

impl Dialect for Cashfree {
    fn error(&self, response: &Response) -> CallError {
        gateway_error::call_error(response)
    }

    fn meta(&self, status: StatusCode, headers: Headers<'_>) -> ResponseMeta {
        let mut meta = ResponseMeta::new(status);
        meta.request_id = headers.id("x-request-id");
        meta.replayed = headers.flag("x-idempotency-replayed");
        meta.rate_limit = rate_limit(headers);
        meta.date = headers.date();
        meta
    }

    fn request_id_header(&self) -> Option<HeaderName> {
        Some(X_REQUEST_ID)
    }

    fn idempotency_header(&self) -> Option<HeaderName> {
        Some(X_IDEMPOTENCY_KEY)
    }

    /// Returns the delay that Cashfree recommends if no header states one:
    /// <https://www.cashfree.com/docs/api-reference/payments/api-best-practices>.
    fn default_retry_after(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn resends_counter(&self) -> Option<&'static str> {
        cfg!(feature = "metrics").then_some(RESENDS)
    }
}

/// Reads the rate limit by
/// <https://www.cashfree.com/docs/api-reference/payments/rate-limits>. The general page,
/// <https://www.cashfree.com/docs/api-reference/rate-limits>, uses another header name for the
/// delay.
fn rate_limit(headers: Headers<'_>) -> RateLimit {
    // Other APIs use this header name for a point in time instead of a duration.
    let until_reset = headers
        .number("x-ratelimit-reset")
        .map(Duration::from_secs)
        .filter(|wait| !wait.is_zero() && *wait <= MAX_RETRY_AFTER);
    let mut limit = RateLimit::unknown();
    limit.limit = headers.number("x-ratelimit-limit");
    limit.remaining = headers.number("x-ratelimit-remaining");
    limit.wait = headers.seconds("x-ratelimit-retry").or(until_reset);
    limit.scope = headers.word("x-ratelimit-type");
    limit
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn facts(headers: &[(&'static str, &'static str)]) -> ResponseMeta {
        let pairs = headers.iter();
        let headers: HeaderMap = pairs
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        Cashfree.meta(StatusCode::OK, Headers::new(&headers))
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
        assert_eq!(read.date, Some("2026-11-21T20:53:49Z".parse().unwrap()));
    }

    #[test]
    fn absent_and_malformed_headers_are_ignored() {
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
