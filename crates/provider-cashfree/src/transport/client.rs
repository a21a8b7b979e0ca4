use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use payment_provider_core::{Effect, ErrorKind};
use reqwest::Response;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, Facts};
use super::attempt::Attempt;
use super::call::Call;
use super::fault::Fault;
use super::pace::Pace;
use super::refusal;
use super::stack::HttpStack;
use crate::config::RetryTuning;
use crate::wire::Unreadable;

const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");
const X_CLIENT_SECRET: HeaderName = HeaderName::from_static("x-client-secret");
const X_API_VERSION: HeaderName = HeaderName::from_static("x-api-version");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("x-idempotency-key");

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Most bytes of an answer that are read.
const MAX_ANSWER: usize = 1024 * 1024;

/// The gateway as one merchant account sees it.
pub(crate) struct Gateway {
    stack: Arc<HttpStack>,
    base_url: Url,
    headers: HeaderMap,
    request_timeout: Duration,
    retry: RetryTuning,
}

/// What identifies a merchant account; both values are marked sensitive.
pub(crate) struct GatewayKeys {
    pub(crate) client_id: HeaderValue,
    pub(crate) client_secret: HeaderValue,
    pub(crate) api_version: HeaderValue,
}

impl Gateway {
    pub(crate) fn new(
        stack: Arc<HttpStack>,
        base_url: Url,
        keys: GatewayKeys,
        request_timeout: Duration,
        retry: RetryTuning,
    ) -> Self {
        let headers = HeaderMap::from_iter([
            (X_CLIENT_ID, keys.client_id),
            (X_CLIENT_SECRET, keys.client_secret),
            (X_API_VERSION, keys.api_version),
            (header::ACCEPT, APPLICATION_JSON),
        ]);
        Self {
            stack,
            base_url,
            headers,
            request_timeout,
            retry,
        }
    }

    /// A pace for one request and its repetitions.
    pub(crate) fn pace(&self, deadline: Instant) -> Pace {
        Pace::new(self.retry, deadline)
    }

    /// Sends a request that changes nothing, again if need be, and reads the answer.
    pub(crate) async fn read<T>(
        &self,
        call: &Call<'_>,
        deadline: Instant,
        read: impl Fn(&Answer) -> Result<T, Unreadable> + Send + Sync,
    ) -> Result<T, Fault> {
        let mut pace = self.pace(deadline);
        loop {
            let fault = match self.send(call, &pace).await {
                Ok(answer) => match read(&answer) {
                    Ok(value) => return Ok(value),
                    Err(what) => answer.unreadable(what),
                },
                Err(fault) => fault,
            };
            if !pace.again_after(&fault).await {
                return Err(fault);
            }
        }
    }

    /// Sends a request once. Everything but a success is a fault.
    pub(crate) async fn send(&self, call: &Call<'_>, pace: &Pace) -> Result<Answer, Fault> {
        let time = self.request_timeout.min(pace.left());
        if time.is_zero() {
            return Err(Fault::new(ErrorKind::Timeout, Effect::NotSent));
        }
        let url = self.url(call)?;
        let attempt = Attempt::begin(call, &url, pace.attempt());
        let exchange = self.exchange(call, url, time);
        let outcome = exchange.instrument(attempt.span()).await;
        attempt.end(&outcome);
        outcome
    }

    async fn exchange(&self, call: &Call<'_>, url: Url, time: Duration) -> Result<Answer, Fault> {
        let client = self.stack.client(&url)?;
        let request_id = Uuid::new_v4();
        let mut request = client
            .request(call.route.method(), url)
            .headers(self.headers.clone())
            .header(X_REQUEST_ID, request_id.to_string())
            .timeout(time);
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, APPLICATION_JSON)
                .body(body.clone());
        }
        if let Some(key) = call.idempotency_key {
            request = request.header(X_IDEMPOTENCY_KEY, key.to_string());
        }
        let outcome = match request.send().await {
            Ok(response) => receive(response).await,
            Err(error) => Err(unanswered(error)),
        };
        match outcome {
            Ok(answer) if answer.facts.status.is_success() => Ok(answer),
            Ok(answer) => Err(refusal::fault(answer)),
            Err(fault) => Err(fault),
        }
        .map_err(|fault| fault.with_request_id(request_id.to_string()))
    }

    /// The address of a call. Each part of the path is percent-encoded; the parts `.` and `..`
    /// cannot be, and would lead elsewhere.
    fn url(&self, call: &Call<'_>) -> Result<Url, Fault> {
        let unfit = || Fault::new(ErrorKind::InvalidRequest, Effect::NotSent);
        let mut parts = call.route.parts();
        if parts.any(|part| matches!(part, "" | "." | "..")) {
            return Err(unfit());
        }
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| unfit())?
            .pop_if_empty()
            .extend(call.route.parts());
        if let Some((name, value)) = call.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(url)
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

/// Reads an answer. Of one that is no success the status line counts even if the body does not
/// come whole, or is too much.
async fn receive(mut response: Response) -> Result<Answer, Fault> {
    let facts = Facts::read(response.status(), response.headers());
    let read = read_body(&mut response).await;
    match read {
        Ok(body) => Ok(Answer { facts, body }),
        Err(_) if !facts.status.is_success() => Ok(Answer {
            facts,
            body: Bytes::new(),
        }),
        Err(fault) => Err(fault.with_facts(Some(facts))),
    }
}

async fn read_body(response: &mut Response) -> Result<Bytes, Fault> {
    let too_large = || {
        let what = Unreadable("body within the size limit");
        let mut fault = Fault::unreadable(what, None);
        fault.too_large = true;
        fault
    };
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).unwrap_or(usize::MAX) > MAX_ANSWER {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                let kind = if error.is_timeout() {
                    ErrorKind::Timeout
                } else {
                    ErrorKind::Connection
                };
                return Err(Fault::new(kind, Effect::MaybeApplied)
                    .with_source(error.without_url())
                    .repeatable());
            }
        }
    }
}

/// No answer came. Only if no connection could be made is it certain that nothing was sent.
fn unanswered(error: reqwest::Error) -> Fault {
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Connection
    };
    let never_left = error.is_connect() || error.is_builder();
    let effect = if never_left {
        Effect::NotSent
    } else {
        Effect::MaybeApplied
    };
    Fault::new(kind, effect)
        .with_source(error.without_url())
        .repeatable()
}

#[cfg(test)]
mod tests {
    use payment_provider_core::Operation;

    use super::super::call::Route;
    use super::*;
    use crate::config::CashfreeConfig;

    fn gateway(base_url: &str) -> Gateway {
        let value = || HeaderValue::from_static("canary");
        let keys = GatewayKeys {
            client_id: value(),
            client_secret: value(),
            api_version: value(),
        };
        let config = CashfreeConfig::new();
        let stack = Arc::new(HttpStack::new(&config).unwrap());
        let base_url = base_url.parse().unwrap();
        Gateway::new(stack, base_url, keys, Duration::from_secs(1), config.retry)
    }

    fn url(base_url: &str, route: Route<'_>) -> Option<String> {
        let call = Call::new(Operation::FetchCheckout, route);
        gateway(base_url).url(&call).ok().map(String::from)
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
            (Route::LinkOrders("r-1"), "/links/r-1/orders"),
            // An id is no name of a part, whatever it looks like.
            (Route::FetchLink("{link_id}"), "/links/%7Blink_id%7D"),
        ] {
            let rootless = url("http://127.0.0.1:3001", route).unwrap();
            assert_eq!(rootless, ["http://127.0.0.1:3001", path].concat());
        }
    }

    #[test]
    fn a_part_that_would_lead_elsewhere_is_not_sent() {
        for part in ["", ".", ".."] {
            let base = "http://127.0.0.1:3001/pg";
            assert_eq!(url(base, Route::OrderPayments(part)), None);
        }
    }

    #[test]
    fn debug_shows_no_credentials() {
        let shown = format!("{:?}", gateway("http://127.0.0.1:3001/canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
