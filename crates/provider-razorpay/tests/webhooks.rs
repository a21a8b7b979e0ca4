//! Webhook deliveries: signature and events.

mod fake;
mod support;

use std::sync::Arc;

use payment_provider_core::{
    CheckoutStatus, Effect, Environment, Event, EventKind, PaymentProvider, PaymentStatus,
    ProviderErrorKind, TimestampCheck, Verification,
};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};
use support::delivery::{delivery, sign, signed, with_headers};
use support::webhook::{accept, events, lines_of, one, paid, refund};
use support::*;
use test_support::event_line;

const BODY: &str = r#"{"a":1,"b":2,"c":{"d":3}}"#;

fn with_secrets<const N: usize>(secrets: [&str; N]) -> Arc<dyn PaymentProvider> {
    let secrets: Vec<_> = secrets.into_iter().map(SecretString::from).collect();
    let settings = settings("http://127.0.0.1:9/v1").with("webhook_secrets", secrets);
    connect_with(config(), &settings)
}

#[tokio::test]
async fn the_published_signature_verifies() {
    let provider = with_secrets(["123456"]);
    let signature = "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc";
    assert_eq!(sign("123456", BODY.as_bytes()), signature);
    let webhook = provider.handle_webhook(&delivery(signature, BODY)).await;
    let webhook = webhook.unwrap();
    assert_eq!(webhook.timestamp_check(), TimestampCheck::Fresh);
    assert_eq!(webhook.environment(), Environment::Sandbox);
    assert_eq!(webhook.sent_at(), None);
    assert!(matches!(
        webhook.verification(),
        Verification::SharedSecret(_)
    ));
}

#[tokio::test]
async fn the_operator_sees_a_missing_signature_apart_from_a_wrong_one() {
    let provider = with_secrets(["123456"]);
    let unsigned = provider.handle_webhook(&with_headers(&[], BODY)).await;
    assert!(unsigned.unwrap_err().is_unsigned());
    let wrong = delivery(&sign("654321", BODY.as_bytes()), BODY);
    assert!(
        !provider
            .handle_webhook(&wrong)
            .await
            .unwrap_err()
            .is_unsigned()
    );
}

#[tokio::test]
async fn a_change_of_any_single_bit_is_rejected() {
    let provider = with_secrets(["123456"]);
    let signature = sign("123456", BODY.as_bytes());
    let forged = |error: payment_provider_core::ProviderError| {
        assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature);
        assert_eq!(error.effect(), Effect::Rejected);
    };
    for at in 0..BODY.len() * 8 {
        let mut body = BODY.as_bytes().to_vec();
        body[at / 8] ^= 1 << (at % 8);
        forged(error(
            provider.handle_webhook(&delivery(&signature, body)).await,
        ));
    }
    for at in 0..signature.len() * 7 {
        let mut other = signature.clone().into_bytes();
        other[at / 7] ^= 1 << (at % 7);
        let headers = [("x-razorpay-signature", other.as_slice())];
        if http::HeaderValue::from_bytes(&other).is_ok() {
            forged(error(
                provider.handle_webhook(&with_headers(&headers, BODY)).await,
            ));
        }
    }
    for body in [&BODY[1..], &format!("{BODY}\n"), &format!(" {BODY}"), ""] {
        forged(error(
            provider.handle_webhook(&delivery(&signature, body)).await,
        ));
    }
}

#[tokio::test]
async fn malformed_signature_headers_are_rejected() {
    let provider = with_secrets(["123456"]);
    let good = sign("123456", BODY.as_bytes());
    let upper = good.to_uppercase();
    let other = sign("654321", BODY.as_bytes());
    let prefixed = format!("sha256={good}");
    let name = "x-razorpay-signature";
    let malformed: [&[(&str, &[u8])]; 9] = [
        &[],
        &[(name, b"")],
        &[(name, &good.as_bytes()[..63])],
        &[(name, upper.as_bytes())],
        &[(name, prefixed.as_bytes())],
        &[(name, b"\xff\xfe")],
        &[(name, other.as_bytes())],
        // Two signatures are ambiguous.
        &[(name, good.as_bytes()), (name, good.as_bytes())],
        &[("x-signature", good.as_bytes())],
    ];
    for headers in malformed {
        let error = error(provider.handle_webhook(&with_headers(headers, BODY)).await);
        assert_eq!(
            error.kind(),
            ProviderErrorKind::InvalidSignature,
            "{headers:?}"
        );
    }
    let headers = [("X-Razorpay-Signature", good.as_bytes())];
    assert!(
        provider
            .handle_webhook(&with_headers(&headers, BODY))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn every_active_secret_verifies_and_is_identified_by_a_label() {
    let provider = with_secrets(["new", "old", "another webhook's"]);
    let mut labels = Vec::new();
    for secret in ["new", "old", "another webhook's"] {
        let webhook = provider
            .handle_webhook(&signed(secret, BODY))
            .await
            .unwrap();
        labels.push(webhook.matched_secret().unwrap().clone());
    }
    labels.dedup();
    assert_eq!(labels.len(), 3);
    for secret in ["retired", "", KEY_SECRET] {
        let error = error(provider.handle_webhook(&signed(secret, BODY)).await);
        assert_eq!(
            error.kind(),
            ProviderErrorKind::InvalidSignature,
            "{secret}"
        );
    }
}

#[tokio::test]
async fn the_event_id_has_no_effect() {
    let body = one("payment_link.paid").await.to_string();
    let signature = sign(WEBHOOK_SECRET, body.as_bytes());
    let provider = offline();
    let mut seen = Vec::new();
    for id in [&b"Rp71amTwQknF4C"[..], b"another", b"", b"\xff"] {
        let headers = [
            ("x-razorpay-signature", signature.as_bytes()),
            ("x-razorpay-event-id", id),
        ];
        let request = with_headers(&headers, body.clone());
        seen.push(provider.handle_webhook(&request).await.unwrap());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn of_four_events_about_a_payment_only_the_link_event_reports_money() {
    let deliveries: Vec<_> = paid().await;
    let names: Vec<_> = deliveries.iter().map(|(event, _)| event.as_str()).collect();
    let expected = [
        "payment.authorized",
        "payment.captured",
        "order.paid",
        "payment_link.paid",
    ];
    assert_eq!(names, expected);
    let mut lines = Vec::new();
    for (_, body) in &deliveries {
        lines.push(event_line::all(&events(body).await));
    }
    let id = |prefix: &str, number: u32| format!("{prefix}_Fake{number:010}");
    let (link, order, payment) = (id("plink", 1), id("order", 2), id("pay", 3));
    let by = "on ORDER by upi bank 100000000001 at 2026-01-15T10:00:00Z";
    let by = by.replace("ORDER", &order);
    assert_eq!(
        lines[0],
        format!("{link} {order}: payment {payment} pending INR 200.12 {by}")
    );
    let claim = format!("claim INR 200.12 on {order}, payment {payment}");
    assert_eq!(lines[1], format!("{link} {order}: {claim}"));
    assert_eq!(lines[2], format!("inv-1 {link} {order}: {claim}"));
    assert_eq!(
        lines[3],
        format!(
            "inv-1 {link} {order}: payment {payment} succeeded INR 200.12 {by} + \
             inv-1 {link} {order}: link paid, INR 200.12 of INR 200.12"
        )
    );
}

#[tokio::test]
async fn an_instalment_counts_its_own_amount() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    let first = stage.fake.pay(REFERENCE, 5_000);
    let second = stage.fake.pay(REFERENCE, 15_012);
    let mut reported = Vec::new();
    for delivery in stage.fake.take_deliveries() {
        for event in accept(&delivery.body).await.into_events() {
            match event.kind {
                EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
                    reported.push((payment.id.to_string(), payment.amount.minor_units()));
                }
                EventKind::Snapshot(snapshot) => {
                    reported.push((delivery.event.clone(), snapshot.amount_paid.minor_units()));
                }
                _ => {}
            }
        }
    }
    let expected = [
        (first, 5_000),
        ("payment_link.partially_paid".to_owned(), 5_000),
        (second, 15_012),
        ("payment_link.paid".to_owned(), 20_012),
    ];
    assert_eq!(reported, expected);
}

#[tokio::test]
async fn a_failed_attempt_may_succeed_later() {
    let stage = Stage::new().await;
    stage.make().await;
    let id = stage.fake.fail(REFERENCE, 20_012);
    stage.fake.succeed_late(&id);
    let mut keys = Vec::new();
    for delivery in stage.fake.take_deliveries() {
        for event in accept(&delivery.body).await.into_events() {
            if let EventKind::Payment(payment) = event.kind {
                assert_eq!(payment.id.as_str(), id);
                keys.push(payment.dedup_key().to_string());
            }
        }
    }
    let expected =
        ["failed", "pending", "succeeded"].map(|status| format!("payment:{status}:{id}"));
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn the_time_of_an_event_is_never_the_links_creation_time() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    let made = NOW.as_second();
    stage.fake.state().now = made + 100;
    stage.fake.pay(REFERENCE, 5_000);
    stage.fake.expire(REFERENCE);
    let expired = request().expires_at.as_second() + 11;
    for delivery in stage.fake.take_deliveries() {
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        if delivery.event.starts_with("payment_link.") {
            assert_eq!(body["created_at"], made);
        }
        let at = if delivery.event == "payment_link.expired" {
            expired
        } else {
            made + 100
        };
        for event in events(&body).await {
            assert_eq!(
                event.occurred_at.unwrap().as_second(),
                at,
                "{}",
                delivery.event
            );
        }
    }
}

#[tokio::test]
async fn a_cancellation_event_yields_a_snapshot_of_the_link() {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.state().now += 60;
    stage.provider.cancel_checkout(&locator()).await.unwrap();
    let deliveries = stage.fake.take_deliveries();
    let [event] = &accept(&deliveries[0].body).await.into_events()[..] else {
        panic!("{deliveries:?}");
    };
    let EventKind::Snapshot(snapshot) = &event.kind else {
        panic!("{event:?}");
    };
    assert_eq!(snapshot.status, CheckoutStatus::Cancelled);
    assert_eq!(event.gateway_type, "payment_link.cancelled");
    assert_eq!(event.target.reference, Some(reference()));
    let at = event.occurred_at.unwrap();
    assert_eq!(at, NOW + jiff::SignedDuration::from_mins(1));
}

#[tokio::test]
async fn a_forged_description_posts_nothing() {
    // Another shop in the same account lets its payers write the description of their orders.
    let link = one("payment_link.paid").await["payload"]["payment_link"]["entity"]["id"].clone();
    for event in ["payment.captured", "order.paid"] {
        let mut body = one(event).await;
        let payment = body.pointer_mut("/payload/payment/entity").unwrap();
        payment["order_id"] = json!("order_OfTheShop00001");
        let events = events(&body).await;
        assert_eq!(events.len(), 1);
        let EventKind::PaymentClaimed(claim) = &events[0].kind else {
            panic!("{event}: {events:?}");
        };
        // The order shows that the payment is not one of the link.
        let order = claim.order_id.as_ref().unwrap();
        assert_eq!(order.as_str(), "order_OfTheShop00001");
        let named = events[0].target.gateway_id.as_ref().unwrap();
        assert_eq!(Value::from(named.as_str()), link);
    }
}

#[tokio::test]
async fn an_unreadable_delivery_keeps_its_target() {
    let link = "/payload/payment_link/entity";
    for (member, value, field) in [
        ("status", json!(null), "payment_link.status"),
        ("currency", json!(""), "payment_link.currency"),
        ("amount", json!(200.12), "payment_link.amount"),
        ("amount_paid", json!(-1), "payment_link.amount_paid"),
    ] {
        let mut body = one("payment_link.paid").await;
        *body.pointer_mut(&format!("{link}/{member}")).unwrap() = value;
        body["payload"].as_object_mut().unwrap().remove("payment");
        let events = events(&body).await;
        let [event] = &events[..] else {
            panic!("{events:?}");
        };
        let reason = format!("`{field}` is missing or cannot be read");
        assert_eq!(event.kind, EventKind::Unreadable { reason });
        assert_eq!(event.target.reference, Some(reference()));
    }
    // The reference of a link that the host did not create is not a valid reference.
    let mut body = one("payment_link.paid").await;
    *body.pointer_mut(&format!("{link}/reference_id")).unwrap() = json!("#456");
    assert_eq!(events(&body).await[0].target.reference, None);
}

#[tokio::test]
async fn unsupported_types_are_unrecognised_and_the_rest_is_unreadable() {
    for event in [
        "payment_link.sung",
        "payment.downtime.started",
        "invoice.paid",
        "subscription.charged",
        "virtual_account.credited",
        "PAYMENT_LINK.PAID",
    ] {
        let mut body = one("payment_link.paid").await;
        body["event"] = json!(event);
        let line = lines_of(&body).await;
        assert_eq!(line, "-: unrecognised, unsupported type", "{event}");
    }
    for body in ["", "[]", "null", "{", "\u{feff}{}", "<html>"] {
        let line = event_line::all(accept(body).await.events());
        assert_eq!(
            line, "-: unreadable, `body` is missing or cannot be read",
            "{body}"
        );
    }
    for body in ["{}", r#"{"event":null}"#, r#"{"event":{}}"#] {
        let line = event_line::all(accept(body).await.events());
        assert_eq!(
            line, "-: unreadable, `event` is missing or cannot be read",
            "{body}"
        );
    }
    for payload in [
        "null",
        "[]",
        "{}",
        r#"{"payment_link":null}"#,
        r#"{"payment_link":{"entity":[]}}"#,
    ] {
        let body = format!(r#"{{"event":"payment_link.paid","payload":{payload}}}"#);
        let events = accept(&body).await.into_events();
        assert!(
            matches!(events[0].kind, EventKind::Unreadable { .. }),
            "{body}"
        );
    }
}

#[tokio::test]
async fn unknown_values_are_kept_and_never_count_as_money() {
    let mut body = one("payment_link.paid").await;
    *body.pointer_mut("/payload/payment/entity/status").unwrap() = json!("settled");
    *body
        .pointer_mut("/payload/payment_link/entity/status")
        .unwrap() = json!("issued");
    let events = events(&body).await;
    let EventKind::Payment(payment) = &events[0].kind else {
        panic!("{events:?}");
    };
    assert_eq!(payment.status, PaymentStatus::Unknown("settled".to_owned()));
    let EventKind::Snapshot(snapshot) = &events[1].kind else {
        panic!("{events:?}");
    };
    assert_eq!(
        snapshot.status,
        CheckoutStatus::Unknown("issued".to_owned())
    );
}

#[tokio::test]
async fn a_refund_is_reported_with_its_own_status() {
    for (status_text, status) in [
        ("pending", "pending"),
        ("processed", "succeeded"),
        ("failed", "failed"),
        ("queued", "queued"),
    ] {
        let expected = format!(
            "plink_QflcnnZqCekuvL order_1: refund rfnd_1 {status} INR 50.00 named credit-1 of pay_1 on order_1 \
             bank 10000000000000"
        );
        assert_eq!(lines_of(&refund(status_text)).await, expected);
    }
    // A change of speed reports the same refund.
    let mut speed = refund("processed");
    speed["event"] = json!("refund.speed_changed");
    let key = |events: Vec<Event>| match &events[0].kind {
        EventKind::Refund(refund) => refund.dedup_key(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        key(events(&speed).await),
        key(events(&refund("processed")).await)
    );
    for (pointer, value, field) in [
        ("/payload/refund/entity/id", json!(""), "refund.id"),
        ("/payload/refund/entity/id", json!(null), "refund.id"),
        ("/payload/refund/entity", json!(null), "payload.refund"),
    ] {
        let mut body = refund("processed");
        body["payload"]["refund"]["entity"]["receipt"] = json!(null);
        *body.pointer_mut(pointer).unwrap() = value;
        let expected = format!(
            "plink_QflcnnZqCekuvL order_1: unreadable, `{field}` is missing or cannot be read"
        );
        assert_eq!(lines_of(&body).await, expected);
    }
    let mut alone = refund("processed");
    *alone.pointer_mut("/payload/payment").unwrap() = json!([]);
    assert!(
        lines_of(&alone)
            .await
            .starts_with("-: refund rfnd_1 succeeded")
    );
}

#[tokio::test]
async fn a_settlement_is_in_rupees_unless_it_names_a_currency() {
    let body = |more: Value| {
        let mut entity = json!({"id": "setl_1", "amount": 1_524, "status": "processed", "utr": "U1",
            "created_at": 1_768_471_200});
        for (name, value) in more.as_object().unwrap() {
            entity[name] = value.clone();
        }
        json!({"event": "settlement.processed", "payload": {"settlement": {"entity": entity}}})
    };
    let at = "bank U1 at 2026-01-15T10:00:00Z";
    for (more, expected) in [
        (
            json!({}),
            format!("-: settlement setl_1 succeeded INR 15.24 {at}"),
        ),
        (
            json!({"currency": "USD"}),
            format!("-: settlement setl_1 succeeded USD 15.24 {at}"),
        ),
        (
            json!({"status": "odd"}),
            format!("-: settlement setl_1 odd INR 15.24 {at}"),
        ),
        (
            json!({"id": null}),
            "-: unreadable, `settlement.id` is missing or cannot be read".to_owned(),
        ),
    ] {
        assert_eq!(lines_of(&body(more)).await, expected);
    }
}

proptest! {
    #[test]
    fn no_body_panics_or_is_lost(body in "\\PC{0,80}|\\{(\"(event|payload|payment_link|entity)\":[\\[\\]{}0-9a-z\",:]{0,30},?){0,4}\\}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let webhook = runtime.block_on(accept(&body));
        prop_assert!(!webhook.events().is_empty());
    }
}
