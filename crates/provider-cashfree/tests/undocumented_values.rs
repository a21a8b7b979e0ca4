//! Undocumented values are read and logged.

mod support;

use support::bodies::{body, files, folder};
use support::delivery::{STAMP, sign, signed, with_headers};
use support::log::Log;
use support::{SECRET, config, connect_with, settings};

#[tokio::test]
async fn each_undocumented_value_or_version_logs_one_warning_without_the_value() {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let (log, _guard) = Log::listen_here();
    for (name, from, field) in [
        (
            "payment_success.2025-01-01",
            "\"SUCCESS\"",
            "payment_status",
        ),
        ("link_event.expired", "\"EXPIRED\"", "link_status"),
        ("refund_status.2025-01-01", "\"SUCCESS\"", "refund_status"),
        (
            "refund_status.2025-01-01",
            "\"MERCHANT_INITIATED\"",
            "refund_type",
        ),
        (
            "dispute.created.2025-01-01",
            "\"CHARGEBACK_CREATED\"",
            "dispute_status",
        ),
        (
            "dispute.created.2025-01-01",
            "\"CHARGEBACK\"",
            "dispute_type",
        ),
        ("settlement.success", "\"SUCCESS\"", "settlement status"),
        ("payment_success.2025-01-01", "\"880143\"", "cf_payment_id"),
        ("refund_status.2025-01-01", "3310071", "cf_refund_id"),
    ] {
        let whole = body(name);
        provider
            .handle_webhook(&signed(SECRET, whole.clone()))
            .await
            .unwrap();
        assert_eq!(log.take_warnings(), Vec::<String>::new(), "{name}");
        let undocumented = if field.ends_with("_id") {
            "[\"canary\"]"
        } else {
            "\"canary\""
        };
        let changed = whole.replacen(from, undocumented, 1);
        assert_ne!(changed, whole, "{from}");
        provider
            .handle_webhook(&signed(SECRET, changed))
            .await
            .unwrap();
        let warnings = log.take_warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(field), "{warnings:?}");
        assert!(!warnings[0].contains("canary"), "{warnings:?}");
    }
    let whole = body("settlement.success");
    let signature = sign(SECRET, STAMP, whole.as_bytes());
    for (version, warnings) in [("2025-01-01", 0), ("2031-12-31", 1)] {
        let headers = [
            ("x-webhook-signature", signature.as_bytes()),
            ("x-webhook-timestamp", STAMP.as_bytes()),
            ("x-webhook-version", version.as_bytes()),
        ];
        let request = with_headers(&headers, whole.clone());
        provider.handle_webhook(&request).await.unwrap();
        assert_eq!(log.take_warnings().len(), warnings, "{version}");
    }
}

#[tokio::test]
async fn personal_data_of_a_delivery_is_not_logged() {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let (log, _guard) = Log::listen_here();
    let mut types = 0;
    for file in files(&folder()) {
        let request = signed(SECRET, std::fs::read(file).unwrap());
        types += provider
            .handle_webhook(&request)
            .await
            .unwrap()
            .events()
            .len();
    }
    assert!(types > 40, "{types}");
    let text = log.text();
    assert!(
        text.contains("webhook delivery of an unsupported type"),
        "{text}"
    );
    for personal in [
        "Asha",
        "9123456780",
        "shop.example",
        "item returned",
        "goods not",
    ] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}
