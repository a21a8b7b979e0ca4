//! Someone who reaches the application and the simulator over HTTP only.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::report::Unexpected;

/// How long anything may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(super) struct Outsider {
    http: Client,
    api: String,
    token: String,
    simulator: String,
}

impl Outsider {
    pub(super) fn new(url: &str, token: &str, simulator: &str) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            http,
            api: format!("{url}/api/v1"),
            token: token.to_owned(),
            simulator: simulator.to_owned(),
        })
    }

    /// The simulator's address.
    pub(super) fn simulator(&self) -> &str {
        &self.simulator
    }

    /// Reads from the application.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Unexpected> {
        let request = self.http.get(format!("{}{path}", self.api));
        succeeded(request.bearer_auth(&self.token)).await
    }

    /// Asks the application to do something.
    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Unexpected> {
        let request = self
            .http
            .post(format!("{}{path}", self.api))
            .bearer_auth(&self.token);
        succeeded(with_json(request, body)).await
    }

    /// Asks the simulator's control API.
    pub(super) async fn control(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Unexpected> {
        let request = self
            .http
            .request(method, format!("{}/_simulator{path}", self.simulator));
        succeeded(with_json(request, body)).await
    }

    /// Opens a page.
    pub(super) async fn open(&self, url: &str) -> Result<(StatusCode, String), Unexpected> {
        sent(self.http.get(url)).await
    }

    /// Submits a form, as a browser does, and returns where that leads.
    pub(super) async fn submit(&self, url: &str, form: String) -> Result<String, Unexpected> {
        let request = self.http.post(url).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request
            .send()
            .await
            .map_err(|error| Unexpected::new(error.to_string()))?;
        let leads_to = answer.headers().get("location");
        let leads_to = leads_to.and_then(|value| value.to_str().ok());
        match (answer.status(), leads_to) {
            (StatusCode::SEE_OTHER, Some(leads_to)) => Ok(leads_to.to_owned()),
            (status, _) => Err(Unexpected::new(format!("the form was answered {status}"))),
        }
    }

    /// Sends these headers and this body somewhere.
    pub(super) async fn deliver(
        &self,
        url: &str,
        headers: &Value,
        body: Vec<u8>,
    ) -> Result<(StatusCode, String), Unexpected> {
        let mut request = self.http.post(url).body(body);
        for (name, value) in headers.as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        sent(request).await
    }

    /// Reads an invoice.
    pub(super) async fn invoice(&self, id: &str) -> Result<Value, Unexpected> {
        self.get(&format!("/invoices/{id}")).await
    }

    /// Looks at an invoice until it is as expected, and says how long that took.
    pub(super) async fn invoice_until(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<(Value, Duration), Unexpected> {
        let begun = Instant::now();
        loop {
            let invoice = self.invoice(id).await?;
            if is_so(&invoice) {
                return Ok((invoice, begun.elapsed()));
            }
            wait(begun, what).await?;
        }
    }

    /// Looks at the simulator's webhooks about a link until they are as expected.
    pub(super) async fn deliveries_until(
        &self,
        link: &str,
        what: &str,
        are_so: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, Unexpected> {
        let begun = Instant::now();
        loop {
            let all = self.control(Method::GET, "/deliveries", None).await?;
            let all = all.get("deliveries").and_then(Value::as_array);
            let about: Vec<Value> = all
                .into_iter()
                .flatten()
                .filter(|delivery| delivery["link_id"] == link)
                .cloned()
                .collect();
            if are_so(&about) {
                return Ok(about);
            }
            wait(begun, what).await?;
        }
    }
}

async fn wait(begun: Instant, what: &str) -> Result<(), Unexpected> {
    if begun.elapsed() > PATIENCE {
        let seconds = PATIENCE.as_secs();
        return Err(Unexpected::new(format!(
            "after {seconds} s still not so: {what}"
        )));
    }
    tokio::time::sleep(LOOK_AGAIN).await;
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

async fn sent(request: RequestBuilder) -> Result<(StatusCode, String), Unexpected> {
    let answer = request
        .send()
        .await
        .map_err(|error| Unexpected::new(error.to_string()))?;
    let status = answer.status();
    let body = answer
        .text()
        .await
        .map_err(|error| Unexpected::new(error.to_string()))?;
    Ok((status, body))
}

async fn succeeded(request: RequestBuilder) -> Result<Value, Unexpected> {
    let (status, body) = sent(request).await?;
    if !status.is_success() {
        return Err(Unexpected::new(format!("answered {status}: {body}")));
    }
    serde_json::from_str(&body).map_err(|error| Unexpected::new(format!("no JSON: {error}")))
}
