//! The signature of a webhook.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs a webhook: base64 of HMAC-SHA-256 over the timestamp's text directly followed by the body's bytes.
///
/// The key is a client secret of the merchant. The function is public for tests that send signed requests themselves.
pub fn sign(client_secret: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length, so the error cannot occur. An empty signature verifies nowhere.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(client_secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "cfsk_ma_test_secret";

    #[test]
    fn known_signatures_are_reproduced() {
        for (timestamp, body, signature) in [
            (
                "1736919970000",
                r#"{"data":{"test_object":{"test_key":"test_value"}},"type":"WEBHOOK","event_time":"2025-01-15T11:16:10+05:30"}"#,
                "SzJE9D8agYLeA6EA8Jpuv5x1a18PcmeDEV8/09xdzMk=",
            ),
            (
                "1746427759733",
                r#"{"data":{"payment":{"payment_amount":170.00}},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#,
                "2qExhQXFdUoKgHj65KswRiwHYHP2rChQoc8KFkjFcwg=",
            ),
            (
                "1746427759733",
                r#"{"data":{"payment":{"payment_amount":170}},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#,
                "FO/WfWZlcPp6qk4R7b3vM517Q+5+oFQfFh9rkr22qSs=",
            ),
        ] {
            assert_eq!(sign(SECRET, timestamp, body.as_bytes()), signature);
        }
    }

    #[test]
    fn timestamp_and_body_are_joined_without_a_separator() {
        assert_eq!(sign(SECRET, "12", b"3{}"), sign(SECRET, "123", b"{}"));
    }
}
