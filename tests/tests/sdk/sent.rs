//! Every kind of webhook that the simulator sends, once.

use std::collections::BTreeSet;

use cross_crate_tests::{Control, Program};
use reqwest::Client;
use serde_json::{Value, json};

use crate::forgery::{Delivery, SECRET};
use crate::listener::Listener;

const VERSIONS: [&str; 3] = ["2022-09-01", "2023-08-01", "2025-01-01"];

/// The events of links: type and state.
const OF_LINKS: &[&str] = &[
    "PAYMENT_FAILED_WEBHOOK FAILED",
    "PAYMENT_LINK_EVENT CANCELLED",
    "PAYMENT_LINK_EVENT EXPIRED",
    "PAYMENT_LINK_EVENT PAID",
    "PAYMENT_LINK_EVENT PARTIALLY_PAID",
    "PAYMENT_SUCCESS_WEBHOOK SUCCESS",
    "PAYMENT_USER_DROPPED_WEBHOOK USER_DROPPED",
];

/// The events of paid money: type and state.
const OF_ORDERS: &[&str] = &[
    "AUTO_REFUND_STATUS_WEBHOOK INITIATED",
    "DISPUTE_CLOSED CHARGEBACK_MERCHANT_WON",
    "DISPUTE_CREATED CHARGEBACK_CREATED",
    "DISPUTE_UPDATED CHARGEBACK_UNDER_REVIEW",
    "REFUND_STATUS_WEBHOOK CANCELLED",
    "REFUND_STATUS_WEBHOOK SUCCESS",
    "SETTLEMENT_FAILED FAILED",
    "SETTLEMENT_INITIATED INITIATED",
    "SETTLEMENT_REVERSED REVERSED",
    "SETTLEMENT_SUCCESS SUCCESS",
];

/// A merchant with a separate simulator, and its payers.
struct Merchant {
    client: Client,
    url: String,
    control: Control,
}

/// Returns a delivery of each kind in each version, as they arrive.
pub(crate) async fn everything() -> Vec<Delivery> {
    let mut listener = Listener::start().await;
    let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", SECRET)];
    let arguments = ["--listen", "127.0.0.1:0"];
    let mut simulator = Program::start("cashfree-simulator", &arguments, &secret);
    let url = simulator.line_after("listening on ").await;
    let merchant = Merchant::of(url.trim_end_matches('/'));
    for version in VERSIONS {
        let endpoint = json!({"url": listener.url, "version": version});
        merchant.control.post("endpoints", &endpoint).await;
    }
    let mut expected = OF_LINKS.to_vec();
    expected.extend(OF_ORDERS);
    expected.sort_unstable();
    let (order, payment) = merchant.links().await;
    merchant.orders(&order, &payment).await;

    let made = merchant.control.list("deliveries").await.len();
    let deliveries = listener.take(made).await;
    simulator.kill().await;
    let sent: BTreeSet<String> = deliveries
        .iter()
        .map(|delivery| gist(&delivery.body))
        .collect();
    assert_eq!(Vec::from_iter(&sent), expected);
    deliveries
}

impl Merchant {
    fn of(url: &str) -> Self {
        let client = Client::builder().no_proxy().build();
        Self {
            client: client.expect("an HTTP client"),
            url: url.to_owned(),
            control: Control::new(url),
        }
    }

    /// Creates three links with all their outcomes. Returns an order of one and the payment that paid it.
    async fn links(&self) -> (String, String) {
        for link in ["paid", "cancelled", "expired"] {
            let body = json!({
                "link_id": link, "link_amount": 200.12, "link_currency": "INR", "link_purpose": "Invoice 7",
                "link_partial_payments": true, "customer_details": {"customer_phone": "9000000000"},
            });
            self.post("links", &body).await;
        }
        let instalment = json!({"amount": "55.00"});
        let paid = self.control.post("links/paid/pay", &instalment).await;
        self.control.post("links/paid/fail", &instalment).await;
        self.control.post("links/paid/drop", &instalment).await;
        let rest = json!({"method": "card"});
        self.control.post("links/paid/pay", &rest).await;
        self.control.post("links/expired/expire", &json!({})).await;
        self.post("links/cancelled/cancel", &json!({})).await;
        let text = |field: &str| paid["payment"][field].as_str().expect("a text").to_owned();
        (text("order_id"), text("cf_payment_id"))
    }

    /// Makes refunds, payouts and a dispute of one payment.
    async fn orders(&self, order: &str, payment: &str) {
        let pending = json!({"refunds_stay_pending": true});
        self.control.post("settings", &pending).await;
        for (id, end) in [("refund_1", "SUCCESS"), ("refund_2", "CANCELLED")] {
            let refund = json!({"refund_id": id, "refund_amount": 10});
            let refund = self.post(&format!("orders/{order}/refunds"), &refund).await;
            let id = refund["cf_refund_id"].as_str().expect("an id");
            let path = format!("refunds/{id}/settle");
            self.control.post(&path, &json!({"outcome": end})).await;
        }
        let path = format!("payments/{payment}/auto-refund");
        self.control.post(&path, &json!({"amount": "5.00"})).await;
        for status in ["INITIATED", "FAILED", "SUCCESS", "REVERSED"] {
            let path = format!("orders/{order}/settlement");
            self.control.post(&path, &json!({"status": status})).await;
        }
        let path = format!("payments/{payment}/disputes");
        let dispute = json!({"type": "CHARGEBACK"});
        let dispute = self.control.post(&path, &dispute).await;
        let id = dispute["dispute"]["dispute_id"].as_str().expect("an id");
        for stage in ["UNDER_REVIEW", "MERCHANT_WON"] {
            let path = format!("disputes/{id}");
            self.control.post(&path, &json!({"stage": stage})).await;
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/pg/{path}", self.url)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(self.client.post(self.at(path)).json(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let request = request
            .header("x-client-id", "TEST_SIMULATOR")
            .header("x-client-secret", SECRET)
            .header("x-api-version", "2025-01-01");
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }
}

/// Returns the type of an event and the state that it reports.
pub(crate) fn gist(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("JSON");
    let data = &body["data"];
    let states = [
        &data["link_status"],
        &data["payment"]["payment_status"],
        &data["refund"]["refund_status"],
        &data["auto_refund"]["refund_status"],
        &data["settlement"]["status"],
        &data["dispute"]["dispute_status"],
    ];
    let state = states.into_iter().find_map(Value::as_str);
    let kind = body["type"].as_str().unwrap_or_default();
    format!("{kind} {}", state.unwrap_or_default())
}
