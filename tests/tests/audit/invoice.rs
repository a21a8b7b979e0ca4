//! One invoice, from its creation to its last step.

use std::time::{Duration, Instant};

use cross_crate_tests::{Control, Stage};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::biller::Biller;
use crate::ways::{Step, WAYS};

const LIMIT: Duration = Duration::from_mins(2);
const AGAIN: Duration = Duration::from_millis(150);

/// The parties of an invoice.
#[derive(Debug, Clone)]
pub(crate) struct Parties {
    pub(crate) biller: Biller,
    pub(crate) control: Control,
    /// The number of steps begun by all invoices.
    pub(crate) progress: watch::Sender<usize>,
}

struct Play {
    parties: Parties,
    purpose: String,
    paise: i64,
    id: String,
    links: Vec<String>,
    unanswered: Vec<String>,
    refunds: Vec<String>,
}

/// Returns the purpose of an invoice, by which the gateway's links are matched with it.
fn purpose(number: usize) -> String {
    format!("Audited order {number}")
}

/// Returns the number of steps of the nth invoice.
pub(crate) fn steps(number: usize) -> usize {
    WAYS[number % WAYS.len()].len()
}

/// Creates the nth invoice, and pays it in the nth way.
pub(crate) async fn play(number: usize, parties: Parties) {
    let purpose = purpose(number);
    let paise = 10_000 + 1_013 * i64::try_from(number).expect("a small number");
    let id = parties.biller.invoice(&purpose, paise).await;
    let mut play = Play {
        parties,
        purpose,
        paise,
        id,
        links: Vec::new(),
        unanswered: Vec::new(),
        refunds: Vec::new(),
    };
    for step in WAYS[number % WAYS.len()] {
        play.parties.progress.send_modify(|begun| *begun += 1);
        play.step(*step).await;
    }
}

impl Play {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Ask => self.ask().await,
            Step::Pay => self.on_link(self.links.len(), "pay", &json!({})).await,
            Step::PayPart => {
                let part = self.paise / 10;
                let amount = format!("{}.{:02}", part / 100, part % 100);
                self.on_link(self.links.len(), "pay", &json!({"amount": amount}))
                    .await;
            }
            Step::Decline => self.on_link(self.links.len(), "fail", &json!({})).await,
            Step::Begin => self.on_link(self.links.len(), "pending", &json!({})).await,
            Step::PayLate => self.on_link(1, "pay", &json!({"late": true})).await,
            Step::Expire => self.on_link(self.links.len(), "expire", &json!({})).await,
            Step::Accept => {
                for payment in std::mem::take(&mut self.unanswered) {
                    let path = format!("payments/{payment}/settle");
                    let body = json!({"outcome": "SUCCESS"});
                    self.parties.control.post(&path, &body).await;
                }
            }
            Step::Void => self.parties.biller.void(&self.id).await,
            Step::WaitUntilPaid => self.wait_until_paid().await,
            Step::Refund => self.refund(1).await,
            Step::RefundHalf => self.refund(2).await,
            Step::RefundSucceeds => self.end_refunds("SUCCESS").await,
            Step::RefundFails => self.end_refunds("FAILED").await,
            Step::Dispute => {
                let (_, payment) = self.payment().await;
                let path = format!("payments/{payment}/disputes");
                self.parties.control.post(&path, &json!({})).await;
            }
        }
    }

    /// Asks until the address is one of a new link, or nothing is due. The report that ends the earlier link may not
    /// have arrived yet.
    async fn ask(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < LIMIT {
            let Some(url) = self.parties.biller.payment_url(&self.id).await else {
                return;
            };
            let link = self.parties.control.link_of(&url).await;
            if !self.links.contains(&link) {
                self.links.push(link);
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
        panic!("{}: no other link than {:?}", self.purpose, self.links);
    }

    /// Acts on a link, counted from 1. The gateway may refuse: other money has ended the link.
    async fn on_link(&mut self, link: usize, what: &str, body: &Value) {
        let Some(link) = link.checked_sub(1).and_then(|link| self.links.get(link)) else {
            return;
        };
        let path = format!("links/{link}/{what}");
        match self.parties.control.try_post(&path, body).await {
            Ok(done) if what == "pending" => {
                let payment = done["payment"]["cf_payment_id"].as_str();
                self.unanswered.push(payment.expect("an id").to_owned());
            }
            Ok(_) | Err((400 | 409 | 422, _)) => {}
            Err((status, text)) => panic!("{path}: {status} {text}"),
        }
    }

    async fn wait_until_paid(&self) {
        let begin = Instant::now();
        while self.parties.biller.fetch(&self.id).await["payment_status"] != "succeeded" {
            assert!(
                begin.elapsed() < LIMIT,
                "{} is not posted as paid",
                self.purpose
            );
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Returns the order and the id of the payment of the latest link.
    async fn payment(&self) -> (String, String) {
        let link = self.links.last().expect("a link");
        let link = self.parties.control.get(&format!("links/{link}")).await;
        let link = if link["link"].is_object() {
            &link["link"]
        } else {
            &link
        };
        let orders = link["orders"].as_array().expect("orders");
        for order in orders {
            for payment in order["payments"].as_array().expect("payments") {
                if payment["status"] == "SUCCESS" {
                    let text = |value: &Value| value.as_str().expect("an id").to_owned();
                    return (text(&order["order_id"]), text(&payment["cf_payment_id"]));
                }
            }
        }
        panic!("{}: no payment of {link}", self.purpose);
    }

    /// Refunds one part of so many of the payment, as the merchant does in the dashboard.
    async fn refund(&mut self, parts: i64) {
        let (order, _) = self.payment().await;
        let paise = self.paise / parts;
        let number = self.refunds.len();
        let refund = json!({
            "refund_amount": paise / 100,
            "refund_id": format!("refund{}x{number}", self.purpose.rsplit(' ').next().unwrap_or_default()),
        });
        let answer = reqwest::Client::new()
            .post(format!(
                "{}/pg/orders/{order}/refunds",
                self.parties.control.url()
            ))
            .header("x-client-id", "TEST_SIMULATOR")
            .header("x-client-secret", Stage::SECRET)
            .header("x-api-version", "2025-01-01")
            .json(&refund)
            .send();
        let answer = answer.await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{status}: {text}");
        let refund: Value = serde_json::from_str(&text).expect("JSON");
        let id = refund["cf_refund_id"].as_str().expect("an id");
        self.refunds.push(id.to_owned());
    }

    async fn end_refunds(&mut self, outcome: &str) {
        for refund in std::mem::take(&mut self.refunds) {
            let path = format!("refunds/{refund}/settle");
            self.parties
                .control
                .post(&path, &json!({"outcome": outcome}))
                .await;
        }
    }
}
