//! The list of all refunds of a checkout, without duplicates.

mod support;

use payment_provider_core::{
    Effect, Operation, OrderId, Payment, PaymentId, PaymentStatus, ProviderError,
    ProviderErrorKind, Refund, RefundOrigin, RefundStatus, RetryAdvice,
};
use support::*;

/// A payment of an order, as `list_payments` returns it.
fn payment(id: &str, order: &str, status: PaymentStatus) -> Payment {
    let mut payment = Payment::new(PaymentId::new(id).unwrap(), status, inr(20_012));
    payment.order_id = OrderId::new(order).ok();
    payment
}

fn paid(id: &str, order: &str) -> Payment {
    payment(id, order, PaymentStatus::Succeeded)
}

/// A refund in the form of the API. `changes` replaces or adds fields; `null` is a value as well.
fn refund(id: &str, payment: &str, order: &str, changes: serde_json::Value) -> String {
    let mut entity = serde_json::json!({
        "cf_refund_id": id, "cf_payment_id": payment, "order_id": order, "refund_id": "ret_1",
        "entity": "refund", "refund_amount": 120.5, "refund_currency": "INR",
        "refund_status": "SUCCESS", "status_description": "done", "refund_note": "item returned",
        "refund_type": "MERCHANT_INITIATED", "refund_arn": "401512340001", "refund_mode": "NORMAL",
        "created_at": "2026-01-15T15:30:00+05:30", "processed_at": "2026-01-15T15:30:00+05:30",
        "refund_splits": [], "refund_charge": 0, "metadata": null,
        "refund_speed": {"requested": "STANDARD", "accepted": "STANDARD", "processed": "STANDARD"},
    });
    let serde_json::Value::Object(changes) = changes else {
        panic!("{changes}");
    };
    for (field, value) in changes {
        entity[field] = value;
    }
    entity.to_string()
}

fn whole(id: &str, payment: &str, order: &str) -> String {
    refund(id, payment, order, serde_json::json!({}))
}

fn array(items: &[String]) -> Act {
    ok(format!("[{}]", items.join(",")))
}

async fn list(gateway: &Scripted, payments: &[Payment]) -> Result<Vec<Refund>, ProviderError> {
    let inquiry = connect(gateway).refund_inquiry().unwrap();
    inquiry.list_refunds(&locator(), payments).await
}

fn ids(refunds: &[Refund]) -> Vec<&str> {
    refunds.iter().map(|refund| refund.id.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_refunds_of_an_order_are_listed() {
    let gateway = Scripted::acts([array(&[whole("7", "8", "o 1/x")])]).await;
    let refunds = list(&gateway, &[paid("8", "o 1/x")]).await.unwrap();
    assert_eq!(gateway.lines(), ["GET /pg/orders/o%201%2Fx/refunds"]);
    let [refund] = refunds.as_slice() else {
        panic!("{refunds:?}");
    };
    assert_eq!(refund.id.as_str(), "7");
    assert_eq!(refund.reference.as_ref().unwrap().as_str(), "ret_1");
    assert_eq!(refund.payment_id.as_ref().unwrap().as_str(), "8");
    assert_eq!(refund.order_id.as_ref().unwrap().as_str(), "o 1/x");
    assert_eq!(refund.status, RefundStatus::Succeeded);
    assert_eq!(refund.amount, inr(12_050));
    assert_eq!(refund.origin, Some(RefundOrigin::Merchant));
    assert_eq!(refund.bank_reference.as_deref(), Some("401512340001"));
    assert_eq!(refund.reason.as_ref().unwrap().expose(), "item returned");
    assert_eq!(refund.failure, None);
    assert_eq!(refund.created_at, Some(NOW));
    assert_eq!(refund.processed_at, Some(NOW));
    let seen = gateway.seen();
    assert_eq!(seen[0].header("x-idempotency-key"), None);
    assert_eq!(seen[0].body, b"");
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_listed_in_every_status_and_every_form_of_its_fields() {
    use serde_json::json;
    for (value, status) in [
        ("PENDING", RefundStatus::Pending),
        ("ONHOLD", RefundStatus::OnHold),
        ("SUCCESS", RefundStatus::Succeeded),
        ("FAILED", RefundStatus::Failed),
        ("CANCELLED", RefundStatus::Cancelled),
        ("REVERSED", RefundStatus::Unknown("REVERSED".to_owned())),
    ] {
        let entity = refund("7", "8", "o", json!({"refund_status": value}));
        let gateway = Scripted::acts([array(&[entity])]).await;
        let refunds = list(&gateway, &[paid("8", "o")]).await.unwrap();
        assert_eq!(refunds[0].status, status);
    }
    for changes in [
        json!({"cf_refund_id": 7, "cf_payment_id": 8}),
        json!({"cf_refund_id": "refund_7"}),
        json!({"refund_amount": "120.50", "refund_id": null, "order_id": null}),
        json!({"refund_note": null, "refund_arn": "NA", "processed_at": null}),
        json!({"refund_type": "PAYMENT_AUTO_REFUND", "refund_splits": null}),
    ] {
        let entity = refund("7", "8", "o", changes.clone());
        let gateway = Scripted::acts([array(&[entity])]).await;
        let refunds = list(&gateway, &[paid("8", "o")]).await.unwrap();
        assert_eq!(ids(&refunds), ["7"], "{changes}");
        assert_eq!(refunds[0].amount, inr(12_050), "{changes}");
        assert_eq!(refunds[0].order_id, OrderId::new("o").ok(), "{changes}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_payment_that_brought_money_nothing_is_sent() {
    let gateway = Scripted::acts([]).await;
    let unpaid = [
        PaymentStatus::Failed,
        PaymentStatus::Pending,
        PaymentStatus::Dropped,
        PaymentStatus::Cancelled,
        PaymentStatus::Unknown("ODD".to_owned()),
    ]
    .map(|status| payment("8", "o", status));
    assert_eq!(list(&gateway, &unpaid).await.unwrap(), []);
    assert_eq!(list(&gateway, &[]).await.unwrap(), []);
    assert_eq!(gateway.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_order_that_holds_money_is_asked_once() {
    let gateway = Scripted::handler(|_, request| {
        let order = request.target.split('/').nth(3).unwrap();
        match order {
            "a" => array(&[whole("1", "8", "a"), whole("2", "9", "a")]),
            "b" => array(&[whole("3", "10", "b")]),
            _ => reply(418, "not asked"),
        }
    })
    .await;
    let payments = [
        paid("10", "b"),
        paid("8", "a"),
        paid("9", "a"),
        payment("7", "a", PaymentStatus::Failed),
        payment("6", "c", PaymentStatus::Failed),
    ];
    let refunds = list(&gateway, &payments).await.unwrap();
    assert_eq!(ids(&refunds), ["1", "2", "3"]);
    let mut lines = gateway.lines();
    lines.sort();
    assert_eq!(
        lines,
        ["GET /pg/orders/a/refunds", "GET /pg/orders/b/refunds"]
    );
}

#[tokio::test(start_paused = true)]
async fn orders_without_refunds_have_none() {
    for body in ["[]", "null"] {
        let gateway = Scripted::acts([ok(body)]).await;
        assert_eq!(list(&gateway, &[paid("8", "o")]).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_another_payment_or_order_is_left_out() {
    use serde_json::json;
    let other = |changes| refund("1", "77", "o", changes);
    let all = [
        // Another payment of the order, which belongs to another checkout.
        other(json!({})),
        // Another order, which is not this checkout's.
        other(json!({"order_id": "p"})),
        other(json!({"order_id": "p", "cf_payment_id": null})),
        whole("2", "8", "o"),
        // A failed attempt of the same checkout whose money was debited and is returned.
        refund("3", "9", "o", json!({"refund_type": "PAYMENT_AUTO_REFUND"})),
        // No payment is named: it is a refund of the order.
        refund("4", "", "o", json!({"cf_payment_id": null})),
        refund("5", "NA", "o", json!({"order_id": null})),
    ];
    let gateway = Scripted::acts([array(&all)]).await;
    let payments = [paid("8", "o"), payment("9", "o", PaymentStatus::Failed)];
    let refunds = list(&gateway, &payments).await.unwrap();
    assert_eq!(ids(&refunds), ["2", "3", "4", "5"]);
    let of: Vec<_> = refunds.iter().map(|refund| &refund.payment_id).collect();
    assert_eq!(of[2..], [&None, &None]);
    assert!(refunds.iter().all(|refund| refund.order_id.is_some()));
}

#[tokio::test(start_paused = true)]
async fn one_unreadable_refund_is_an_error_instead_of_a_shorter_list() {
    use serde_json::json;
    for changes in [
        json!({"cf_refund_id": null}),
        json!({"cf_refund_id": "NA"}),
        json!({"refund_status": null}),
        json!({"refund_status": {}}),
        json!({"refund_amount": null}),
        json!({"refund_amount": "much"}),
        json!({"refund_amount": -1}),
        json!({"refund_amount": 1.505}),
        json!({"refund_currency": null}),
        json!({"refund_currency": "RUPEE"}),
        // It may be a refund of a payment of this checkout.
        json!({"cf_payment_id": [8]}),
        json!({"cf_payment_id": 8.5}),
        // The payment is this checkout's, the order is not that of the request.
        json!({"order_id": "p"}),
    ] {
        let broken = refund("1", "8", "o", changes.clone());
        let gateway = Scripted::handler(move |_, _| array(&[whole("2", "8", "o"), broken.clone()]));
        let gateway = gateway.await;
        let error = list(&gateway, &[paid("8", "o")]).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ProviderErrorKind::UnreadableAnswer,
            "{changes}"
        );
        assert_eq!(error.operation(), Operation::ListRefunds);
    }
    for body in ["{}", "[null]", "[7]", "[[]]", "<html>", "", "[{}"] {
        let gateway = Scripted::handler(move |_, _| ok(body)).await;
        let error = list(&gateway, &[paid("8", "o")]).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_refund_is_listed_once_and_a_contradiction_is_an_error() {
    use serde_json::json;
    let one = || whole("1", "8", "o");
    let number = one().replace("\"cf_refund_id\":\"1\"", "\"cf_refund_id\":1");
    assert_ne!(number, one());
    let gateway = Scripted::acts([array(&[one(), number])]).await;
    let refunds = list(&gateway, &[paid("8", "o")]).await.unwrap();
    assert_eq!(ids(&refunds), ["1"]);

    let pending = refund("1", "8", "o", json!({"refund_status": "PENDING"}));
    let gateway = Scripted::handler(move |_, _| array(&[one(), pending.clone()])).await;
    let error = list(&gateway, &[paid("8", "o")]).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnreadableAnswer);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("unique cf_refund_id"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_list_of_one_order_fails_the_operation() {
    for fault in [
        Act::Close,
        refusal(404, "order_not_found", "invalid_request_error"),
        refusal(400, "order_not_found", "invalid_request_error"),
        ok("{}"),
        ok(" ".repeat(2 * 1024 * 1024)),
        refusal(400, "request_failed", "invalid_request_error"),
        refusal(401, "request_failed", "authentication_error"),
        refusal(429, "request_failed", "rate_limit_error"),
        refusal(500, "internal_error", "api_error"),
    ] {
        for which in ["o0", "o4", "o8"] {
            let broken = fault.clone();
            let gateway = Scripted::handler(move |_, request| {
                let order = request.target.split('/').nth(3).unwrap();
                if order == which {
                    return broken.clone();
                }
                let number = &order[1..];
                array(&[whole(&format!("7{number}"), &format!("8{number}"), order)])
            })
            .await;
            let orders = 0..9;
            let payments: Vec<_> = orders
                .map(|n| paid(&format!("8{n}"), &format!("o{n}")))
                .collect();
            let error = list(&gateway, &payments).await.unwrap_err();
            // The gateway named the order before, so the checkout is not missing.
            assert_ne!(error.kind(), ProviderErrorKind::NotFound, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_retried_and_the_rate_limit_is_honoured() {
    let limited = || refusal(429, "request_failed", "rate_limit_error");
    for fault in [
        Act::Close,
        Act::Hang,
        ok("<html>"),
        refusal(500, "internal_error", "api_error"),
        limited().with("x-ratelimit-retry", "17"),
    ] {
        let gateway = Scripted::acts([fault, array(&[whole("7", "8", "o")])]).await;
        let refunds = list(&gateway, &[paid("8", "o")]).await.unwrap();
        assert_eq!(refunds.len(), 1);
        assert_eq!(gateway.seen().len(), 2);
    }
    let gateway = Scripted::acts([limited().with("x-ratelimit-limit", "30")]).await;
    let error = list(&gateway, &[paid("8", "o")]).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::RateLimited);
    let minute = std::time::Duration::from_mins(1);
    assert_eq!(error.retry(), RetryAdvice::After(minute));
    assert_eq!(error.rate_limit().unwrap().limit, Some(30));
    assert_eq!(gateway.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn at_most_four_requests_run_concurrently() {
    let gateway = Scripted::handler(|_, _| Act::Hang).await;
    let config = config()
        .with_retry(provider_cashfree::RetryTuning::new().with_max_attempts(1))
        .with_operation_deadline(std::time::Duration::from_secs(9));
    let provider = connect_with(config, &settings(&gateway.base_url));
    let payments: Vec<_> = (0..9).map(|n| paid("8", &format!("o{n}"))).collect();
    let inquiry = provider.refund_inquiry().unwrap();
    let error = inquiry.list_refunds(&locator(), &payments).await;
    assert_eq!(error.unwrap_err().kind(), ProviderErrorKind::Timeout);
    assert_eq!(gateway.seen().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_paid_payment_without_a_usable_order_is_an_error_before_anything_is_sent() {
    let gateway = Scripted::acts([]).await;
    let mut without = paid("8", "o");
    without.order_id = None;
    for payments in [[paid("9", "a"), without], [paid("9", "."), paid("9", "..")]] {
        let error = list(&gateway, &payments).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::InvalidRequest);
        assert_eq!(error.effect(), Effect::NotSent);
    }
    assert_eq!(gateway.seen().len(), 0);
}

#[test]
fn the_queries_show_nothing_of_the_account() {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let inquiry = provider.refund_inquiry().unwrap();
    assert_eq!(format!("{inquiry:?}"), "RefundQueries { .. }");
    assert!(provider.descriptor().capabilities.refund_inquiry);
}
