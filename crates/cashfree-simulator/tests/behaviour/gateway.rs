//! A running simulator, with an API client and a webhook receiver.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use cashfree_simulator::{
    DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, RetryScale, RunningSimulator, Simulator,
    SimulatorConfig,
};
use reqwest::Method;
use serde_json::Value;
use test_support::{PATIENCE, in_time, until};

pub(crate) const CLIENT: &str = DEFAULT_CLIENT_ID;
pub(crate) const SECRET: &str = DEFAULT_CLIENT_SECRET;

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("(absent)", |value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts a 200 and returns the JSON.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

pub(crate) struct Gateway {
    pub(crate) running: RunningSimulator,
    pub(crate) http: reqwest::Client,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(SimulatorConfig::new()).await
    }

    pub(crate) async fn with(config: SimulatorConfig) -> Self {
        let simulator = Simulator::new(config.with_seed(42)).unwrap();
        let running = simulator.start("127.0.0.1:0").await.unwrap();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { running, http }
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.running.simulator()
    }

    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Reply, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// Builds an authenticated request.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let posted = method == Method::POST;
        let request = self.untyped_request(method, path);
        if posted {
            request.header("content-type", "application/json")
        } else {
            request
        }
    }

    /// Builds an authenticated request without a content type.
    pub(crate) fn untyped_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.running.api_base_url()))
            .header("x-client-id", CLIENT)
            .header("x-client-secret", SECRET)
            .header("x-api-version", "2025-01-01")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<String>) -> Reply {
        self.send(self.request(Method::POST, path).body(body.into()))
            .await
            .unwrap()
    }

    pub(crate) async fn create(&self, body: impl Into<String>) -> Reply {
        self.post("/links", body).await
    }

    pub(crate) async fn cancel(&self, link_id: &str) -> Reply {
        self.post(&format!("/links/{link_id}/cancel"), "").await
    }

    /// Calls the control API.
    pub(crate) async fn control(
        &self,
        method: Method,
        path: &str,
        body: impl Into<String>,
    ) -> Reply {
        let url = format!("{}/_simulator{path}", self.running.url());
        let request = self.http.request(method, url).body(body.into());
        let request = request.header("content-type", "application/json");
        self.send(request).await.unwrap()
    }

    /// Fetches the overview.
    pub(crate) async fn overview(&self) -> Reply {
        let url = format!("{}/", self.running.url());
        self.send(self.http.get(url)).await.unwrap()
    }

    /// Builds a form submission without an origin.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.http
            .post(format!("{}/_simulator/ui{path}", self.running.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Submits a form from the overview.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.form(path, fields);
        let request = request.header("origin", self.running.url());
        self.send(request).await.unwrap()
    }

    /// Waits until all webhooks are final.
    pub(crate) async fn idle(&self) {
        in_time(
            "all webhooks become final",
            self.simulator().deliveries_idle(),
        )
        .await;
    }
}

/// Waits until the simulator has a link.
pub(crate) async fn link_exists(gateway: &Gateway, link_id: &str) {
    until(async || {
        let link = gateway.simulator().link(link_id);
        link.map(|_| ()).ok_or("there is no such link")
    })
    .await;
}

/// Builds a create request with the fields that every link needs, and more.
pub(crate) fn link(link_id: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"link_id":"{link_id}","link_amount":200.12,"link_currency":"INR","link_purpose":"Invoice 7",
            "customer_details":{{"customer_phone":"9000000000","customer_email":"payer@example.com","customer_name":"A Payer"}}{comma}{more}}}"#
    )
}

/// Builds a create request for a link that accepts instalments.
pub(crate) fn instalment_link(link_id: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    link(
        link_id,
        &format!(r#""link_partial_payments":true,"link_minimum_partial_amount":11{comma}{more}"#),
    )
}

pub(crate) fn fast() -> SimulatorConfig {
    SimulatorConfig::new().with_retry_scale(RetryScale::from_millionths(20))
}

/// A received webhook.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Arrival {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("(absent)", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn verifies(&self, secret: &str) -> bool {
        cashfree_simulator::sign(secret, self.header("x-webhook-timestamp"), &self.body)
            == self.header("x-webhook-signature")
    }
}

#[derive(Default)]
struct Inbox {
    arrivals: Vec<Arrival>,
    not_found: Vec<u16>,
}

/// A webhook receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    inbox: Arc<Mutex<Inbox>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&inbox));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inbox }
    }

    /// Responds to the next webhooks with these statuses instead of 200.
    pub(crate) fn refuse(&self, statuses: &[u16]) {
        self.inbox.lock().unwrap().not_found = statuses.iter().rev().copied().collect();
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.inbox.lock().unwrap().arrivals.clone()
    }

    pub(crate) fn of_type(&self, event_type: &str) -> Vec<Arrival> {
        self.arrivals()
            .into_iter()
            .filter(|arrival| arrival.event_type() == event_type)
            .collect()
    }
}

async fn receive(State(inbox): State<Arc<Mutex<Inbox>>>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
    let mut inbox = inbox.lock().unwrap();
    inbox.arrivals.push(Arrival {
        headers: parts.headers,
        body,
    });
    inbox.not_found.pop().map_or(StatusCode::OK, |status| {
        StatusCode::from_u16(status).unwrap()
    })
}
