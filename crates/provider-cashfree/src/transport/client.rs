use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use payment_provider_core::{Effect, ErrorKind, Operation};
use reqwest::Response;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, Facts};
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

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    operation: Operation,
    method: Method,
    path: &'a [&'a str],
    query: Option<(&'static str, &'static str)>,
    body: Option<Bytes>,
    idempotency_key: Option<Uuid>,
}

impl<'a> Call<'a> {
    pub(crate) const fn get(operation: Operation, path: &'a [&'a str]) -> Self {
        Self {
            operation,
            method: Method::GET,
            path,
            query: None,
            body: None,
            idempotency_key: None,
        }
    }

    pub(crate) fn post(operation: Operation, path: &'a [&'a str]) -> Self {
        let mut call = Self::get(operation, path);
        call.method = Method::POST;
        call
    }

    pub(crate) const fn with_query(mut self, name: &'static str, value: &'static str) -> Self {
        self.query = Some((name, value));
        self
    }

    /// Adds a body and the key under which the gateway takes it once.
    pub(crate) fn with_body(mut self, body: Bytes, idempotency_key: Uuid) -> Self {
        self.body = Some(body);
        self.idempotency_key = Some(idempotency_key);
        self
    }
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
        let span = tracing::info_span!(
            "cashfree_request",
            operation = call.operation.as_str(),
            attempt = pace.attempt(),
            status = tracing::field::Empty,
        );
        let time = self.request_timeout.min(pace.left());
        async {
            let outcome = self.exchange(call, time).await;
            let (facts, kind) = match &outcome {
                Ok(answer) => (Some(&answer.facts), None),
                Err(fault) => (fault.facts.as_deref(), Some(fault.kind.as_str())),
            };
            if let Some(facts) = facts {
                tracing::Span::current().record("status", facts.status.as_u16());
            }
            match kind {
                None => tracing::debug!("answered"),
                Some(kind) => tracing::debug!(kind, "no success"),
            }
            outcome
        }
        .instrument(span)
        .await
    }

    async fn exchange(&self, call: &Call<'_>, time: Duration) -> Result<Answer, Fault> {
        if time.is_zero() {
            return Err(Fault::new(ErrorKind::Timeout, Effect::NotSent));
        }
        let url = self.url(call)?;
        let client = self.stack.client(&url)?;
        let request_id = Uuid::new_v4();
        let mut request = client
            .request(call.method.clone(), url)
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
        if call
            .path
            .iter()
            .any(|part| matches!(*part, "" | "." | ".."))
        {
            return Err(unfit());
        }
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| unfit())?
            .pop_if_empty()
            .extend(call.path);
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

    fn url(base_url: &str, path: &[&str]) -> Option<String> {
        let call = Call::get(Operation::FetchCheckout, path);
        gateway(base_url).url(&call).ok().map(String::from)
    }

    #[test]
    fn every_part_of_a_path_is_encoded() {
        let base = "http://127.0.0.1:3001/pg";
        let expected = "http://127.0.0.1:3001/pg/orders/a%2Fb%3Fc%23d%20e/payments";
        let path = ["orders", "a/b?c#d e", "payments"];
        assert_eq!(url(base, &path).unwrap(), expected);
        assert_eq!(url("http://127.0.0.1:3001/pg/", &path).unwrap(), expected);
        let rootless = url("http://127.0.0.1:3001", &["links", "r-1"]);
        assert_eq!(rootless.unwrap(), "http://127.0.0.1:3001/links/r-1");
    }

    #[test]
    fn a_part_that_would_lead_elsewhere_is_not_sent() {
        for part in ["", ".", ".."] {
            assert_eq!(url("http://127.0.0.1:3001/pg", &["orders", part]), None);
        }
    }

    #[test]
    fn debug_shows_no_credentials() {
        let shown = format!("{:?}", gateway("http://127.0.0.1:3001/canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
