//! Genuine webhooks, each over a new connection.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cross_crate_tests::Stage;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The pause between two webhooks of a sender: together they stay below the limit of a connection.
const PAUSE: Duration = Duration::from_millis(20);

/// The answer to a webhook.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Result<u16, String>,
    pub(crate) took: Duration,
}

/// Sends webhooks for this time, each once.
pub(crate) async fn send_for(time: Duration, url: String, sender: usize) -> Vec<Answer> {
    let client = reqwest::Client::builder();
    let client = client.no_proxy().pool_max_idle_per_host(0).build();
    let client = client.expect("a client");
    let begun = Instant::now();
    let mut answers = Vec::new();
    while begun.elapsed() < time {
        let body = format!(
            r#"{{"type":"A_TEST","data":{{"sender":{sender},"number":{}}}}}"#,
            answers.len()
        );
        let [timestamp, signature] = signed(&body);
        let sent = Instant::now();
        let request = client.post(&url).header("x-webhook-timestamp", timestamp);
        let answer = request
            .header("x-webhook-signature", signature)
            .body(body)
            .send()
            .await;
        let status = answer.map(|answer| answer.status().as_u16());
        answers.push(Answer {
            status: status.map_err(|error| format!("{error:?}")),
            took: sent.elapsed(),
        });
        tokio::time::sleep(PAUSE).await;
    }
    answers
}

/// Returns the timestamp and the signature of a body.
fn signed(body: &str) -> [String; 2] {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let timestamp = now.as_millis().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(Stage::SECRET.as_bytes()).expect("any length");
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    [timestamp, signature]
}
