//! Deliveries: genuine, repeated, late, reordered and forged.

use jiff::SignedDuration;
use payment_provider_conformance::fake::FakeDelivery;
use payment_provider_core::*;

use crate::fixture::{Fixture, inr};

async fn paid(fixture: &Fixture) -> FakeDelivery {
    fixture.checkout("r").await.pay().deliveries().remove(0)
}

#[tokio::test]
async fn a_payment_is_reported_by_two_event_types() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let payment = checkout.pay();
    let mut bodies = Vec::new();
    let mut types = Vec::new();
    for delivery in payment.deliveries() {
        assert_eq!(delivery.reference(), Some(checkout.reference()));
        let webhook = fixture.handle(&delivery.request()).await;
        assert_eq!(webhook.timestamp_check(), TimestampCheck::Fresh);
        assert_eq!(webhook.environment(), Environment::Sandbox);
        assert_eq!(webhook.sent_at(), Some(fixture.clock.now()));
        let event = &webhook.events()[0];
        assert_eq!(event.target.reference.as_ref(), Some(checkout.reference()));
        assert_eq!(event.target.gateway_id, checkout.locator().gateway_id);
        assert_eq!(event.occurred_at, Some(fixture.clock.now()));
        assert_eq!(event.kind, EventKind::Payment(payment.payment()));
        bodies.push(delivery.request().body);
        types.push(event.gateway_type.clone());
    }
    assert_eq!(types, ["payment.updated", "checkout.updated"]);
    assert_ne!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_repeated_delivery_has_the_same_keys() {
    let fixture = Fixture::new();
    let delivery = paid(&fixture).await;
    let first = fixture.handle(&delivery.request()).await;
    fixture.clock.advance(std::time::Duration::from_secs(9));
    let again = fixture.handle(&delivery.request()).await;
    assert_eq!(first.delivery_id(), again.delivery_id());
    assert_eq!(first.events(), again.events());
    assert_ne!(first.sent_at(), again.sent_at());
    // Two occurrences with the same content are two deliveries.
    let account = fixture.gateway.account("main");
    assert_ne!(account.ping().request().body, account.ping().request().body);
}

#[tokio::test]
async fn deliveries_are_taken_once_and_handled_in_any_order() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    checkout.pay_amount(inr("1"));
    checkout.pay();
    let mut taken = fixture.gateway.take_deliveries();
    assert_eq!(taken.len(), 4);
    assert!(fixture.gateway.take_deliveries().is_empty());
    assert_eq!(fixture.gateway.deliveries().len(), 4);
    taken.reverse();
    let mut paid = Vec::new();
    for delivery in &taken {
        for event in fixture.handle(&delivery.request()).await.into_events() {
            if let EventKind::Snapshot(snapshot) = event.kind {
                paid.push(snapshot.amount_paid);
            }
        }
    }
    assert_eq!(paid, [inr("200.12"), inr("1")]);
    fixture.gateway.account("main").ping();
    assert_eq!(fixture.gateway.take_deliveries().len(), 1);
}

#[tokio::test]
async fn the_window_is_one_day_past_and_ten_minutes_ahead() {
    let fixture = Fixture::new();
    let delivery = paid(&fixture).await;
    let (now, moment) = (fixture.clock.now(), SignedDuration::from_millis(1));
    let (day, ahead) = (
        SignedDuration::from_hours(24),
        SignedDuration::from_mins(10),
    );
    let cases = [
        (now - day, TimestampCheck::Fresh),
        (now - day - moment, TimestampCheck::Stale),
        (now + ahead, TimestampCheck::Fresh),
        (now + ahead + moment, TimestampCheck::FromFuture),
    ];
    for (sent_at, expected) in cases {
        let webhook = fixture
            .handle(&delivery.clone().with_sent_at(sent_at).request())
            .await;
        assert_eq!(webhook.timestamp_check(), expected, "{sent_at}");
        let counts = matches!(webhook.events()[0].kind, EventKind::Payment(_));
        assert_eq!(counts, expected == TimestampCheck::Fresh, "{sent_at}");
    }
    let stale = fixture.handle(&delivery.clone().stale().request()).await;
    assert_eq!(stale.timestamp_check(), TimestampCheck::Stale);
    let claim = &stale.events()[0].kind;
    assert!(matches!(claim, EventKind::PaymentClaimed(_)), "{claim:?}");
    let early = fixture
        .handle(&delivery.clone().from_future().request())
        .await;
    assert_eq!(early.timestamp_check(), TimestampCheck::FromFuture);
    let slow = delivery
        .with_sent_at(now)
        .with_received_at(now + day + moment);
    assert_eq!(
        fixture.handle(&slow.request()).await.timestamp_check(),
        TimestampCheck::Stale
    );
}

#[tokio::test]
async fn all_mismatches_return_the_same_error() {
    let fixture = Fixture::new();
    let delivery = paid(&fixture).await;
    let mut restamped = delivery.request();
    let later = "1767603600001".parse().unwrap();
    restamped.headers.insert("x-fake-timestamp", later);
    let mut unstamped = delivery.request();
    unstamped.headers.remove("x-fake-timestamp");
    let mut doubled = delivery.request();
    let signature = doubled.headers["x-fake-signature"].clone();
    doubled.headers.append("x-fake-signature", signature);
    // The boundary between the timestamp and the body is part of the signature.
    let mut shifted = delivery.request();
    let stamp = shifted.headers["x-fake-timestamp"]
        .to_str()
        .unwrap()
        .to_owned();
    let colon = shifted.body.iter().position(|byte| *byte == b':').unwrap();
    let begin = std::str::from_utf8(&shifted.body[..colon]).unwrap();
    let stamp = format!("{stamp}:{begin}").parse().unwrap();
    shifted.headers.insert("x-fake-timestamp", stamp);
    shifted.body = shifted.body.slice(colon + 1..);
    let requests = [
        delivery.clone().forged().request(),
        delivery.clone().unsigned().request(),
        delivery.clone().tampered().request(),
        delivery.signed_with("an old secret").request(),
        restamped,
        unstamped,
        doubled,
        shifted,
    ];
    for request in requests {
        let error = fixture.provider.handle_webhook(&request).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "fake handle_webhook: webhook signature does not match"
        );
        assert_eq!(error.effect(), Effect::Rejected);
    }
}

#[tokio::test]
async fn every_active_secret_verifies_and_is_reported() {
    let fixture = Fixture::new();
    let delivery = paid(&fixture).await;
    let settings = |secrets: &[&str]| {
        let secrets: Vec<_> = secrets.iter().map(|one| (*one).into()).collect();
        fixture.gateway.settings("main").with("secrets", secrets)
    };
    let factory = fixture.gateway.factory();
    let both = factory.open(&settings(&["new", "old"])).unwrap();
    let by_old = delivery.clone().signed_with("old").request();
    let by_old = both.handle_webhook(&by_old).await.unwrap();
    fixture.gateway.account("main").sign_with("new");
    let by_new = both.handle_webhook(&delivery.request()).await.unwrap();
    assert!(by_old.matched_secret().is_some());
    assert_ne!(by_old.matched_secret(), by_new.matched_secret());
    let retired = factory.open(&settings(&["new"])).unwrap();
    let by_old = delivery.signed_with("old").request();
    assert!(retired.handle_webhook(&by_old).await.is_err());
}

#[tokio::test]
async fn unreadable_deliveries_are_kept() {
    let fixture = Fixture::new();
    let delivery = paid(&fixture).await;
    let half = fixture
        .handle(&delivery.clone().truncated().request())
        .await;
    let kind = &half.events()[0].kind;
    assert!(matches!(kind, EventKind::Unreadable { .. }), "{kind:?}");
    assert!(half.events()[0].target.is_none());

    let unknown = delivery.with_unknown_type();
    assert_eq!(unknown.gateway_type(), "something.new");
    let unknown = fixture.handle(&unknown.request()).await;
    let event = &unknown.events()[0];
    assert!(matches!(event.kind, EventKind::Unrecognised { .. }));
    assert_eq!(event.gateway_type, "something.new");
    assert_eq!(event.target.reference, CheckoutReference::new("r").ok());
}

#[tokio::test]
async fn any_event_can_be_delivered() {
    let fixture = Fixture::new();
    let account = fixture.gateway.account("main");
    let id = RefundId::new("ref_1").unwrap();
    let refund = Refund::new(id, RefundStatus::Succeeded, inr("5"));
    let kind = EventKind::Refund(refund);
    let delivery = account.deliver(vec![Event::new(
        "refund",
        EventTarget::none(),
        kind.clone(),
    )]);
    let webhook = fixture.handle(&delivery.request()).await;
    assert_eq!(webhook.events()[0].kind, kind);
    assert_eq!(webhook.events()[0].gateway_type, "refund");
    assert_eq!(account.deliveries().len(), 1);
}

#[tokio::test]
async fn a_gateway_can_expect_a_reply() {
    let reply = WebhookReply::with_body("text/plain", "OK");
    let fixture = Fixture::with(|builder| {
        let url = "https://host.example/hooks/fake".parse().unwrap();
        builder
            .with_webhook_reply(reply.clone())
            .with_webhook_url(url)
    });
    let request = fixture.gateway.account("main").ping().request();
    assert_eq!(request.url.path(), "/hooks/fake");
    assert_eq!(fixture.handle(&request).await.reply(), &reply);
}

#[tokio::test]
async fn a_return_signature_is_not_valid_for_a_delivery() {
    let fixture = Fixture::without(|all| all.signed_timestamps = false);
    let checkout = fixture.checkout("r").await;
    let mut request = checkout.pay().deliveries()[0].request();
    let address = checkout.return_url();
    let mut parts: Vec<_> = address
        .query_pairs()
        .map(|(_, value)| value.into_owned())
        .collect();
    let signature = parts.pop().unwrap().parse().unwrap();
    request.headers.insert("x-fake-signature", signature);
    request.body = serde_json::to_vec(&parts).unwrap().into();
    let error = fixture.provider.handle_webhook(&request).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidSignature);
}
