//! The simulator as a separate process, and the faults that it injects.

use std::time::Duration;

use cross_crate_tests::{Control, Program, Stage};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::Client;

/// The waits before each further attempt at a webhook, before scaling: a tenth of a second at first, a minute at last,
/// more than five minutes in all.
const RETRIES: [u64; 10] = [1, 4, 12, 40, 150, 500, 600, 600, 600, 600];
const RETRY_SCALE: &str = "0.1";
/// The time that the gateway waits for the response to a webhook.
const WEBHOOK_TIMEOUT_MS: u64 = 2000;
/// The time limit for the work to finish: longer than all waits together.
const REST: Duration = Duration::from_mins(6);

/// The variations of the ids in webhooks that the gateway leaves unspecified; each is on for a part of a run.
pub(crate) const IDENTIFIERS: [&str; 3] = [
    "transaction_id_unlike_payment_id",
    "paid_with_null_order",
    "payment_event_without_link_id",
];

/// The number of links that the merchant created in another way than through the application.
pub(crate) const UNKNOWN_LINKS: usize = 3;

#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) control: Control,
    program: Program,
}

impl Gateway {
    pub(crate) async fn start(seed: u64) -> Self {
        let seed = seed.to_string();
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--retry-scale",
            RETRY_SCALE,
            "--seed",
            &seed,
        ];
        let secret = [("CASHFREE_SIMULATOR_CLIENT_SECRET", Stage::SECRET)];
        let mut program = Program::start("cashfree-simulator", &arguments, &secret);
        let url = program.line_after("listening on ").await;
        Self {
            control: Control::new(url),
            program,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.control.url()
    }

    /// Creates links whose webhooks reach the application, although the application never requested them.
    pub(crate) async fn make_unknown_links(&self, notify_url: &str) {
        for number in 0..UNKNOWN_LINKS {
            let link = json!({
                "link_id": unknown_link(number), "link_amount": 77, "link_currency": "INR",
                "link_purpose": "Not the application's",
                "customer_details": {"customer_phone": "9000000001"},
                "link_meta": {"notify_url": notify_url},
            });
            let answer = reqwest::Client::new()
                .post(format!("{}/pg/links", self.url()))
                .header("x-client-id", "TEST_SIMULATOR")
                .header("x-client-secret", Stage::SECRET)
                .header("x-api-version", "2025-01-01")
                .json(&link)
                .send();
            let status = answer.await.expect("an answer").status();
            assert!(status.is_success(), "{status}");
        }
    }

    /// Injects every kind of fault now and then from now on, but drops no webhook for good.
    pub(crate) async fn unleash(&self, seed: u64) {
        let settings = json!({
            "retry_delays_seconds": RETRIES,
            // A partial payment ends the link: the rest needs another one.
            "paid_status_on_partial": true,
            "webhooks": {
                "timeout_ms": WEBHOOK_TIMEOUT_MS, "reorder_hold_ms": 400,
                // A webhook that was signed wrongly at first is signed correctly later.
                "fresh_timestamp_on_retry": true,
            },
        });
        self.control.post("settings", &settings).await;
        let chances = json!({
            "seed": seed,
            "requests": {
                "drop_before_commit": 10, "drop_after_commit": 10,
                "reset_before_commit": 5, "reset_after_commit": 5,
                "timeout_before_commit": 3, "timeout_after_commit": 3,
                "error_500": 10, "error_500_stored": 5, "error_500_after_commit": 5,
                "error_400_stored": 5, "not_found_stored": 3, "not_found": 5,
                "rate_limited": 5, "html_502": 5, "truncated_json": 10,
                "numbers_as_strings": 5, "nulls": 3, "objects": 3,
                "delay": 20, "lag_after_create": 3,
            },
            "webhooks": {"duplicate": 100, "reorder": 60, "delay": 60, "old_timestamp": 30},
            "late_payment": 50,
            "delay_ms": 250, "timeout_ms": 800, "retry_seconds": 1,
        });
        self.control.post("chaos", &chances).await;
    }

    /// Turns on this variation of the ids in webhooks, and turns the others off.
    pub(crate) async fn leave_open(&self, identifier: &str) {
        let mut settings = json!({});
        for known in IDENTIFIERS {
            settings[known] = (known == identifier).into();
        }
        self.control.post("settings", &settings).await;
    }

    /// Signs every webhook that is sent or repeated with an unknown key, or stops doing so.
    pub(crate) async fn sign_wrongly(&self, wrongly: bool) {
        let settings = json!({"webhooks": {"wrong_signature": wrongly}});
        self.control.post("settings", &settings).await;
    }

    /// Stops all faults, and makes everything that was scheduled for later happen now.
    pub(crate) async fn calm(&self) -> Value {
        let chances = self.control.get("chaos").await;
        let calm = json!({"chaos": null, "webhooks": {"wrong_signature": false}});
        self.control.post("settings", &calm).await;
        self.control
            .post("clock", &json!({"advance_seconds": 10}))
            .await;
        chances["tally"].clone()
    }

    /// Waits until every webhook has arrived or was given up, and the application has handled each; returns the
    /// webhooks that were sent, and those that were stored.
    pub(crate) async fn rest(&self, client: &Client) -> (Vec<Value>, Vec<Value>) {
        let deadline = Instant::now() + REST;
        let mut before = None;
        let mut waiting = (0, 0);
        while Instant::now() < deadline {
            let sent = self.control.list("deliveries").await;
            let stored = client.deliveries().await;
            let under_way = |delivery: &&Value| {
                matches!(
                    delivery["state"].as_str(),
                    Some("pending" | "retrying") | None
                )
            };
            waiting = (
                sent.iter().filter(under_way).count(),
                stored.iter().filter(under_way).count(),
            );
            // The handling of one webhook may have caused another.
            let now = (waiting == (0, 0)).then_some((sent.len(), stored.len()));
            if now.is_some() && now == before {
                return (sent, stored);
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("(sent, stored) webhooks come to no rest: {waiting:?} are under way");
    }

    pub(crate) async fn end(self) {
        self.program.kill().await;
    }
}

/// Returns the id of a link that is not the application's.
pub(crate) fn unknown_link(number: usize) -> String {
    format!("unknown-{number}")
}
