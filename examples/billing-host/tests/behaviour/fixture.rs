//! The application on free ports, and an HTTP client for it.

use billing_host::{BillingHost, Options, Running};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use test_support::{PATIENCE, until};

pub(crate) const ORGANIZATION: &str = "acme";

/// A response of the API with its parsed JSON.
#[derive(Debug, Clone)]
pub(crate) struct ApiResponse {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl ApiResponse {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        let content_type = headers
            .get("content-type")
            .map(|value| value.to_str().unwrap());
        let content_type = content_type.unwrap_or_default().to_owned();
        Self {
            status,
            content_type,
            headers,
            text,
            json,
        }
    }

    /// Asserts the status and returns the JSON body.
    pub(crate) fn expect_status(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Asserts that the response is a problem with this status and code.
    pub(crate) fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(
            self.content_type, "application/problem+json",
            "{}",
            self.text
        );
        assert_eq!(self.json["status"], status, "{}", self.text);
        assert_eq!(self.json["code"], code, "{}", self.text);
        assert!(
            self.json["title"].is_string() && self.json["detail"].is_string(),
            "{}",
            self.text
        );
    }

    /// Returns the invalid fields of a problem as `field: code`.
    pub(crate) fn invalid_fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array();
        let shown = errors.into_iter().flatten().map(|error| {
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty())
            );
            format!(
                "{}: {}",
                error["field"].as_str().unwrap(),
                error["code"].as_str().unwrap()
            )
        });
        shown.collect()
    }
}

pub(crate) struct Application {
    pub(crate) running: Running,
    pub(crate) http: Client,
}

impl Application {
    /// Starts the application with its seed: a connection to a simulator, a customer and three invoices.
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let running = BillingHost::start(options).await.unwrap();
        let http = Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { running, http }
    }

    /// Returns a request to the API with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{path}", self.running.url());
        self.http
            .request(method, url)
            .bearer_auth(self.running.api_key())
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        ApiResponse::of(self.request(Method::GET, path)).await
    }

    /// Sends a POST request without a body.
    pub(crate) async fn post_empty(&self, path: &str) -> ApiResponse {
        ApiResponse::of(self.request(Method::POST, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> ApiResponse {
        self.post_text(path, body.to_string()).await
    }

    pub(crate) async fn post_text(
        &self,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> ApiResponse {
        let request = self.request(Method::POST, path).body(body);
        ApiResponse::of(request.header("content-type", "application/json")).await
    }

    pub(crate) async fn simulator_post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/_simulator{path}", self.running.simulator_url().unwrap());
        let request = self.http.post(url).body(body.to_string());
        ApiResponse::of(request.header("content-type", "application/json"))
            .await
            .expect_status(200)
    }

    pub(crate) async fn simulator_get(&self, path: &str) -> Value {
        let url = format!("{}/_simulator{path}", self.running.simulator_url().unwrap());
        ApiResponse::of(self.http.get(url)).await.expect_status(200)
    }

    /// Returns the id of the seeded invoice over INR 200.12.
    pub(crate) async fn seeded_invoice(&self) -> String {
        let invoices = self
            .get("/invoices?organization_id=acme")
            .await
            .expect_status(200);
        text(&invoices["invoices"][0]["id"])
    }

    /// Creates an invoice for the seeded customer and returns its id.
    pub(crate) async fn new_invoice(&self, amount_cents: i64) -> String {
        let invoice = invoice_json("customer-1", amount_cents);
        text(&self.post("/invoices", &invoice).await.expect_status(201)["id"])
    }

    pub(crate) async fn invoice(&self, id: &str) -> Value {
        self.get(&format!("/invoices/{id}"))
            .await
            .expect_status(200)
    }

    pub(crate) async fn request_payment_url(&self, id: &str) -> ApiResponse {
        self.post_empty(&format!("/invoices/{id}/payment_url"))
            .await
    }

    /// Waits until the simulator has applied all faults that were planned.
    pub(crate) async fn wait_for_faults(&self) {
        until(async || {
            let left = self.simulator_get("/faults").await["faults"].clone();
            let none = left.as_array().unwrap().is_empty();
            none.then_some(()).ok_or(left)
        })
        .await;
    }

    /// Returns the payment URL of an invoice.
    pub(crate) async fn payment_url(&self, id: &str) -> String {
        let response = self.request_payment_url(id).await.expect_status(200);
        text(&response["invoice_payment_details"]["payment_url"])
    }

    /// Returns the simulator's id of the link of an invoice.
    pub(crate) async fn link(&self, id: &str) -> String {
        text(&self.invoice(id).await["checkouts"][0]["reference"])
    }

    /// Polls an invoice until the condition holds, and returns it.
    pub(crate) async fn invoice_until(
        &self,
        id: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        until(async || {
            let invoice = self.invoice(id).await;
            if condition(&invoice) {
                Ok(invoice)
            } else {
                Err(invoice)
            }
        })
        .await
    }
}

pub(crate) fn invoice_json(customer: &str, amount_cents: i64) -> Value {
    json!({
        "organization_id": ORGANIZATION,
        "external_customer_id": customer,
        "amount_cents": amount_cents,
        "currency": "INR",
        "purpose": "Plan Basic",
    })
}

pub(crate) fn connection_json(code: &str, settings: &Value) -> Value {
    json!({
        "organization_id": ORGANIZATION,
        "provider": "cashfree",
        "code": code,
        "name": "Second",
        "settings": settings,
    })
}

pub(crate) fn text(json: &Value) -> String {
    json.as_str()
        .unwrap_or_else(|| panic!("not a string: {json}"))
        .to_owned()
}
