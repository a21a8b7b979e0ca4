//! A client of the application that tolerates crashes of its processes.
//!
//! | call | repetition after no response |
//! |---|---|
//! | `POST /invoices/{id}/payment_url` | unchanged: the next call finds the result of an interrupted one |
//! | `POST /invoices/{id}/void` | unchanged: the first reason is kept, and the remaining work is tried again |
//! | `GET` of any resource | unchanged |
//! | `POST /invoices` | only if no invoice has its unique purpose, since a repetition would create another one |

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cross_crate_tests::Api;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

/// The time limit of any step, kills and faults included.
const LIMIT: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(50);
/// The time limit for a response: longer than the one that the application sets for the gateway.
const ANSWER: Duration = Duration::from_mins(1);

/// The result of asking for the payment address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The payment address.
    At(String),
    /// The state of an invoice that is already paid or voided.
    Over,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) api: Api,
    /// The number of calls without a response.
    lost: AtomicU64,
}

impl Client {
    pub(crate) fn new(api: Api) -> Self {
        Self {
            api,
            lost: AtomicU64::new(0),
        }
    }

    pub(crate) fn lost_answers(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Tries a call once. Returns `None` if no response arrived, whether or not the call took effect.
    async fn try_once(&self, method: Method, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.api.request(method.clone(), path).timeout(ANSWER);
        let request = if method == Method::GET {
            request
        } else {
            request.json(body)
        };
        let answered = async {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.json().await.ok()?))
        };
        let answered = answered.await;
        self.lost
            .fetch_add(answered.is_none().into(), Ordering::Relaxed);
        answered
    }

    /// Repeats a call that is safe to repeat until its response is a final one.
    async fn until<T>(
        &self,
        method: Method,
        path: &str,
        lasting: impl Fn(u16, &Value) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut latest = None;
        while Instant::now() < deadline {
            let answered = self.try_once(method.clone(), path, &json!({})).await;
            if let Some((status, body)) = answered {
                if let Some(lasting) = lasting(status, &body) {
                    return lasting;
                }
                latest = Some((status, body));
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{method} {path} comes to no end; the latest answer was {latest:?}");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let lasting = |status, body: &Value| (status == 200).then(|| body.clone());
        self.until(Method::GET, path, lasting).await
    }

    /// Returns all invoices.
    pub(crate) async fn invoices(&self) -> Vec<Value> {
        self.all("/api/v1/invoices", "invoices").await
    }

    /// Returns the items of all pages of a list.
    async fn all(&self, path: &str, name: &str) -> Vec<Value> {
        let first = format!("{path}?organization_id={}&limit=500", Api::ORGANIZATION);
        let (mut all, mut path) = (Vec::new(), first.clone());
        loop {
            let page = self.get(&path).await;
            all.extend(list(&page, name));
            let Some(next) = page["next"].as_str() else {
                return all;
            };
            path = format!("{first}&after={next}");
        }
    }

    /// Returns one invoice, with all details of its payments.
    pub(crate) async fn invoice(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/invoices/{id}")).await
    }

    /// Returns all webhooks that were stored.
    pub(crate) async fn deliveries(&self) -> Vec<Value> {
        self.all("/api/v1/connections/main/deliveries", "deliveries")
            .await
    }

    /// Returns the address to which the gateway sends the webhooks of the connection.
    pub(crate) async fn webhook_url(&self) -> String {
        let connections = self.get("/api/v1/connections").await;
        let url = connections["connections"][0]["webhook_url"].as_str();
        url.expect("an address").to_owned()
    }

    /// Creates an invoice, once. Its purpose must be unique.
    pub(crate) async fn make_invoice(&self, purpose: &str, amount_cents: i64) -> String {
        let new = json!({
            "organization_id": Api::ORGANIZATION, "external_customer_id": "customer-1",
            "amount_cents": amount_cents, "currency": "INR", "purpose": purpose,
        });
        let deadline = Instant::now() + LIMIT;
        let mut latest = None;
        while Instant::now() < deadline {
            let answered = self.try_once(Method::POST, "/api/v1/invoices", &new).await;
            if let Some((201, made)) = &answered {
                return id_of(made);
            }
            // There was no response, or an unclear one: the invoice may have been created.
            let known = self.invoices().await;
            if let Some(made) = known.iter().find(|made| made["purpose"] == purpose) {
                return id_of(made);
            }
            latest = answered;
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no invoice can be made; the latest answer was {latest:?}");
    }

    pub(crate) async fn payment_url(&self, invoice: &str) -> Asked {
        let path = format!("/api/v1/invoices/{invoice}/payment_url");
        let lasting = |status, body: &Value| match status {
            200 => {
                let url = body["invoice_payment_details"]["payment_url"].as_str();
                Some(Asked::At(url.expect("an address").to_owned()))
            }
            422 if body["code"] != "provider_error" => {
                assert_eq!(body["code"], "invalid_invoice_status_or_payment_status");
                Some(Asked::Over)
            }
            // The gateway refused the link at random, or its state is unknown: the next request finds out.
            _ => None,
        };
        self.until(Method::POST, &path, lasting).await
    }

    /// Returns the gateway's id of the link at this address, unless the invoice is already closed.
    pub(crate) async fn link_at(&self, invoice: &str, url: &str) -> Option<String> {
        let invoice = self.invoice(invoice).await;
        let checkouts = list(&invoice, "checkouts");
        let link = checkouts.iter().find(|link| link["payment_url"] == url)?;
        link["reference"].as_str().map(str::to_owned)
    }

    /// Voids an invoice, unless it is paid. Repeats the call until only the links that the gateway refuses to cancel
    /// are left open, and returns those.
    pub(crate) async fn void(&self, invoice: &str) -> Vec<String> {
        let path = format!("/api/v1/invoices/{invoice}/void");
        let lasting = |status, body: &Value| match status {
            409 => Some(Vec::new()),
            200 => {
                let open = list(body, "still_payable");
                let stays = |link: &Value| link["reason"].as_str().is_some_and(will_not_cancel);
                let over = open.iter().all(stays) && list(body, "unbooked").is_empty();
                let references = open.iter().filter_map(|link| link["reference"].as_str());
                over.then(|| references.map(str::to_owned).collect())
            }
            _ => None,
        };
        self.until(Method::POST, &path, lasting).await
    }
}

fn will_not_cancel(reason: &str) -> bool {
    reason.contains("the gateway will not cancel it")
}

/// Returns a list within a response.
pub(crate) fn list(answer: &Value, name: &str) -> Vec<Value> {
    answer[name].as_array().expect("a list").clone()
}

fn id_of(invoice: &Value) -> String {
    invoice["id"].as_str().expect("an id").to_owned()
}
