use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use payment_provider_core::{Effect, ProviderErrorKind};
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use crate::attempt::Attempt;
use crate::call_error::CallError;
use crate::clients::HttpClients;
use crate::deadline::Deadline;
use crate::dialect::Dialect;
use crate::json::Unreadable;
use crate::request::Request;
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::send;

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The gateway as one merchant account sees it: where it is, who asks, and how it speaks.
pub struct GatewayClient {
    clients: Arc<HttpClients>,
    base_url: Url,
    headers: HeaderMap,
    dialect: Arc<dyn Dialect>,
}

impl GatewayClient {
    /// A gateway at an address below which all paths are, with headers that each request has.
    ///
    /// Check the address with [`HttpConfig::base_defect`](crate::HttpConfig::base_defect) first, and
    /// mark the values of credentials as sensitive. Unless the headers say otherwise, JSON is asked
    /// for. No network.
    pub fn new(
        clients: Arc<HttpClients>,
        base_url: Url,
        mut headers: HeaderMap,
        dialect: Arc<dyn Dialect>,
    ) -> Self {
        headers.entry(header::ACCEPT).or_insert(APPLICATION_JSON);
        Self {
            clients,
            base_url,
            headers,
            dialect,
        }
    }

    /// A retry for one request and its repetitions.
    pub fn retry_policy(&self, deadline: Deadline) -> RetryPolicy {
        RetryPolicy::new(self.clients.config().retry(), deadline)
    }

    /// Sends a request that changes nothing, again if need be, and reads the response.
    ///
    /// **Contract**: for calls that may be sent any number of times, such as a `GET`. A success that
    /// `read` rejects is an error; it is repeated only if the body is not whole JSON.
    ///
    /// **Errors**: the error of the last attempt.
    ///
    /// **Cancellation**: may be dropped at any time.
    pub async fn read<T>(
        &self,
        request: &Request<'_>,
        deadline: Deadline,
        read: impl Fn(&Response) -> Result<T, Unreadable> + Send + Sync,
    ) -> Result<T, CallError> {
        let mut retry = self.retry_policy(deadline);
        loop {
            let error = match self.send(request, &retry).await {
                Ok(response) => match read(&response) {
                    Ok(value) => return Ok(value),
                    Err(what) => response.unreadable(what),
                },
                Err(error) => error,
            };
            if !retry.next_attempt_after(&error).await {
                return Err(error);
            }
        }
    }

    /// Sends a request once. A status outside 200 to 299 is an error; redirects are not followed.
    ///
    /// **Errors**: [`Effect::NotSent`] is certain: no time was left, the request cannot be written
    /// down, or no connection could be made. What breaks later is [`Effect::MaybeApplied`]; for a
    /// status outside 200 to 299 [the dialect](Dialect::error) decides.
    ///
    /// **Cancellation**: a call that is dropped under way may have been applied.
    ///
    /// **Idempotency**: that of the request. A repetition must send the same request.
    pub async fn send(
        &self,
        request: &Request<'_>,
        retry: &RetryPolicy,
    ) -> Result<Response, CallError> {
        let time = self.clients.config().request_timeout().min(retry.left());
        if time.is_zero() {
            return Err(CallError::new(ProviderErrorKind::Timeout, Effect::NotSent));
        }
        let url = self.url(request)?;
        let headers = self.headers(request)?;
        let counter = self.dialect.resends_counter();
        let attempt = Attempt::begin(request, &url, retry.attempt(), counter);
        let exchange = self.exchange(request, url, headers, time);
        let outcome = exchange.instrument(attempt.span()).await;
        attempt.end(&outcome);
        outcome
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        url: Url,
        mut headers: HeaderMap,
        time: Duration,
    ) -> Result<Response, CallError> {
        let client = self.clients.client(&url)?;
        let mut sent_id = None;
        if let Some(name) = self.dialect.request_id_header() {
            let id = Uuid::new_v4().to_string();
            if let Ok(value) = HeaderValue::from_str(&id) {
                headers.insert(name, value);
                sent_id = Some(id);
            }
        }
        let mut builder = client
            .request(request.route.method().clone(), url)
            .headers(headers)
            .timeout(time);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let error = match send::send(builder, &*self.dialect).await {
            Ok(response) if response.meta.status.is_success() => return Ok(response),
            Ok(response) => self.judged(response),
            Err(error) => error,
        };
        Err(match sent_id {
            Some(id) => error.with_request_id(id),
            None => error,
        })
    }

    fn judged(&self, response: Response) -> CallError {
        let mut error = self.dialect.error(&response);
        error.default_retry_after = self.dialect.default_retry_after();
        if error.meta.is_none() {
            error = error.with_meta(Some(response.meta));
        }
        error
    }

    /// The address of a request. Each part of the path is percent-encoded; some parts cannot be, and
    /// would lead elsewhere.
    fn url(&self, request: &Request<'_>) -> Result<Url, CallError> {
        if !request.route.parts().all(is_segment) {
            return Err(unfit(Unfit::Path));
        }
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| unfit(Unfit::Base))?
            .pop_if_empty()
            .extend(request.route.parts());
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    /// The headers of a request: those of the account, and its own.
    fn headers(&self, request: &Request<'_>) -> Result<HeaderMap, CallError> {
        let mut headers = self.headers.clone();
        if let Some(content_type) = &request.content_type {
            headers.insert(header::CONTENT_TYPE, content_type.clone());
        }
        if let Some(key) = &request.idempotency_key {
            let name = self.dialect.idempotency_header();
            let name = name.ok_or_else(|| unfit(Unfit::NoIdempotency))?;
            let value = Some(key).filter(|key| is_key(key));
            let value = value.and_then(|key| HeaderValue::from_str(key).ok());
            headers.insert(name, value.ok_or_else(|| unfit(Unfit::Key))?);
        }
        for (name, value) in &request.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(headers)
    }
}

impl fmt::Debug for GatewayClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayClient").finish_non_exhaustive()
    }
}

/// Returns true if a path segment reaches the gateway unchanged. Empty segments and control
/// characters are dropped from a URL, and `.` and `..` are resolved.
fn is_segment(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control)
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A request that cannot be written down.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("a part of the path is empty, `.` or `..`, or holds a control character")]
    Path,
    #[error("the base address cannot have a path")]
    Base,
    #[error("the idempotency key is empty, or not visible ascii")]
    Key,
    #[error("the gateway has no header for an idempotency key")]
    NoIdempotency,
}

fn unfit(why: Unfit) -> CallError {
    CallError::new(ProviderErrorKind::InvalidRequest, Effect::NotSent).with_source(why)
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Operation;

    use super::*;
    use crate::config::HttpConfig;

    crate::routes! {
        enum Route<'a> {
            CreateLink = POST "/links",
            FetchLink(link_id) = GET "/links/{link_id}",
            CancelLink(link_id) = POST "/links/{link_id}/cancel",
            OrderPayments(order_id) = GET "/orders/{order_id}/payments",
            OrderPayment(order_id, payment_id) = GET "/orders/{order_id}/payments/{payment_id}",
        }
    }

    struct Plain;

    impl Dialect for Plain {
        fn error(&self, response: &Response) -> CallError {
            CallError::by_status(response.meta.status)
        }
    }

    fn gateway(base_url: &str) -> GatewayClient {
        let clients = HttpClients::new(HttpConfig::new()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-secret", HeaderValue::from_static("canary"));
        let base_url = base_url.parse().unwrap();
        GatewayClient::new(Arc::new(clients), base_url, headers, Arc::new(Plain))
    }

    fn url(base_url: &str, route: Route<'_>) -> Option<String> {
        let request = Request::new(Operation::FetchCheckout, route);
        gateway(base_url).url(&request).ok().map(String::from)
    }

    #[test]
    fn every_part_of_a_path_is_encoded() {
        let base = "http://127.0.0.1:3001/pg";
        let expected = "http://127.0.0.1:3001/pg/orders/a%2Fb%3Fc%23d%20e/payments";
        let route = Route::OrderPayments("a/b?c#d e");
        assert_eq!(url(base, route).unwrap(), expected);
        assert_eq!(url("http://127.0.0.1:3001/pg/", route).unwrap(), expected);
        for (route, path) in [
            (Route::CreateLink, "/links"),
            (Route::FetchLink("r-1"), "/links/r-1"),
            (Route::CancelLink("r-1"), "/links/r-1/cancel"),
            // An id is no name of a part, whatever it looks like.
            (Route::FetchLink("{link_id}"), "/links/%7Blink_id%7D"),
            (
                Route::OrderPayment("o", "{order_id}"),
                "/orders/o/payments/%7Border_id%7D",
            ),
            (Route::FetchLink("a\\..\\b"), "/links/a%5C..%5Cb"),
            (Route::FetchLink("%2e%2e"), "/links/%252e%252e"),
            (Route::FetchLink("..."), "/links/..."),
        ] {
            let rootless = url("http://127.0.0.1:3001", route).unwrap();
            assert_eq!(rootless, ["http://127.0.0.1:3001", path].concat());
        }
    }

    #[test]
    fn a_part_that_would_lead_elsewhere_is_not_sent() {
        // Tabs and line ends are dropped from an address, and what is left may be the parent.
        for part in ["", ".", "..", ".\t.", "\n..", "a\r\nb", "\u{0}"] {
            let base = "http://127.0.0.1:3001/pg";
            assert_eq!(url(base, Route::OrderPayments(part)), None, "{part:?}");
            assert_eq!(url(base, Route::OrderPayment("o", part)), None, "{part:?}");
            assert_eq!(url(base, Route::OrderPayment(part, "p")), None, "{part:?}");
        }
    }

    #[test]
    fn an_address_without_a_path_takes_no_calls() {
        assert_eq!(
            url("mailto:someone@gateway.example", Route::CreateLink),
            None
        );
    }

    #[test]
    fn a_query_has_every_pair_and_is_encoded() {
        let request = Request::new(Operation::ListPayments, Route::CreateLink)
            .with_query("status", "ALL")
            .with_query("reference", "a&b=c d".to_owned())
            .with_query("status", "");
        let url = gateway("http://127.0.0.1:3001").url(&request).unwrap();
        let expected = "http://127.0.0.1:3001/links?status=ALL&reference=a%26b%3Dc+d&status=";
        assert_eq!(url.as_str(), expected);
    }

    #[test]
    fn debug_shows_no_credentials_and_no_ids() {
        let shown = format!("{:?}", gateway("http://127.0.0.1:3001/canary"));
        assert!(!shown.contains("canary"), "{shown}");
        let request = Request::new(Operation::CreateCheckout, Route::FetchLink("canary"))
            .with_query("canary", "canary")
            .with_json("canary")
            .with_idempotency_key("canary")
            .with_header(header::ACCEPT, HeaderValue::from_static("canary"));
        let shown = format!("{request:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("GET /links/{link_id}"), "{shown}");
    }
}
