//! The application on free ports, and a client of it.

use billing_host::{BillingHost, Options, Running};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use test_support::{PATIENCE, until};

pub(crate) const ORGANIZATION: &str = "acme";

/// An answer, read as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let headers = answer.headers().clone();
        let text = answer.text().await.unwrap();
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

    /// The body of an answer with this status.
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Problem details of this status and code.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
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

    /// The fields named by problem details, as `field: code`.
    pub(crate) fn fields(&self) -> Vec<String> {
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
    /// With the seed: a connection to a simulator, a customer, three invoices.
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

    /// A request to the API, with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{path}", self.running.url());
        self.http
            .request(method, url)
            .bearer_auth(self.running.api_key())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    /// A request without a body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::POST, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, body.to_string()).await
    }

    pub(crate) async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).body(body);
        Answer::to(request.header("content-type", "application/json")).await
    }

    pub(crate) async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/_simulator{path}", self.running.simulator_url().unwrap());
        let request = self.http.post(url).body(body.to_string());
        Answer::to(request.header("content-type", "application/json"))
            .await
            .with(200)
    }

    pub(crate) async fn watch(&self, path: &str) -> Value {
        let url = format!("{}/_simulator{path}", self.running.simulator_url().unwrap());
        Answer::to(self.http.get(url)).await.with(200)
    }

    /// The id of the seeded invoice over INR 200.12.
    pub(crate) async fn seeded_invoice(&self) -> String {
        let invoices = self.get("/invoices?organization_id=acme").await.with(200);
        text(&invoices["invoices"][0]["id"])
    }

    /// Makes an invoice of the seeded customer.
    pub(crate) async fn new_invoice(&self, amount_cents: i64) -> String {
        let invoice = invoice_of("customer-1", amount_cents);
        text(&self.post("/invoices", &invoice).await.with(201)["id"])
    }

    pub(crate) async fn invoice(&self, id: &str) -> Value {
        self.get(&format!("/invoices/{id}")).await.with(200)
    }

    pub(crate) async fn ask_payment_url(&self, id: &str) -> Answer {
        self.act(&format!("/invoices/{id}/payment_url")).await
    }

    /// Waits until the simulator has met every fault it was given.
    pub(crate) async fn faults_met(&self) {
        until(async || {
            let left = self.watch("/faults").await["faults"].clone();
            let none = left.as_array().unwrap().is_empty();
            none.then_some(()).ok_or(left)
        })
        .await;
    }

    /// The page on which an invoice can be paid.
    pub(crate) async fn payment_url(&self, id: &str) -> String {
        let answer = self.ask_payment_url(id).await.with(200);
        text(&answer["invoice_payment_details"]["payment_url"])
    }

    /// The simulator's id of the link of an invoice.
    pub(crate) async fn link(&self, id: &str) -> String {
        text(&self.invoice(id).await["checkouts"][0]["reference"])
    }

    /// Waits until a condition holds for an invoice, and returns that.
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

pub(crate) fn invoice_of(customer: &str, amount_cents: i64) -> Value {
    json!({
        "organization_id": ORGANIZATION,
        "external_customer_id": customer,
        "amount_cents": amount_cents,
        "currency": "INR",
        "purpose": "Plan Basic",
    })
}

pub(crate) fn connection_of(code: &str, settings: &Value) -> Value {
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
        .unwrap_or_else(|| panic!("no text: {json}"))
        .to_owned()
}
