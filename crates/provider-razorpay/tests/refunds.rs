//! The list of all refunds of a checkout's payments, without duplicates.

mod fake;
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use payment_provider_conformance::wire::{RecordedRequest, WireFault, json};
use payment_provider_core::{
    Payment, PaymentId, PaymentStatus, ProviderError, ProviderErrorKind, Refund, RefundStatus,
};
use serde_json::{Value, json};
use support::*;

const PAGE: &str = "GET /payments/pay/refunds?count=100";

/// Lists the refunds of these payments.
async fn list(stage: &Stage, payments: &[Payment]) -> Result<Vec<Refund>, ProviderError> {
    let inquiry = stage.provider.refund_inquiry().unwrap();
    inquiry.list_refunds(&locator(), payments).await
}

/// Returns a stage with a paid link, and its payment.
async fn paid() -> (Stage, Payment) {
    let stage = Stage::new().await;
    stage.make().await;
    stage.fake.pay(REFERENCE, 20_012);
    let mut payments = stage.provider.list_payments(&locator()).await.unwrap();
    stage.gateway.clear();
    (stage, payments.remove(0))
}

fn payment(id: &str, status: PaymentStatus) -> Payment {
    Payment::new(PaymentId::new(id).unwrap(), status, inr(20_012))
}

#[tokio::test]
async fn every_refund_of_every_instalment_is_listed() {
    let stage = Stage::new().await;
    stage.make_partial().await;
    let first = stage.fake.pay(REFERENCE, 5_000);
    stage.fake.fail(REFERENCE, 15_012);
    let second = stage.fake.pay(REFERENCE, 15_012);
    let payments = stage.provider.list_payments(&locator()).await.unwrap();
    let order = payments[0].order_id.clone();
    let refunds = [
        (stage.fake.refund(&first, 1_000), first.clone(), 1_000),
        (stage.fake.refund(&second, 2_000), second, 2_000),
        (stage.fake.refund(&first, 4_000), first, 4_000),
    ];
    stage.gateway.clear();
    // A payment that is named twice is requested once.
    let named = [payments.clone(), payments].concat();
    let listed = list(&stage, &named).await.unwrap();
    assert_eq!(listed.len(), 3);
    for (id, of, amount) in refunds {
        let refund = listed.iter().find(|refund| refund.id.as_str() == id);
        let refund = refund.unwrap();
        assert_eq!(refund.payment_id.as_ref().unwrap().as_str(), of);
        assert_eq!(refund.amount, inr(amount));
        assert_eq!(refund.status, RefundStatus::Succeeded);
        assert_eq!(refund.order_id, order);
        assert_eq!(refund.bank_reference.as_deref(), Some("10000000000000"));
        assert_eq!(refund.created_at, Some(NOW));
    }
    assert_eq!(stage.lines(), [PAGE, PAGE]);
}

#[tokio::test]
async fn payments_that_brought_no_money_are_not_asked_for() {
    let stage = Stage::new().await;
    let unpaid = [
        PaymentStatus::Failed,
        PaymentStatus::Pending,
        PaymentStatus::Unknown("settled".to_owned()),
    ]
    .map(|status| payment("pay_1", status));
    assert!(list(&stage, &unpaid).await.unwrap().is_empty());
    assert!(list(&stage, &[]).await.unwrap().is_empty());
    assert!(stage.lines().is_empty());
}

#[tokio::test]
async fn a_payment_without_refunds_has_an_empty_list() {
    let (stage, payment) = paid().await;
    assert!(list(&stage, &[payment]).await.unwrap().is_empty());
    assert_eq!(stage.lines(), [PAGE]);
}

#[tokio::test]
async fn every_page_is_read_for_any_page_size() {
    for (refunds, most, pages) in [(9, None, 1), (120, None, 3), (25, Some(10), 3)] {
        let (stage, payment) = paid().await;
        for _ in 0..refunds {
            stage.fake.refund(payment.id.as_str(), 100);
        }
        stage
            .fake
            .configure(|behaviour| behaviour.max_page_size = most);
        let listed = list(&stage, &[payment]).await.unwrap();
        let ids: BTreeSet<_> = listed.iter().map(|refund| &refund.id).collect();
        assert_eq!((listed.len(), ids.len()), (refunds, refunds));
        assert_eq!(stage.lines().len(), pages, "{:?}", stage.lines());
    }
}

#[tokio::test]
async fn one_unreadable_refund_makes_the_list_an_error() {
    for members in [
        json!({"id": null}),
        json!({"status": null}),
        json!({"amount": null}),
        json!({"amount": 1.5}),
        json!({"currency": "RUPEES"}),
        json!({"currency": {}}),
    ] {
        let (stage, payment) = paid().await;
        stage.fake.refund(payment.id.as_str(), 100);
        stage
            .fake
            .configure(|behaviour| behaviour.refund_members = Some(members.clone()));
        let error = error(list(&stage, &[payment]).await);
        assert_eq!(
            error.kind(),
            ProviderErrorKind::UnreadableAnswer,
            "{members}"
        );
    }
}

#[tokio::test]
async fn a_refund_that_names_no_currency_has_that_of_its_payment() {
    for named in [json!(""), json!(null), json!("NA")] {
        let (stage, payment) = paid().await;
        stage.fake.refund(payment.id.as_str(), 100);
        stage.fake.configure(|behaviour| {
            behaviour.refund_members = Some(json!({"currency": named}));
        });
        let refunds = list(&stage, &[payment]).await.unwrap();
        assert_eq!(refunds[0].amount, inr(100), "{named}");
    }
}

#[tokio::test]
async fn a_failure_of_the_second_page_alone_makes_the_list_an_error() {
    let refusal = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"no"}}"#;
    for (answer, kind) in [
        (json(400, refusal), ProviderErrorKind::Refused),
        (
            json(200, r#"{"items":[{}]}"#),
            ProviderErrorKind::UnreadableAnswer,
        ),
        (
            json(200, r#"{"items":null}"#),
            ProviderErrorKind::UnreadableAnswer,
        ),
    ] {
        let (stage, payment) = paid().await;
        for _ in 0..25 {
            stage.fake.refund(payment.id.as_str(), 100);
        }
        stage
            .fake
            .configure(|behaviour| behaviour.max_page_size = Some(10));
        let payments = [payment];
        assert_eq!(list(&stage, &payments).await.unwrap().len(), 25);
        let second = |request: &RecordedRequest| request.target.ends_with("&skip=10");
        let fault = WireFault::ReplaceBefore(answer);
        stage.gateway.fault_where(second, fault);
        stage.gateway.clear();
        let error = error(list(&stage, &payments).await);
        assert_eq!(error.kind(), kind);
        assert_eq!(stage.lines()[0], PAGE);
        assert_eq!(stage.lines()[1], format!("{PAGE}&skip=10"));
    }
}

#[tokio::test]
async fn a_damaged_bank_reference_is_left_out() {
    let (stage, payment) = paid().await;
    stage.fake.refund(payment.id.as_str(), 100);
    stage.fake.configure(|behaviour| {
        let data = json!({"arn": "1000\u{fffd}", "rrn": "2000"});
        behaviour.refund_members = Some(json!({"acquirer_data": data}));
    });
    let refunds = list(&stage, &[payment]).await.unwrap();
    assert_eq!(refunds[0].bank_reference.as_deref(), Some("2000"));
}

#[tokio::test]
async fn a_list_that_contradicts_itself_is_an_error() {
    let item = |id: &str, amount: i64| json!({"id": id, "status": "processed", "amount": amount, "currency": "INR"});
    for body in [
        json!({"items": [item("rfnd_1", 100), item("rfnd_1", 200)]}),
        json!({"items": null}),
        json!({"count": 0}),
        json!([]),
    ] {
        let (stage, payment) = paid().await;
        let page = WireFault::ReplaceBefore(json(200, body.to_string()));
        stage.gateway.fault_next(page);
        let error = error(list(&stage, &[payment]).await);
        assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer, "{body}");
    }
}

#[tokio::test]
async fn the_payment_of_a_refund_is_the_requested_one() {
    for (named, listed) in [
        (Value::Null, true),
        (json!(""), true),
        (json!("pay_Fake0000000003"), true),
        (json!("pay_Another"), false),
    ] {
        let (stage, payment) = paid().await;
        stage.fake.refund(payment.id.as_str(), 100);
        stage.fake.configure(|behaviour| {
            behaviour.refund_members = Some(json!({"payment_id": named}));
        });
        let refunds = list(&stage, std::slice::from_ref(&payment)).await.unwrap();
        assert_eq!(!refunds.is_empty(), listed, "{named}");
        for refund in refunds {
            assert_eq!(refund.payment_id.as_ref(), Some(&payment.id));
        }
    }
}

#[tokio::test]
async fn the_status_of_a_refund_is_the_one_that_deliveries_report() {
    for (word, status) in [
        ("pending", RefundStatus::Pending),
        ("processed", RefundStatus::Succeeded),
        ("failed", RefundStatus::Failed),
        ("queued", RefundStatus::Unknown("queued".to_owned())),
    ] {
        let (stage, payment) = paid().await;
        stage
            .fake
            .configure(|behaviour| behaviour.refund_members = Some(json!({"status": word})));
        stage.fake.take_deliveries();
        stage.fake.refund(payment.id.as_str(), 100);
        let refunds = list(&stage, &[payment]).await.unwrap();
        assert_eq!(refunds[0].status, status);
        for delivered in stage.fake.take_deliveries() {
            let request = delivery::signed(WEBHOOK_SECRET, delivered.body);
            let webhook = stage.provider.handle_webhook(&request).await.unwrap();
            let refund = payment_provider_core::EventKind::Refund(refunds[0].clone());
            assert_eq!(webhook.events()[0].kind, refund);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_for_and_an_outage_is_repeated() {
    let (stage, payment) = paid().await;
    stage.fake.refund(payment.id.as_str(), 100);
    stage.fake.configure(|behaviour| {
        behaviour.rate_limited = 1;
        behaviour.retry_after = Some("7");
    });
    let start = tokio::time::Instant::now();
    let payments = [payment];
    assert_eq!(list(&stage, &payments).await.unwrap().len(), 1);
    assert!(start.elapsed() >= Duration::from_secs(7));
    stage.fake.configure(|behaviour| behaviour.bad_gateway = 1);
    assert_eq!(list(&stage, &payments).await.unwrap().len(), 1);
    stage
        .fake
        .configure(|behaviour| behaviour.bad_gateway = 100);
    let error = error(list(&stage, &payments).await);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
}

#[tokio::test]
async fn a_payment_that_is_not_found_says_nothing_about_the_checkout() {
    let stage = Stage::new().await;
    let unknown = payment("pay_1", PaymentStatus::Succeeded);
    let error = error(list(&stage, &[unknown]).await);
    assert_eq!(error.kind(), ProviderErrorKind::Unavailable);
}
