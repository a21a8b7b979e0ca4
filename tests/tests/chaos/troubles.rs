//! The faults that are not random: periods of wrong signatures, forgeries beside the real webhooks, and payments that
//! do not concern the application.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::Client;
use serde_json::json;
use sha2::Sha256;
use tokio::sync::watch;

use crate::gateway::{Gateway, IDENTIFIERS, UNKNOWN_LINKS, unknown_link};

/// The number of times that each fault occurs in a run.
const TIMES: u64 = 24;
/// The time for which the gateway signs wrongly in one period.
const SPELL: Duration = Duration::from_millis(250);

/// The faults that were caused.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) spells: usize,
    pub(crate) forgeries: usize,
}

/// Causes the faults, evenly over the work.
pub(crate) async fn along(
    gateway: &Gateway,
    webhook_url: &str,
    total: u64,
    mut progress: watch::Receiver<u64>,
    seed: u64,
) -> Done {
    let mut done = Done::default();
    for time in 0..TIMES {
        let point = total * time / TIMES;
        if progress.wait_for(|begun| *begun >= point).await.is_err() {
            break;
        }
        let legs = IDENTIFIERS.len() as u64;
        if (time * legs).is_multiple_of(TIMES) {
            let leg = (time * legs / TIMES).wrapping_add(seed) % legs;
            let leg = usize::try_from(leg).expect("a small number");
            gateway.leave_open(IDENTIFIERS[leg]).await;
        }
        match time % 3 {
            0 => {
                gateway.sign_wrongly(true).await;
                tokio::time::sleep(SPELL).await;
                gateway.sign_wrongly(false).await;
                done.spells += 1;
            }
            1 => done.forgeries += usize::from(forge(gateway, webhook_url).await),
            _ => {
                let number = usize::try_from(time / 3).expect("a small number");
                if number < UNKNOWN_LINKS {
                    let path = format!("links/{}/pay", unknown_link(number));
                    gateway.control.post(&path, &json!({})).await;
                }
            }
        }
    }
    done
}

/// Reports a payment that never existed, on a link that can be paid, with a signature of the forger's own. Returns true
/// if it was rejected; it is not rejected while no process is running, or none with a database.
async fn forge(gateway: &Gateway, webhook_url: &str) -> bool {
    let links = gateway.control.list("links").await;
    let Some(link) = links.iter().rfind(|link| link["status"] == "ACTIVE") else {
        return false;
    };
    let amount = link["amount"].as_str().expect("an amount");
    let body = format!(
        r#"{{"data":{{"order":{{"order_id":"CFPay_forged","order_amount":{amount},
        "order_currency":"INR","order_tags":{{"link_id":{}}}}},
        "payment":{{"cf_payment_id":"666","payment_status":"SUCCESS","payment_amount":{amount},
        "payment_currency":"INR"}}}},"event_time":"2026-01-01T00:00:00+05:30",
        "type":"PAYMENT_SUCCESS_WEBHOOK"}}"#,
        link["link_id"]
    );
    let timestamp = (Timestamp::now().as_second() * 1000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"guessed").expect("any length");
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let request = Client::new()
        .post(webhook_url)
        .header("x-webhook-timestamp", timestamp)
        .header("x-webhook-signature", signature)
        .header("x-webhook-version", "2025-01-01")
        .timeout(Duration::from_secs(5))
        .body(body);
    match request.send().await {
        Ok(answer) if answer.status().is_server_error() => false,
        Ok(answer) => {
            assert_eq!(answer.status().as_u16(), 401, "a forgery was taken");
            true
        }
        Err(_) => false,
    }
}
