//! Signed return addresses.

mod fake;
mod support;

use std::sync::Arc;

use fake::hmac_hex;
use payment_provider_core::{CheckoutStatus, Operation, ProviderErrorKind, SignedReturns};
use secrecy::SecretString;
use support::*;
use url::Url;

/// The published test vector, which belongs to this key secret.
const LINK: &str = "plink_IH3cNucfVEgV68";
const PAYMENT: &str = "pay_IH3d0ara9bSsjQ";
const SIGNATURE: &str = "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b";
const WITHOUT_REFERENCE: &str = "aa1218e69086ecc956cd54c8b29af6508c3effd0edacdaa0bfe4f9aa4ebf21c5";

fn returns() -> Arc<dyn SignedReturns> {
    offline().signed_returns().unwrap()
}

fn address(parts: &[(&str, &str)]) -> Url {
    let mut url: Url = "https://shop.example/thanks?a=b".parse().unwrap();
    url.query_pairs_mut().extend_pairs(parts);
    url
}

fn published<'a>(reference: &'a str, signature: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("razorpay_payment_id", PAYMENT),
        ("razorpay_payment_link_id", LINK),
        ("razorpay_payment_link_reference_id", reference),
        ("razorpay_payment_link_status", "paid"),
        ("razorpay_signature", signature),
    ]
}

fn refused(url: &Url) {
    let error = error(returns().verify_return(url));
    assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature, "{url}");
    assert_eq!(error.operation(), Operation::VerifyReturn);
}

#[test]
fn the_published_signatures_verify() {
    let verified = returns()
        .verify_return(&address(&published("TSsd1989", SIGNATURE)))
        .unwrap();
    assert_eq!(verified.target.reference.unwrap().as_str(), "TSsd1989");
    assert_eq!(verified.target.gateway_id.unwrap().as_str(), LINK);
    assert_eq!(verified.payment_id.unwrap().as_str(), PAYMENT);
    assert_eq!(verified.status, Some(CheckoutStatus::Paid));

    let without = address(&published("", WITHOUT_REFERENCE));
    let verified = returns().verify_return(&without).unwrap();
    assert_eq!(verified.target.reference, None);
    assert_eq!(verified.target.gateway_id.unwrap().as_str(), LINK);
}

#[test]
fn every_signed_parameter_is_verified() {
    let good = published("TSsd1989", SIGNATURE);
    for at in 0..good.len() {
        let mut left_out = good.to_vec();
        left_out.remove(at);
        refused(&address(&left_out));
        let mut twice = good.to_vec();
        twice.push(good[at]);
        refused(&address(&twice));
        for bit in 0..good[at].1.len() * 7 {
            let mut value = good[at].1.as_bytes().to_vec();
            value[bit / 7] ^= 1 << (bit % 7);
            let value = String::from_utf8(value).unwrap();
            let mut other = good;
            other[at].1 = &value;
            refused(&address(&other));
        }
    }
    refused(&"https://shop.example/thanks".parse().unwrap());
    refused(&address(&published("TSsd1989", &SIGNATURE.to_uppercase())));
}

#[test]
fn the_signed_message_cannot_be_split_differently() {
    // The signed message of a link without a reference and a payment with a malformed id.
    let message = format!("{LINK}||paid|x|{PAYMENT}");
    let signature = hmac_hex(KEY_SECRET, message.as_bytes());
    let payment = format!("x|{PAYMENT}");
    refused(&address(&[
        ("razorpay_payment_id", &payment),
        ("razorpay_payment_link_id", LINK),
        ("razorpay_payment_link_reference_id", ""),
        ("razorpay_payment_link_status", "paid"),
        ("razorpay_signature", &signature),
    ]));
    refused(&address(&[
        ("razorpay_payment_id", PAYMENT),
        ("razorpay_payment_link_id", LINK),
        ("razorpay_payment_link_reference_id", "|paid"),
        ("razorpay_payment_link_status", "x"),
        ("razorpay_signature", &signature),
    ]));
}

#[test]
fn every_key_secret_verifies_but_no_webhook_secret() {
    let secrets: Vec<_> = ["new", "old"].map(SecretString::from).to_vec();
    let settings = settings("http://127.0.0.1:9/v1").with("key_secret", secrets);
    let returns = connect_with(config(), &settings).signed_returns().unwrap();
    let message = format!("{LINK}|inv-1|partially_paid|{PAYMENT}");
    let back = |secret: &str| {
        let signature = hmac_hex(secret, message.as_bytes());
        let mut parts = published("inv-1", &signature);
        parts[3].1 = "partially_paid";
        returns.verify_return(&address(&parts))
    };
    let (new, old) = (back("new").unwrap(), back("old").unwrap());
    assert_ne!(new.matched_secret.label(), old.matched_secret.label());
    assert_eq!(new.status, Some(CheckoutStatus::PartiallyPaid));
    for secret in [WEBHOOK_SECRET, KEY_SECRET, ""] {
        assert!(back(secret).is_err(), "{secret}");
    }
}
