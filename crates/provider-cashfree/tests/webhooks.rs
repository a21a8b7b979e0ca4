//! Webhook deliveries: signature, timestamp and events.

mod support;

use std::sync::Arc;

use payment_provider_core::{
    CheckoutStatus, Event, EventKind, Operation, PaymentProvider, PaymentStatus, ProviderError,
    ProviderErrorKind, TimestampCheck, VerifiedWebhook, WebhookRequest,
};
use secrecy::SecretString;
use support::delivery::*;
use support::{SECRET, config, connect_with, settings};

const PING: &str = r#"{"data":{"test_object":{"test_key":"test_value"}},"type":"WEBHOOK","event_time":"2025-01-15T11:16:10+05:30"}"#;
const PAISE: &str =
    r#"{"data":{"payment":{"payment_amount":170.00}},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#;
const RUPEES: &str =
    r#"{"data":{"payment":{"payment_amount":170}},"type":"PAYMENT_SUCCESS_WEBHOOK"}"#;

/// A shortened link event of the published form.
const LINK_EVENT: &str = r#"{"data":{"cf_link_id":4410023,"link_id":"inv-1","link_status":"PARTIALLY_PAID",
    "link_currency":"INR","link_amount":"200.12","link_amount_paid":"55.00","link_created_at":"2026-01-14T06:11:20",
    "order":{"order_amount":"22.00","order_id":"CFPay_Qx7_m3","order_expiry_time":"2026-01-15T10:13:40",
    "transaction_id":880143,"transaction_status":"SUCCESS"}},
    "type":"PAYMENT_LINK_EVENT","version":1,"event_time":"2026-01-15T15:28:09+05:30"}"#;

/// A shortened payment event of the published form, about the same payment.
const PAYMENT_EVENT: &str = r#"{"data":{"order":{"order_id":"CFPay_Qx7_m3","order_amount":22.00,"order_currency":"INR",
    "order_tags":{"cf_link_id":"4410023","link_id":"inv-1"}},
    "payment":{"cf_payment_id":"880143","payment_status":"SUCCESS","payment_amount":21.50,"payment_currency":"INR",
    "payment_message":"paid","payment_time":"2026-01-15T15:27:51+05:30","bank_reference":"601512345678",
    "payment_group":"upi"},"error_details":null},
    "event_time":"2026-01-15T15:27:58+05:30","type":"PAYMENT_SUCCESS_WEBHOOK"}"#;

fn provider_with(secrets: &[&str]) -> Arc<dyn PaymentProvider> {
    let secrets: Vec<SecretString> = secrets.iter().map(|s| SecretString::from(*s)).collect();
    let settings = settings("http://127.0.0.1:9/pg").with("client_secret", secrets);
    connect_with(config(), &settings)
}

async fn handle(request: &WebhookRequest) -> Result<VerifiedWebhook, ProviderError> {
    provider_with(&[SECRET]).handle_webhook(request).await
}

async fn events(body: impl Into<Vec<u8>>) -> Vec<Event> {
    handle(&signed(SECRET, body)).await.unwrap().into_events()
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    let name = |event: &Event| match event.kind {
        EventKind::Payment(_) => "payment",
        EventKind::PaymentClaimed(_) => "claim",
        EventKind::Refund(_) => "refund",
        EventKind::RefundClaimed(_) => "refund claim",
        EventKind::Dispute(_) => "dispute",
        EventKind::Settlement(_) => "settlement",
        EventKind::Snapshot(_) => "snapshot",
        EventKind::FetchNeeded => "fetch",
        EventKind::Ping => "ping",
        EventKind::Unrecognised { .. } => "unrecognised",
        EventKind::Unreadable { .. } => "unreadable",
        _ => "other",
    };
    events.iter().map(name).collect()
}

fn assert_rejected(outcome: &Result<VerifiedWebhook, ProviderError>) {
    let error = outcome.as_ref().unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature);
    assert_eq!(error.operation(), Operation::HandleWebhook);
    let shown = format!("{error} / {error:?}");
    let expected = "cashfree handle_webhook: webhook signature does not match / \
         ProviderError { kind: InvalidSignature, operation: HandleWebhook, \
         provider: ProviderId(\"cashfree\"), effect: Rejected, retry: Never, status: None, \
         gateway_code: None, gateway_message: None, request_id: None, rate_limit: None, violations: Violations([]), \
         differences: [], source: None }";
    assert_eq!(shown, expected, "all mismatches look alike");
}

#[tokio::test]
async fn the_operator_sees_a_missing_signature_apart_from_a_wrong_one() {
    let genuine = signed(SECRET, PING);
    for (name, kept) in [
        ("x-webhook-signature", false),
        ("x-webhook-timestamp", true),
    ] {
        let mut request = genuine.clone();
        request.headers.remove(name);
        let outcome = handle(&request).await;
        assert_rejected(&outcome);
        assert_eq!(outcome.unwrap_err().is_unsigned(), !kept, "without {name}");
    }
    let outcome = handle(&signed("another", PING)).await;
    assert!(!outcome.unwrap_err().is_unsigned());
}

#[tokio::test]
async fn known_signatures_verify() {
    for (timestamp, body, signature) in [
        (
            "1736919970000",
            PING,
            "SzJE9D8agYLeA6EA8Jpuv5x1a18PcmeDEV8/09xdzMk=",
        ),
        (
            "1746427759733",
            PAISE,
            "2qExhQXFdUoKgHj65KswRiwHYHP2rChQoc8KFkjFcwg=",
        ),
        (
            "1746427759733",
            RUPEES,
            "FO/WfWZlcPp6qk4R7b3vM517Q+5+oFQfFh9rkr22qSs=",
        ),
    ] {
        let webhook = handle(&delivery(signature, timestamp, body)).await.unwrap();
        let milliseconds = webhook.sent_at().unwrap().as_millisecond();
        assert_eq!(milliseconds.to_string(), timestamp);
    }
    let crossed = delivery(
        "2qExhQXFdUoKgHj65KswRiwHYHP2rChQoc8KFkjFcwg=",
        "1746427759733",
        RUPEES,
    );
    assert_rejected(&handle(&crossed).await);
}

#[tokio::test]
async fn a_change_of_any_single_bit_is_rejected() {
    let provider = provider_with(&[SECRET]);
    let signature = sign(SECRET, STAMP, PING.as_bytes());
    assert!(
        provider
            .handle_webhook(&delivery(&signature, STAMP, PING))
            .await
            .is_ok()
    );
    let mut tried = 0;
    let originals = [signature.as_bytes(), STAMP.as_bytes(), PING.as_bytes()];
    for part in 0..3 {
        for position in 0..originals[part].len() {
            for bit in 0..8 {
                let mut parts = originals.map(<[u8]>::to_vec);
                parts[part][position] ^= 1 << bit;
                let [signature, timestamp, body] = parts;
                if http::HeaderValue::from_bytes(&signature).is_err()
                    || http::HeaderValue::from_bytes(&timestamp).is_err()
                {
                    continue;
                }
                let request = with_headers(
                    &[
                        ("x-webhook-signature", &signature),
                        ("x-webhook-timestamp", &timestamp),
                    ],
                    body,
                );
                assert_rejected(&provider.handle_webhook(&request).await);
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}

#[tokio::test]
async fn every_signature_mismatch_has_the_same_error() {
    let good = sign(SECRET, STAMP, PING.as_bytes());
    let raw = hex_of(&good);
    let unpadded = good.trim_end_matches('=').to_owned();
    let url_safe = "SzJE9D8agYLeA6EA8Jpuv5x1a18PcmeDEV8_09xdzMk=";
    let other_secret = sign("other", STAMP, PING.as_bytes());
    for signature in [
        "",
        "=",
        "AAAA",
        "!!!!",
        &raw,
        &unpadded,
        url_safe,
        &other_secret,
        &format!("{good}{good}"),
    ] {
        assert_rejected(&handle(&delivery(signature, STAMP, PING)).await);
    }
    assert_rejected(&handle(&delivery(&good, "", PING)).await);
    assert_rejected(&handle(&delivery(&good, STAMP, "")).await);
    assert_rejected(&handle(&with_headers(&[], PING)).await);
    assert_rejected(
        &handle(&with_headers(
            &[("x-webhook-signature", good.as_bytes())],
            PING,
        ))
        .await,
    );
    assert_rejected(
        &handle(&with_headers(
            &[("x-webhook-timestamp", STAMP.as_bytes())],
            PING,
        ))
        .await,
    );
}

fn hex_of(base64: &str) -> String {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .unwrap();
    data_encoding::HEXLOWER.encode(&bytes)
}

#[tokio::test]
async fn a_missing_timestamp_is_not_an_empty_timestamp() {
    let over_body_alone = sign(SECRET, "", PING.as_bytes());
    let request = with_headers(&[("x-webhook-signature", over_body_alone.as_bytes())], PING);
    assert_rejected(&handle(&request).await);
    let undefined = sign(SECRET, "undefined", PING.as_bytes());
    let request = with_headers(&[("x-webhook-signature", undefined.as_bytes())], PING);
    assert_rejected(&handle(&request).await);
}

#[tokio::test]
async fn the_alternative_header_names_are_accepted_only_as_a_pair() {
    let signature = sign(SECRET, STAMP, PING.as_bytes());
    let (good, stamp) = (signature.as_bytes(), STAMP.as_bytes());
    let bad: &[u8] = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (headers, accepted) in [
        (
            vec![
                ("x-cashfree-signature", good),
                ("x-cashfree-timestamp", stamp),
            ],
            true,
        ),
        (
            vec![
                ("X-Cashfree-Signature", good),
                ("X-Cashfree-Timestamp", stamp),
            ],
            true,
        ),
        (
            vec![
                ("x-cashfree-signature", good),
                ("x-webhook-timestamp", stamp),
            ],
            false,
        ),
        (
            vec![
                ("x-webhook-signature", good),
                ("x-cashfree-timestamp", stamp),
            ],
            false,
        ),
        (
            vec![
                ("x-webhook-signature", bad),
                ("x-webhook-timestamp", stamp),
                ("x-cashfree-signature", good),
                ("x-cashfree-timestamp", stamp),
            ],
            false,
        ),
        (
            vec![
                ("x-webhook-signature", good),
                ("x-webhook-signature", good),
                ("x-webhook-timestamp", stamp),
            ],
            false,
        ),
        (
            vec![
                ("x-webhook-signature", good),
                ("x-webhook-timestamp", stamp),
                ("x-webhook-timestamp", stamp),
            ],
            false,
        ),
    ] {
        let outcome = handle(&with_headers(&headers, PING)).await;
        if accepted {
            assert!(outcome.is_ok(), "{headers:?}");
        } else {
            assert_rejected(&outcome);
        }
    }
}

#[tokio::test]
async fn every_active_secret_verifies_and_is_identified_by_a_label() {
    let provider = provider_with(&["new-secret", "old-secret", "older-secret"]);
    let mut labels = Vec::new();
    for secret in ["new-secret", "old-secret", "older-secret"] {
        let webhook = provider
            .handle_webhook(&signed(secret, PING))
            .await
            .unwrap();
        let label = webhook.matched_secret().unwrap().as_str().to_owned();
        assert_eq!(label.len(), 8);
        assert!(!label.contains(secret));
        let alone = provider_with(&[secret])
            .handle_webhook(&signed(secret, PING))
            .await;
        assert_eq!(alone.unwrap().matched_secret().unwrap().as_str(), label);
        labels.push(label);
    }
    labels.dedup();
    assert_eq!(labels.len(), 3);
    assert_rejected(&provider.handle_webhook(&signed("retired", PING)).await);
}

#[tokio::test]
async fn the_timestamp_decides_only_the_timestamp_check() {
    use TimestampCheck::{Fresh, FromFuture, Stale};
    let second = 1_768_471_200_i64;
    for (stamp, timestamp_check) in [
        (second.to_string(), Fresh),
        (format!("{second}000"), Fresh),
        (format!("{}", second - 86_400), Fresh),
        (format!("{}", second - 86_401), Stale),
        (format!("{}000", second - 86_401), Stale),
        (format!("{}", second + 600), Fresh),
        (format!("{}", second + 601), FromFuture),
        (format!("{}000", second + 601), FromFuture),
        ("9999999999999".to_owned(), FromFuture),
        ("0000000000".to_owned(), Stale),
        (i64::MAX.to_string(), Stale),
        (i64::MIN.to_string(), Stale),
        ("9".repeat(400), Stale),
        ("-1".to_owned(), Stale),
        ("1e12".to_owned(), Stale),
        ("tomorrow".to_owned(), Stale),
    ] {
        let signature = sign(SECRET, &stamp, LINK_EVENT.as_bytes());
        let webhook = handle(&delivery(&signature, &stamp, LINK_EVENT))
            .await
            .unwrap();
        assert_eq!(webhook.timestamp_check(), timestamp_check, "{stamp}");
        assert_eq!(kinds(webhook.events()), ["claim", "snapshot"], "{stamp}");
        assert!(
            webhook
                .events()
                .iter()
                .all(|event| event.target.reference.is_some())
        );
    }
}

#[tokio::test]
async fn the_acceptance_window_is_configurable() {
    let config = config().with_webhook_window(
        std::time::Duration::from_secs(1),
        std::time::Duration::from_secs(2),
    );
    let provider = connect_with(config, &settings("http://127.0.0.1:9/pg"));
    for (stamp, timestamp_check) in [
        ("1768471199000", TimestampCheck::Fresh),
        ("1768471198999", TimestampCheck::Stale),
        ("1768471202000", TimestampCheck::Fresh),
        ("1768471202001", TimestampCheck::FromFuture),
    ] {
        let request = delivery(&sign(SECRET, stamp, PING.as_bytes()), stamp, PING);
        let webhook = provider.handle_webhook(&request).await.unwrap();
        assert_eq!(webhook.timestamp_check(), timestamp_check, "{stamp}");
        assert_eq!(kinds(webhook.events()), ["ping"]);
    }
}

#[tokio::test]
async fn bytes_moved_between_timestamp_and_body_are_unreadable() {
    let body = LINK_EVENT.replace(['\n'], " ");
    let whole = format!("{STAMP}{body}");
    let signature = sign(SECRET, STAMP, body.as_bytes());
    let provider = provider_with(&[SECRET]);
    for cut in (0..whole.len()).filter(|cut| *cut != STAMP.len()) {
        let (stamp, body) = whole.split_at(cut);
        let request = delivery(&signature, stamp, body);
        let outcome = provider.handle_webhook(&request).await;
        let Ok(webhook) = outcome else { continue };
        assert_eq!(kinds(webhook.events()), ["unreadable"], "{stamp}");
    }
}

#[tokio::test]
async fn a_link_event_yields_a_claim_and_then_a_snapshot() {
    let webhook = handle(&signed(SECRET, LINK_EVENT)).await.unwrap();
    let [claim_event, snapshot] = webhook.events() else {
        panic!("{webhook:?}");
    };
    for event in [claim_event, snapshot] {
        assert_eq!(event.gateway_type, "PAYMENT_LINK_EVENT");
        assert_eq!(event.target.reference.as_ref().unwrap().as_str(), "inv-1");
        assert_eq!(
            event.target.gateway_id.as_ref().unwrap().as_str(),
            "4410023"
        );
        assert_eq!(
            event.target.order_id.as_ref().unwrap().as_str(),
            "CFPay_Qx7_m3"
        );
        let at = event.occurred_at.unwrap();
        assert_eq!(at, "2026-01-15T15:28:09+05:30".parse().unwrap());
    }
    let EventKind::PaymentClaimed(claim) = &claim_event.kind else {
        panic!("{claim_event:?}");
    };
    assert_eq!(claim.amount, Some(support::inr(2_200)));
    assert_eq!(
        claim.order_id,
        payment_provider_core::OrderId::new("CFPay_Qx7_m3").ok()
    );
    let EventKind::Snapshot(state) = &snapshot.kind else {
        panic!("{snapshot:?}");
    };
    assert_eq!(state.status, CheckoutStatus::PartiallyPaid);
    assert_eq!(state.amount, support::inr(20_012));
    assert_eq!(state.amount_paid, support::inr(5_500));
}

#[tokio::test]
async fn a_link_event_claims_what_the_payment_event_reports() {
    let of_link = events(LINK_EVENT).await;
    let of_payment = events(PAYMENT_EVENT).await;
    assert_eq!(kinds(&of_payment), ["payment"]);
    assert_eq!(kinds(&of_link), ["claim", "snapshot"]);
    let (EventKind::PaymentClaimed(first), EventKind::Payment(second)) =
        (&of_link[0].kind, &of_payment[0].kind)
    else {
        panic!("{of_link:?} {of_payment:?}");
    };
    assert_eq!(first.amount, Some(second.amount));
    assert_eq!(first.order_id, second.order_id);
    assert_eq!(second.charged, Some(support::inr(2_150)));
    assert_eq!(second.method.as_deref(), Some("upi"));
    assert_eq!(second.bank_reference.as_deref(), Some("601512345678"));
    assert_eq!(of_link[0].target, of_payment[0].target);
}

#[tokio::test]
async fn link_events_are_read_with_and_without_a_claim() {
    let with = |from: &str, to: &str| {
        assert!(LINK_EVENT.contains(from), "{from}");
        LINK_EVENT.replace(from, to)
    };
    let order_start = LINK_EVENT.find("\"order\":{").unwrap();
    let order_end = LINK_EVENT.find("}},").unwrap() + 1;
    let order = &LINK_EVENT[order_start..order_end];
    let paid = "\"link_status\":\"PARTIALLY_PAID\"";
    for (body, expected) in [
        (
            with(order, "\"order\":null").replace(paid, "\"link_status\":\"PAID\""),
            &["snapshot"][..],
        ),
        (
            with(order, "\"other\":null").replace(paid, "\"link_status\":\"EXPIRED\""),
            &["snapshot"],
        ),
        (with(order, "\"order\":{}"), &["snapshot"]),
        (with("880143", "null"), &["snapshot"]),
        (with("880143", "0"), &["snapshot"]),
        (with("880143", "\"0\""), &["snapshot"]),
        (with("880143", "\"NA\""), &["snapshot"]),
        (with("880143", "\"null\""), &["snapshot"]),
        (with("880143", "\"\""), &["snapshot"]),
        (with("\"CFPay_Qx7_m3\"", "null"), &["fetch", "snapshot"]),
        (with("\"CFPay_Qx7_m3\"", "0"), &["fetch", "snapshot"]),
        (with("\"CFPay_Qx7_m3\"", "\"NA\""), &["fetch", "snapshot"]),
        (with("\"CFPay_Qx7_m3\"", "\"\""), &["fetch", "snapshot"]),
        (with("\"SUCCESS\"", "\"FAILED\""), &["snapshot"]),
        (with("\"SUCCESS\"", "null"), &["snapshot"]),
        (with("\"SUCCESS\"", "true"), &["snapshot"]),
        (with("880143", "\"880143\""), &["claim", "snapshot"]),
        (with("\"22.00\"", "22"), &["claim", "snapshot"]),
        (with("\"22.00\"", "null"), &["fetch", "snapshot"]),
        (with("\"22.00\"", "\"22.001\""), &["fetch", "snapshot"]),
        (with("880143", "[1]"), &["fetch", "snapshot"]),
        (with(order, "\"order\":[]"), &["fetch", "snapshot"]),
        (with(order, "\"order\":\"x\""), &["fetch", "snapshot"]),
        (with("\"200.12\"", "200.12"), &["claim", "snapshot"]),
        (with("4410023", "\"4410023\""), &["claim", "snapshot"]),
        (
            with("\"version\":1,", "\"version\":\"1\","),
            &["claim", "snapshot"],
        ),
        (
            with("\"PARTIALLY_PAID\"", "\"REFUNDED\""),
            &["claim", "snapshot"],
        ),
    ] {
        assert_eq!(kinds(&events(body.clone()).await), expected, "{body}");
    }
}

#[tokio::test]
async fn a_foreign_link_id_is_dropped_and_the_events_are_kept() {
    let body = LINK_EVENT.replace("\"inv-1\"", "\"7d5b3c0e.1\"");
    let events = events(body).await;
    assert_eq!(kinds(&events), ["claim", "snapshot"]);
    assert_eq!(events[0].target.reference, None);
    assert!(events[0].target.gateway_id.is_some());
}

#[tokio::test]
async fn the_status_of_a_payment_decides_instead_of_the_delivery_type() {
    for (status_text, status) in [
        ("SUCCESS", PaymentStatus::Succeeded),
        ("FAILED", PaymentStatus::Failed),
        ("USER_DROPPED", PaymentStatus::Dropped),
        ("PENDING", PaymentStatus::Pending),
        ("NOT_ATTEMPTED", PaymentStatus::Pending),
        ("FLAGGED", PaymentStatus::Pending),
        ("VOID", PaymentStatus::Cancelled),
        ("CANCELLED", PaymentStatus::Cancelled),
        ("REVERSED", PaymentStatus::Unknown("REVERSED".to_owned())),
    ] {
        for delivery in [
            "PAYMENT_SUCCESS_WEBHOOK",
            "PAYMENT_FAILED_WEBHOOK",
            "PAYMENT_USER_DROPPED_WEBHOOK",
        ] {
            let body = PAYMENT_EVENT
                .replace("\"SUCCESS\"", &format!("\"{status_text}\""))
                .replace("PAYMENT_SUCCESS_WEBHOOK", delivery);
            let events = events(body).await;
            let EventKind::Payment(payment) = &events[0].kind else {
                panic!("{events:?}");
            };
            assert_eq!(payment.status, status);
        }
    }
}

#[tokio::test]
async fn a_payment_event_without_a_link_names_only_its_order() {
    for tags in [
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{\"link_id\":\"a.b\",\"cf_link_id\":null}",
    ] {
        let body = PAYMENT_EVENT.replace(r#"{"cf_link_id":"4410023","link_id":"inv-1"}"#, tags);
        let events = events(body).await;
        assert_eq!(kinds(&events), ["payment"], "{tags}");
        assert_eq!(events[0].target.reference, None);
        assert_eq!(events[0].target.gateway_id, None);
        assert!(events[0].target.order_id.is_some());
    }
}

#[tokio::test]
async fn a_successful_payment_without_an_order_is_claimed() {
    for order_id in ["null", "\"\"", "\"NA\"", "\"null\"", "0", "{}"] {
        let body = PAYMENT_EVENT.replace("\"CFPay_Qx7_m3\"", order_id);
        let about = events(body.clone()).await;
        let EventKind::PaymentClaimed(claim) = &about[0].kind else {
            panic!("{order_id}: {about:?}");
        };
        assert_eq!(claim.payment_id.as_ref().unwrap().as_str(), "880143");
        assert_eq!(claim.order_id, None);
        assert_eq!(claim.amount, Some(support::inr(2_200)));
        assert_eq!(about[0].target.order_id, None);
        assert!(about[0].target.reference.is_some());
        let failed = body.replace("\"SUCCESS\"", "\"FAILED\"");
        assert_eq!(kinds(&events(failed).await), ["payment"], "{order_id}");
    }
}

#[tokio::test]
async fn a_successful_payment_without_an_id_claims_the_amount_of_its_order() {
    for id in ["null", "\"\"", "\"NA\"", "\"null\"", "0", "8.8e5", "{}"] {
        let about = events(PAYMENT_EVENT.replace("\"880143\"", id)).await;
        let EventKind::PaymentClaimed(claim) = &about[0].kind else {
            panic!("{id}: {about:?}");
        };
        assert_eq!(claim.payment_id, None, "{id}");
        assert_eq!(claim.order_id.as_ref().unwrap().as_str(), "CFPay_Qx7_m3");
        assert_eq!(claim.amount, Some(support::inr(2_200)));
        assert_eq!(about[0].target.order_id, claim.order_id);
        assert_eq!(
            about[0].target.reference.as_ref().unwrap().as_str(),
            "inv-1"
        );
    }
}

#[tokio::test]
async fn an_unreadable_charged_amount_does_not_discard_the_payment() {
    for charge in ["true", "\"much\"", "21.505"] {
        let about = events(PAYMENT_EVENT.replace("21.50", charge)).await;
        let EventKind::Payment(payment) = &about[0].kind else {
            panic!("{about:?}");
        };
        assert_eq!(payment.amount, support::inr(2_200));
        assert_eq!(payment.charged, None);
    }
}

#[tokio::test]
async fn an_unreadable_delivery_keeps_its_target() {
    for body in [
        LINK_EVENT.replace("\"200.12\"", "\"much\""),
        LINK_EVENT.replace("\"PARTIALLY_PAID\"", "7.5"),
        PAYMENT_EVENT
            .replace("\"880143\"", "null")
            .replace("\"SUCCESS\"", "\"FAILED\""),
        PAYMENT_EVENT.replace("\"payment\":{", "\"pay\":{"),
        PAYMENT_EVENT
            .replace("\"order_currency\":\"INR\"", "\"x\":1")
            .replace("\"SUCCESS\"", "\"FAILED\""),
    ] {
        let about = events(body.clone()).await;
        assert_eq!(kinds(&about), ["unreadable"], "{body}");
        let target = &about[0].target;
        assert_eq!(target.reference.as_ref().unwrap().as_str(), "inv-1");
        assert_eq!(target.gateway_id.as_ref().unwrap().as_str(), "4410023");
        assert_eq!(target.order_id.as_ref().unwrap().as_str(), "CFPay_Qx7_m3");
    }
}

#[tokio::test]
async fn the_dashboard_test_is_a_ping() {
    assert_eq!(kinds(&events(PING).await), ["ping"]);
    let without = PING.replace("test_object", "other");
    assert_eq!(kinds(&events(without).await), ["unreadable"]);
}

#[tokio::test]
async fn an_unreadable_delivery_is_one_event_with_the_reason() {
    let link = |from: &str, to: &str| LINK_EVENT.replace(from, to).into_bytes();
    let payment = |from: &str, to: &str| PAYMENT_EVENT.replace(from, to).into_bytes();
    let failed = |from: &str, to: &str| {
        let body = PAYMENT_EVENT.replace("\"SUCCESS\"", "\"FAILED\"");
        body.replace(from, to).into_bytes()
    };
    let half = LINK_EVENT.as_bytes()[..LINK_EVENT.len() / 2].to_vec();
    let twice = LINK_EVENT.replacen("\"type\"", "\"type\":\"WEBHOOK\",\"type\"", 1);
    let unreadable = |field: &str| format!("`{field}` is missing or cannot be read");
    for (body, field) in [
        (b"".to_vec(), "body"),
        (b"hello".to_vec(), "body"),
        (b"null".to_vec(), "body"),
        (b"[]".to_vec(), "body"),
        (b"\"x\"".to_vec(), "body"),
        (b"\xff\xfe".to_vec(), "body"),
        (failed("inv-1", "\u{0}"), "body"),
        (half, "body"),
        (twice.into_bytes(), "body"),
        (format!("{LINK_EVENT}x").into_bytes(), "body"),
        ("[".repeat(100_000).into_bytes(), "body"),
        (b"{}".to_vec(), "type"),
        (b"{\"type\":null}".to_vec(), "type"),
        (b"{\"type\":{}}".to_vec(), "type"),
        (b"{\"type\":\"PAYMENT_LINK_EVENT\"}".to_vec(), "data"),
        (
            b"{\"type\":\"PAYMENT_LINK_EVENT\",\"data\":[]}".to_vec(),
            "data",
        ),
        (
            b"{\"type\":\"PAYMENT_SUCCESS_WEBHOOK\",\"data\":7}".to_vec(),
            "data",
        ),
        (link("\"PARTIALLY_PAID\"", "7.5"), "data.link_status"),
        (link("\"INR\"", "\"INRR\""), "data.link_currency"),
        (link("\"200.12\"", "\"much\""), "data.link_amount"),
        (link("\"55.00\"", "{}"), "data.link_amount_paid"),
        (
            failed("\"order_amount\":22.00", "\"order_amount\":-22"),
            "data.order.order_amount",
        ),
        (
            failed("\"order_currency\":\"INR\"", "\"x\":1"),
            "data.order.order_currency",
        ),
        (failed("\"880143\"", "null"), "cf_payment_id"),
        (payment("\"SUCCESS\"", "[]"), "payment_status"),
        (failed("\"880143\"", "\"NA\""), "cf_payment_id"),
        // Without an order, nothing names the money.
        (
            PAYMENT_EVENT
                .replace("\"880143\"", "null")
                .replace("\"CFPay_Qx7_m3\"", "null")
                .into_bytes(),
            "cf_payment_id",
        ),
        (payment("\"payment\":{", "\"pay\":{"), "data.payment"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let events = events(body).await;
        assert_eq!(kinds(&events), ["unreadable"], "{shown}");
        let EventKind::Unreadable { reason } = &events[0].kind else {
            unreachable!();
        };
        assert_eq!(reason, &unreadable(field), "{shown}");
    }
}

#[tokio::test]
async fn unsupported_types_are_kept_without_a_target() {
    for kind in [
        "PAYMENT_FORM_ORDER_WEBHOOK",
        "SUBSCRIPTION_PAYMENT_SUCCESS",
        "SUBSCRIPTION_REFUND_STATUS",
        "VENDOR_SETTLEMENT_SUCCESS",
        "SETTLEMENT_",
        "DISPUTE_",
        "payment_link_event",
        "NEW_THING",
    ] {
        for body in [
            LINK_EVENT.replace("PAYMENT_LINK_EVENT", kind),
            PAYMENT_EVENT.replace("PAYMENT_SUCCESS_WEBHOOK", kind),
        ] {
            let events = events(body).await;
            assert_eq!(kinds(&events), ["unrecognised"]);
            assert_eq!(events[0].gateway_type, kind);
            // A host would fetch the target.
            assert_eq!(events[0].target, payment_provider_core::EventTarget::none());
        }
    }
}

#[tokio::test]
async fn unsigned_headers_have_no_effect() {
    let signature = sign(SECRET, STAMP, LINK_EVENT.as_bytes());
    let plain = delivery(&signature, STAMP, LINK_EVENT);
    let mut dressed = plain.clone();
    for (name, value) in [
        ("x-webhook-attempt", "7"),
        ("x-idempotency-header", "same-as-before"),
        ("x-idempotency-key", "same-as-before"),
        ("content-type", "text/html"),
    ] {
        dressed.headers.insert(name, value.parse().unwrap());
    }
    assert_eq!(
        handle(&plain).await.unwrap(),
        handle(&dressed).await.unwrap()
    );
}
