//! The biller, who calls the application again until a call is answered.

use std::time::{Duration, Instant};

use cross_crate_tests::{Api, Stage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::books::text;
use crate::fleet::Addresses;

/// The time limit of any step, with all faults. A process that is killed leaves the key of its request taken for a
/// minute, and the next one may be killed as well.
const LIMIT: Duration = Duration::from_mins(5);
const ANSWER: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(80);

#[derive(Debug, Clone)]
pub(crate) struct Biller {
    addresses: Addresses,
    client: reqwest::Client,
}

impl Biller {
    pub(crate) fn new(addresses: Addresses) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER)
            .build();
        Self {
            addresses,
            client: client.expect("an HTTP client"),
        }
    }

    /// Returns a client of one of the processes.
    pub(crate) fn api(&self) -> Api {
        let address = self.addresses.next().expect("a running process");
        Api::new(format!("http://{address}"), Stage::KEY)
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let address = self.addresses.next()?;
        let mut request = self
            .client
            .request(method.clone(), format!("http://{address}/api/v1{path}"))
            .bearer_auth(Stage::KEY);
        if *method == Method::POST {
            request = request.json(body);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// Repeats a call until `done` takes its answer.
    async fn until<T>(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: &Value,
        done: impl Fn(u16, &Value) -> Option<T>,
    ) -> T {
        let begin = Instant::now();
        let mut latest = None;
        while begin.elapsed() < LIMIT {
            if let Some((status, body)) = self.once(&method, path, key, body).await {
                if let Some(done) = done(status, &body) {
                    return done;
                }
                latest = Some((status, body));
            }
            tokio::time::sleep(AGAIN).await;
        }
        panic!("{method} {path} has no final answer; the latest is {latest:?}");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let done = |status, body: &Value| (status == 200).then(|| body.clone());
        self.until(Method::GET, path, "", &Value::Null, done).await
    }

    /// Returns the items of all pages of a list of the organization.
    pub(crate) async fn list(&self, path: &str, name: &str) -> Vec<Value> {
        let first = format!("{path}?organization_id={}&limit=500", Api::ORGANIZATION);
        let (mut all, mut path) = (Vec::new(), first.clone());
        loop {
            let page = self.get(&path).await;
            all.extend(page[name].as_array().expect("a list").iter().cloned());
            let Some(next) = page["next"].as_str() else {
                return all;
            };
            path = format!("{first}&after={next}");
        }
    }

    /// Creates an invoice. The idempotency key makes a repetition harmless.
    pub(crate) async fn invoice(&self, purpose: &str, paise: i64) -> String {
        let new = json!({
            "organization_id": Api::ORGANIZATION, "external_customer_id": "customer-1",
            "amount_cents": paise, "currency": "INR", "purpose": purpose,
        });
        let done = |status, body: &Value| {
            (status == 201).then(|| body["id"].as_str().expect("an id").to_owned())
        };
        let key = purpose.replace(' ', "-");
        self.until(Method::POST, "/invoices", &key, &new, done)
            .await
    }

    /// Returns the payment address of an invoice; `None` if nothing is due any more.
    pub(crate) async fn payment_url(&self, invoice: &str) -> Option<String> {
        let path = format!("/invoices/{invoice}/payment_url");
        let done = |status, body: &Value| match status {
            200 => {
                let url = body["invoice_payment_details"]["payment_url"].as_str();
                Some(Some(url.expect("an address").to_owned()))
            }
            422 if body["code"] == "invalid_invoice_status_or_payment_status" => Some(None),
            _ => None,
        };
        self.until(Method::POST, &path, "", &json!({}), done).await
    }

    /// Voids an invoice. Money may arrive first: then it stays as it is.
    pub(crate) async fn void(&self, invoice: &str) {
        let path = format!("/invoices/{invoice}/void");
        let done = |status, _: &Value| matches!(status, 200 | 409).then_some(());
        self.until(Method::POST, &path, "", &json!({}), done).await;
    }

    /// Returns the address to which the gateway sends webhooks.
    pub(crate) async fn webhook_url(&self) -> String {
        let connections = self.list("/connections", "connections").await;
        text(&connections[0], "webhook_url")
    }

    /// Returns one invoice with its payments.
    pub(crate) async fn fetch(&self, invoice: &str) -> Value {
        self.get(&format!("/invoices/{invoice}")).await
    }
}
