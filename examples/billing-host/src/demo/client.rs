//! HTTP client of the application and of the simulator.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::report::DemoError;

/// Longest wait for a response or an expected state.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Interval between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A client with the API token, which follows no redirects.
pub(super) struct DemoClient {
    http: Client,
    api: String,
    token: String,
    simulator: String,
}

impl DemoClient {
    pub(super) fn new(url: &str, token: &str, simulator: &str) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            api: format!("{url}/api/v1"),
            token: token.to_owned(),
            simulator: simulator.to_owned(),
        })
    }

    /// Returns the URL of the simulator.
    pub(super) fn simulator(&self) -> &str {
        &self.simulator
    }

    /// Sends a GET request to the API.
    pub(super) async fn get(&self, path: &str) -> Result<Value, DemoError> {
        let request = self.http.get(format!("{}{path}", self.api));
        send_for_json(request.bearer_auth(&self.token)).await
    }

    /// Sends a POST request to the API.
    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, DemoError> {
        let request = self
            .http
            .post(format!("{}{path}", self.api))
            .bearer_auth(&self.token);
        send_for_json(with_json(request, body)).await
    }

    /// Sends a request to the control API of the simulator.
    pub(super) async fn control(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, DemoError> {
        let request = self
            .http
            .request(method, format!("{}/_simulator{path}", self.simulator));
        send_for_json(with_json(request, body)).await
    }

    /// Opens a page and returns status and HTML.
    pub(super) async fn open(&self, url: &str) -> Result<(StatusCode, String), DemoError> {
        send(self.http.get(url)).await
    }

    /// Submits a form as a browser does and returns the URL that it redirects to.
    pub(super) async fn submit(&self, url: &str, form: String) -> Result<String, DemoError> {
        let request = self.http.post(url).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request
            .send()
            .await
            .map_err(|error| DemoError::new(error.to_string()))?;
        let location = response.headers().get("location");
        let location = location.and_then(|value| value.to_str().ok());
        match (response.status(), location) {
            (StatusCode::SEE_OTHER, Some(location)) => Ok(location.to_owned()),
            (status, _) => Err(DemoError::new(format!("the form was answered {status}"))),
        }
    }

    /// Delivers a webhook with these headers and this body.
    pub(super) async fn deliver(
        &self,
        url: &str,
        headers: &Value,
        body: Vec<u8>,
    ) -> Result<(StatusCode, String), DemoError> {
        let mut request = self.http.post(url).body(body);
        for (name, value) in headers.as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        send(request).await
    }

    /// Returns an invoice.
    pub(super) async fn invoice(&self, id: &str) -> Result<Value, DemoError> {
        self.get(&format!("/invoices/{id}")).await
    }

    /// Polls an invoice until `is_expected` holds. Returns it with the time that this took.
    pub(super) async fn invoice_until(
        &self,
        id: &str,
        expectation: &str,
        is_expected: impl Fn(&Value) -> bool,
    ) -> Result<(Value, Duration), DemoError> {
        let begun = Instant::now();
        loop {
            let invoice = self.invoice(id).await?;
            if is_expected(&invoice) {
                return Ok((invoice, begun.elapsed()));
            }
            wait(begun, expectation).await?;
        }
    }

    /// Polls the simulator's webhooks for a link until `are_expected` holds.
    pub(super) async fn deliveries_until(
        &self,
        link: &str,
        expectation: &str,
        are_expected: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, DemoError> {
        let begun = Instant::now();
        loop {
            let all = self.control(Method::GET, "/deliveries", None).await?;
            let all = all.get("deliveries").and_then(Value::as_array);
            let deliveries: Vec<Value> = all
                .into_iter()
                .flatten()
                .filter(|delivery| delivery["link_id"] == link)
                .cloned()
                .collect();
            if are_expected(&deliveries) {
                return Ok(deliveries);
            }
            wait(begun, expectation).await?;
        }
    }
}

/// Sleeps until the next poll, or fails after the timeout.
async fn wait(begun: Instant, expectation: &str) -> Result<(), DemoError> {
    if begun.elapsed() > TIMEOUT {
        let seconds = TIMEOUT.as_secs();
        return Err(DemoError::new(format!(
            "expected within {seconds} s: {expectation}"
        )));
    }
    tokio::time::sleep(POLL_INTERVAL).await;
    Ok(())
}

fn with_json(request: RequestBuilder, body: Option<&Value>) -> RequestBuilder {
    match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(body.to_string()),
        None => request,
    }
}

/// Sends a request and returns status and body.
async fn send(request: RequestBuilder) -> Result<(StatusCode, String), DemoError> {
    let response = request
        .send()
        .await
        .map_err(|error| DemoError::new(error.to_string()))?;
    let status = response.status();
    let body = response
        .text()
        .await
        .map_err(|error| DemoError::new(error.to_string()))?;
    Ok((status, body))
}

/// Sends a request, expects success and returns the JSON body.
async fn send_for_json(request: RequestBuilder) -> Result<Value, DemoError> {
    let (status, body) = send(request).await?;
    if !status.is_success() {
        return Err(DemoError::new(format!(
            "the request was answered {status}: {body}"
        )));
    }
    serde_json::from_str(&body)
        .map_err(|error| DemoError::new(format!("the response is not JSON: {error}")))
}
