//! Finds the cause of a webhook signature that does not match.
//!
//! The provider reports every mismatch with the same error, so that nothing about the secrets can
//! be learned from it. During development, compute the signature of likely mistakes and compare.
//!
//! ```text
//! cargo run -p provider-cashfree --example explain_signature
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const SECRET: &str = "cfsk_ma_test_secret";
const TIMESTAMP: &str = "1768471200000";
const BODY: &str = r#"{"data": {"amount": 170.00}, "type": "PAYMENT_SUCCESS_WEBHOOK"}"#;

fn main() {
    let signature = sign(SECRET, TIMESTAMP, BODY);
    let reserialized = r#"{"data":{"amount":170},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#;
    let signed_by_other = sign("the-secret-of-production", TIMESTAMP, BODY);
    for (received, expected) in [
        (Received::new(&signature, TIMESTAMP, BODY), Cause::Match),
        (
            Received::new(&signature, TIMESTAMP, reserialized),
            Cause::BodyOrSecret,
        ),
        (
            Received::new(&signature, TIMESTAMP, &format!("{BODY}\n")),
            Cause::Whitespace,
        ),
        (Received::new(&signature, "", BODY), Cause::MissingTimestamp),
        (
            Received::new(&sign(SECRET, "", BODY), TIMESTAMP, BODY),
            Cause::TimestampNotSigned,
        ),
        (
            Received::new(&signed_by_other, TIMESTAMP, BODY),
            Cause::BodyOrSecret,
        ),
    ] {
        let cause = explain(&received, SECRET);
        println!("{}", cause.advice());
        assert_eq!(cause, expected);
    }
}

/// The parts of a delivery that the signature depends on.
struct Received {
    signature: String,
    timestamp: String,
    body: String,
}

impl Received {
    fn new(signature: &str, timestamp: &str, body: &str) -> Self {
        Self {
            signature: signature.to_owned(),
            timestamp: timestamp.to_owned(),
            body: body.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Match,
    MissingTimestamp,
    Whitespace,
    TimestampNotSigned,
    BodyOrSecret,
}

impl Cause {
    const fn advice(self) -> &'static str {
        match self {
            Self::Match => "the signature matches",
            Self::MissingTimestamp => {
                "the header x-webhook-timestamp is missing: let the proxy pass it on"
            }
            Self::Whitespace => "whitespace was added to the body: pass the raw bytes on",
            Self::TimestampNotSigned => {
                "only the body was signed: sign the timestamp followed by the body"
            }
            Self::BodyOrSecret => {
                "the body was changed (parsed and written again?), or the delivery was signed with \
                 the secret of another account or environment"
            }
        }
    }
}

/// Compares the signature with those of likely mistakes. Not in constant time: for development only.
fn explain(received: &Received, secret: &str) -> Cause {
    let Received {
        signature,
        timestamp,
        body,
    } = received;
    let matches = |timestamp: &str, body: &str| sign(secret, timestamp, body) == *signature;
    if timestamp.is_empty() {
        Cause::MissingTimestamp
    } else if matches(timestamp, body) {
        Cause::Match
    } else if matches(timestamp, body.trim()) {
        Cause::Whitespace
    } else if matches("", body) {
        Cause::TimestampNotSigned
    } else {
        Cause::BodyOrSecret
    }
}

/// `base64(HMAC-SHA256(client secret, timestamp ++ raw body))`:
/// <https://www.cashfree.com/docs/payments/online/webhooks/signature-verification>.
fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC accepts any key length");
    mac.update(timestamp.as_bytes());
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn the_example_runs() {
    main();
}
