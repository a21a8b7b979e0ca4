//! Deliveries that report money or a refund, but not well enough to record it.

mod fake;
mod support;

use payment_provider_core::EventKind;
use serde_json::{Value, json};
use support::webhook::{accept, events, lines_of, one, refund};
use test_support::event_line;

#[tokio::test]
async fn an_uncertain_payment_of_a_link_is_claimed_or_fetched() {
    let entity = "/payload/payment/entity";
    let link = "/payload/payment_link/entity";
    let id = "pay_Fake0000000003";
    let own = "order_Fake0000000002";
    let uncertain = format!("claim an amount on {own}, payment {id}");
    for (pointer, value, expected) in [
        (format!("{entity}/id"), json!(null), "fetch"),
        (format!("{entity}/amount"), json!("200.12"), &*uncertain),
        (format!("{entity}/amount"), json!(null), &uncertain),
        (format!("{entity}/currency"), json!(""), &uncertain),
        (format!("{entity}/status"), json!(null), "fetch"),
        (
            format!("{entity}/order_id"),
            json!(null),
            &format!("claim INR 200.12 on payment {id}"),
        ),
        (
            format!("{entity}/order_id"),
            json!("order_AnotherOrder01"),
            &format!("claim INR 200.12 on order_AnotherOrder01, payment {id}"),
        ),
        (entity.to_owned(), json!([]), "fetch"),
        ("/payload/payment".to_owned(), json!("x"), "fetch"),
    ] {
        let mut body = one("payment_link.paid").await;
        *body.pointer_mut(&pointer).unwrap() = value;
        let events = events(&body).await;
        assert_eq!(events.len(), 2, "{pointer}");
        let first = event_line::line(&events[0]);
        let (_, content) = first.split_once(": ").unwrap();
        assert_eq!(content, expected, "{pointer}");
        assert!(
            matches!(events[1].kind, EventKind::Snapshot(_)),
            "{pointer}"
        );
    }
    // The link does not need to name its order if the payment does.
    let mut body = one("payment_link.paid").await;
    *body.pointer_mut(&format!("{link}/order_id")).unwrap() = json!("");
    let found = events(&body).await;
    assert!(matches!(found[0].kind, EventKind::Payment(_)));
    assert!(found[0].target.order_id.is_some());
    // Without a payment, only the snapshot remains.
    let mut body = one("payment_link.paid").await;
    body["payload"].as_object_mut().unwrap().remove("payment");
    assert!(
        lines_of(&body)
            .await
            .ends_with("link paid, INR 200.12 of INR 200.12")
    );
    assert_eq!(events(&body).await.len(), 1);
}

#[tokio::test]
async fn a_captured_payment_without_a_certain_amount_is_claimed_without_one() {
    let expected = "plink_QflcnnZqCekuvL order_1: claim an amount on order_1, payment pay_1";
    for event in ["payment.captured", "order.paid", "payment.authorized"] {
        let unreadable =
            |field: &str| format!("unreadable, `{field}` is missing or cannot be read");
        let failed = "payment pay_1 failed INR 204.84 on order_1".to_owned();
        for (member, if_failed) in [
            (
                json!({"amount": null, "currency": "INR"}),
                unreadable("payment.amount"),
            ),
            (
                json!({"amount": "200.12", "currency": "INR"}),
                unreadable("payment.amount"),
            ),
            (json!({"amount": 20_012}), unreadable("payment.currency")),
            (
                json!({"amount": 20_484, "currency": "INR", "fee_bearer": "customer", "fee": null}),
                failed.clone(),
            ),
            (
                json!({"amount": 20_484, "currency": "INR", "fee_bearer": "dynamic", "fee": 472}),
                failed.clone(),
            ),
            (
                json!({"amount": 20_484, "currency": "INR", "fee": 472}),
                failed.clone(),
            ),
        ] {
            let mut entity = json!({"id": "pay_1", "status": "captured", "order_id": "order_1",
                "description": "#QflcnnZqCekuvL"});
            for (name, value) in member.as_object().unwrap() {
                entity[name] = value.clone();
            }
            let body = json!({"event": event, "payload": {"payment": {"entity": entity}}});
            assert_eq!(lines_of(&body).await, expected, "{member}");
            // A payment that is not money is unreadable instead.
            let mut failed = body;
            failed["payload"]["payment"]["entity"]["status"] = json!("failed");
            let line = format!("plink_QflcnnZqCekuvL order_1: {if_failed}");
            assert_eq!(lines_of(&failed).await, line, "{member}");
        }
    }
}

/// A link of 20 012 with a payment of 20 484, of which the payer bore 472 as a fee.
fn with_fee(paid: i64, fee: &Value, partial: bool) -> Value {
    json!({"event": "payment_link.paid", "payload": {
        "payment_link": {"entity": {"id": "plink_1", "reference_id": "inv-1", "order_id": "order_1",
            "status": "paid", "currency": "INR", "amount": 20_012, "amount_paid": paid,
            "accept_partial": partial}},
        "payment": {"entity": {"id": "pay_1", "status": "captured", "amount": 20_484, "currency": "INR",
            "fee": fee, "fee_bearer": "customer", "order_id": "order_1"}}}})
}

#[tokio::test]
async fn a_fee_that_the_payer_bears_is_not_money_of_the_link() {
    let without = "payment pay_1 succeeded INR 200.12 charged INR 204.84 on order_1";
    let whole = "payment pay_1 succeeded INR 204.84 on order_1";
    let uncertain = "claim an amount on order_1, payment pay_1";
    for (paid, fee, partial, expected) in [
        (20_012, json!(472), false, without),
        (20_012, json!(472), true, without),
        // Beside another instalment of 5 000 without the fee, or of 4 528 with it.
        (25_012, json!(472), true, uncertain),
        // The total of the link includes the fee.
        (20_484, json!(472), false, whole),
        // The total of the link contradicts both amounts.
        (20_000, json!(472), false, uncertain),
        (20_000, json!(472), true, uncertain),
        (40_024, json!(472), false, uncertain),
        // The first instalment with the fee, or a later one without it.
        (20_484, json!(472), true, uncertain),
        (20_012, json!(null), false, uncertain),
        (20_484, json!(null), false, uncertain),
        (20_012, json!(4.72), false, uncertain),
        (20_012, json!(20_485), false, uncertain),
    ] {
        let line = lines_of(&with_fee(paid, &fee, partial)).await;
        let start = format!("inv-1 plink_1 order_1: {expected} + ");
        assert!(line.starts_with(&start), "{paid} {fee} {partial}: {line}");
    }
    // Without the bearer of the fee, the total of the link decides as well.
    for bearer in [json!(null), json!("dynamic"), json!("Customer")] {
        for (paid, fee, partial, expected) in [
            (20_012, json!(472), false, without),
            (20_484, json!(472), false, whole),
            (20_484, json!(null), false, whole),
            (20_012, json!(null), false, uncertain),
            (20_000, json!(472), false, uncertain),
            (40_968, json!(472), false, uncertain),
            (20_012, json!(472), true, without),
            (20_484, json!(472), true, uncertain),
            (25_012, json!(472), true, uncertain),
        ] {
            let mut body = with_fee(paid, &fee, partial);
            body["payload"]["payment"]["entity"]["fee_bearer"] = bearer.clone();
            let line = lines_of(&body).await;
            let start = format!("inv-1 plink_1 order_1: {expected} + ");
            assert!(
                line.starts_with(&start),
                "{bearer} {paid} {partial}: {line}"
            );
        }
    }
    // A link in another currency confirms nothing.
    let mut body = with_fee(20_484, &json!(472), false);
    body["payload"]["payment_link"]["entity"]["currency"] = json!("USD");
    let line = lines_of(&body).await;
    assert!(line.contains(uncertain), "{line}");
    // A fee of the merchant is part of the amount.
    let mut body = with_fee(20_484, &json!(472), false);
    body["payload"]["payment"]["entity"]["fee_bearer"] = json!("platform");
    let line = lines_of(&body).await;
    assert!(line.contains(whole), "{line}");
}

#[tokio::test]
async fn an_unreadable_link_does_not_hide_the_payment() {
    for (member, value) in [
        ("status", json!(null)),
        ("currency", json!("")),
        ("amount", json!(200.12)),
        ("amount_paid", json!(null)),
    ] {
        let mut body = with_fee(20_484, &json!(472), false);
        body["payload"]["payment_link"]["entity"][member] = value;
        body["payload"]["payment"]["entity"]["fee_bearer"] = json!("platform");
        let expected = "inv-1 plink_1 order_1: claim an amount on order_1, payment pay_1";
        assert_eq!(lines_of(&body).await, expected, "{member}");
    }
}

#[tokio::test]
async fn a_refund_without_a_payment_is_never_matched_by_a_description() {
    let pointer = "/payload/refund/entity/payment_id";
    let payment = "/payload/payment/entity/id";
    let target = "plink_QflcnnZqCekuvL order_1";
    for (named, of, expected) in [
        (
            json!("pay_2"),
            json!("pay_1"),
            "refund rfnd_1 succeeded INR 50.00 named credit-1 of pay_2",
        ),
        (
            json!(null),
            json!("pay_1"),
            "refund rfnd_1 succeeded INR 50.00 named credit-1 of pay_1",
        ),
        (
            json!(""),
            json!("pay_1"),
            "refund rfnd_1 succeeded INR 50.00 named credit-1 of pay_1",
        ),
        (
            json!(null),
            json!(null),
            "refund claim rfnd_1 as credit-1 of INR 50.00",
        ),
        (
            json!({}),
            json!("NA"),
            "refund claim rfnd_1 as credit-1 of INR 50.00",
        ),
    ] {
        let mut body = refund("processed");
        *body.pointer_mut(pointer).unwrap() = named.clone();
        *body.pointer_mut(payment).unwrap() = of.clone();
        let line = lines_of(&body).await;
        let start = format!("{target}: {expected}");
        assert!(line.starts_with(&start), "{named} {of}: {line}");
    }
}

#[tokio::test]
async fn a_refund_without_an_id_is_claimed_by_its_receipt_if_its_payment_is_known() {
    let unreadable = "unreadable, `refund.id` is missing or cannot be read";
    for (receipt, named, of, expected) in [
        (
            json!("credit-1"),
            json!("pay_1"),
            json!(null),
            "refund claim as credit-1 of payment pay_1 of INR 50.00",
        ),
        (
            json!("credit-1"),
            json!(null),
            json!("pay_1"),
            "refund claim as credit-1 of payment pay_1 of INR 50.00",
        ),
        (json!("credit-1"), json!(null), json!(null), unreadable),
        (json!(null), json!("pay_1"), json!("pay_1"), unreadable),
        (json!(""), json!("pay_1"), json!("pay_1"), unreadable),
    ] {
        let mut body = refund("processed");
        let entity = body.pointer_mut("/payload/refund/entity").unwrap();
        entity["id"] = json!(null);
        entity["receipt"] = receipt.clone();
        entity["payment_id"] = named.clone();
        *body.pointer_mut("/payload/payment/entity/id").unwrap() = of.clone();
        let line = lines_of(&body).await;
        let expected = format!("plink_QflcnnZqCekuvL order_1: {expected}");
        assert_eq!(line, expected, "{receipt} {named} {of}");
    }
}

#[tokio::test]
async fn a_refund_that_is_not_wholly_readable_is_claimed() {
    let whole = "refund claim rfnd_1 as credit-1 of payment pay_1 of INR 50.00";
    let without_amount = "refund claim rfnd_1 as credit-1 of payment pay_1";
    for event in [
        "refund.created",
        "refund.processed",
        "refund.failed",
        "refund.speed_changed",
    ] {
        for (member, value, expected) in [
            ("status", None, whole),
            ("status", Some(json!(null)), whole),
            ("status", Some(json!({})), whole),
            ("amount", None, without_amount),
            ("amount", Some(json!(null)), without_amount),
            ("amount", Some(json!(1.5)), without_amount),
            ("amount", Some(json!(-1)), without_amount),
            ("currency", None, without_amount),
            ("currency", Some(json!(null)), without_amount),
            ("currency", Some(json!("")), without_amount),
        ] {
            let mut body = refund("processed");
            body["event"] = json!(event);
            let entity = body.pointer_mut("/payload/refund/entity").unwrap();
            match value {
                Some(value) => entity[member] = value,
                None => {
                    entity.as_object_mut().unwrap().remove(member);
                }
            }
            let expected = format!("plink_QflcnnZqCekuvL order_1: {expected}");
            assert_eq!(lines_of(&body).await, expected, "{event} {member}");
        }
    }
    // The smallest delivery that names a refund.
    let body = r#"{"event":"refund.processed","payload":{"refund":{"entity":{"id":"rfnd_1"}}}}"#;
    let line = event_line::all(accept(body).await.events());
    assert_eq!(line, "-: refund claim rfnd_1");
}

#[tokio::test]
async fn a_dispute_that_names_no_payment_is_about_the_one_beside_it() {
    for (named, expected) in [(json!("pay_2"), "pay_2"), (json!(null), "pay_1")] {
        let body = json!({"event": "payment.dispute.created", "payload": {
            "dispute": {"entity": {"id": "disp_1", "payment_id": named, "amount": 5_000, "currency": "INR",
                "status": "open"}},
            "payment": {"entity": {"id": "pay_1", "order_id": "order_1"}}}});
        let expected = format!("order_1: dispute disp_1 - open INR 50.00 of {expected} on order_1");
        assert_eq!(lines_of(&body).await, expected);
    }
}
