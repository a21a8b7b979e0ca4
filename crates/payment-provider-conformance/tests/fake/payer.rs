//! Payments, and the status that the gateway reports.

use payment_provider_conformance::fake::FakeCheckout;
use payment_provider_core::*;

use crate::fixture::{Fixture, inr};

/// Returns the status and the paid amount, after comparing the snapshot with the fetched checkout.
async fn status_and_paid(fixture: &Fixture, checkout: &FakeCheckout) -> String {
    let found = fixture.fetch(checkout.reference().as_str()).await;
    let CheckoutSnapshot {
        status,
        amount_paid,
        ..
    } = checkout.snapshot();
    assert_eq!(
        (found.status, found.amount_paid),
        (status.clone(), amount_paid)
    );
    format!("{status} {}", amount_paid.decimal())
}

#[tokio::test]
async fn a_payer_pays_the_remaining_amount() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let payment = checkout.pay_amount(inr("0.12")).payment();
    assert_eq!(
        status_and_paid(&fixture, &checkout).await,
        "partially_paid 0.12"
    );
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert!(payment.order_id.is_some() && payment.bank_reference.is_some());
    assert_eq!(payment.paid_at, Some(fixture.clock.now()));
    let rest = checkout.pay().payment();
    assert_eq!(rest.amount, inr("200"));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 200.12");
    assert_eq!(fixture.list("r").await, [payment, rest]);
    assert_eq!(checkout.counts().listed, 1);
}

#[tokio::test]
async fn a_failed_attempt_is_listed_without_an_amount_paid() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let failed = checkout.fail_payment();
    assert_eq!(status_and_paid(&fixture, &checkout).await, "open 0.00");
    assert_eq!(failed.payment().status, PaymentStatus::Failed);
    assert!(failed.payment().failure.is_some());
    assert_eq!(failed.deliveries().len(), 1);
    checkout.pay();
    assert_eq!(fixture.list("r").await.len(), 2);
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 200.12");
}

#[tokio::test]
async fn a_pending_payment_is_decided_later() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let (one, other) = (checkout.begin_payment(), checkout.begin_payment());
    assert_eq!(status_and_paid(&fixture, &checkout).await, "open 0.00");
    other.fail();
    one.succeed();
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 200.12");
    let statuses: Vec<_> = fixture
        .list("r")
        .await
        .into_iter()
        .map(|one| one.status)
        .collect();
    assert_eq!(statuses, [PaymentStatus::Succeeded, PaymentStatus::Failed]);
    // One delivery for the pending payment, and two for its success.
    assert_eq!(one.deliveries().len(), 3);
}

#[tokio::test]
async fn a_payment_can_succeed_after_the_end() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("cancelled").await;
    let pending = checkout.begin_payment();
    fixture.cancel("cancelled").await;
    pending.succeed();
    assert_eq!(
        status_and_paid(&fixture, &checkout).await,
        "cancelled 200.12"
    );

    let checkout = fixture.checkout("expired").await;
    checkout.expire();
    checkout.pay();
    assert_eq!(status_and_paid(&fixture, &checkout).await, "expired 200.12");
    assert_eq!(checkout.next_action(), NextAction::None);
}

#[tokio::test]
async fn an_ended_checkout_does_not_expire() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    checkout.pay();
    let delivery_count = checkout.deliveries().len();
    checkout.expire();
    fixture.clock.advance(std::time::Duration::from_hours(3));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 200.12");
    assert_eq!(checkout.deliveries().len(), delivery_count);
}

#[tokio::test]
async fn overpayments_and_duplicate_payments_are_accepted() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    checkout.pay_amount(inr("300"));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 300.00");
    assert_eq!(checkout.pay().payment().amount, inr("200.12"));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 500.12");
}

#[tokio::test]
async fn payments_in_another_currency_are_not_added() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let dollars = Money::from_minor_units(20_012, Currency::USD);
    checkout.pay_amount(dollars);
    assert_eq!(status_and_paid(&fixture, &checkout).await, "open 0.00");
    assert_eq!(fixture.list("r").await[0].amount, dollars);
}

#[tokio::test]
async fn unknown_statuses_are_kept() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    let status = PaymentStatus::Unknown("ON_ICE".to_owned());
    let payment = checkout.attempt_payment(inr("1"), status.clone());
    assert_eq!(fixture.list("r").await[0].status, status);
    payment.set_status(PaymentStatus::Dropped);
    assert_eq!(fixture.list("r").await[0].status, PaymentStatus::Dropped);

    checkout.report_status(CheckoutStatus::Unknown("ON_ICE".to_owned()));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "ON_ICE 0.00");
    assert!(matches!(checkout.next_action(), NextAction::Redirect(_)));
    fixture.clock.advance(std::time::Duration::from_hours(3));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "ON_ICE 0.00");
    assert!(matches!(
        fixture.cancel("r").await,
        Cancellation::Cancelled(_)
    ));
    assert_eq!(status_and_paid(&fixture, &checkout).await, "cancelled 0.00");
}

#[tokio::test]
async fn a_paid_status_can_be_reported_with_less_paid() {
    let fixture = Fixture::new();
    let checkout = fixture.checkout("r").await;
    checkout.pay_amount(inr("200.11"));
    checkout.report_status(CheckoutStatus::Paid);
    assert_eq!(status_and_paid(&fixture, &checkout).await, "paid 200.11");
    let delivery_count = checkout.deliveries().pop().unwrap();
    let webhook = fixture.handle(&delivery_count.request()).await;
    let expected = CheckoutSnapshot::new(CheckoutStatus::Paid, inr("200.12"), inr("200.11"));
    assert_eq!(webhook.events()[0].kind, EventKind::Snapshot(expected));
}
