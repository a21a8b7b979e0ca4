//! Genuine deliveries with texts that are not JSON.

mod fake;
mod support;

use payment_provider_core::{Event, EventKind};
use serde_json::json;
use support::delivery::signed;
use support::webhook::{accept, one, refund};
use support::*;
use test_support::event_line;

/// Returns the body with the first occurrence of a text replaced by bytes that may be no text.
fn damaged(body: &str, text: &str, bytes: &[u8]) -> Vec<u8> {
    let at = body.find(text).unwrap_or_else(|| panic!("no {text}"));
    [
        &body.as_bytes()[..at],
        bytes,
        &body.as_bytes()[at + text.len()..],
    ]
    .concat()
}

async fn events_of_bytes(body: Vec<u8>) -> Vec<Event> {
    let request = signed(WEBHOOK_SECRET, body);
    let webhook = offline().handle_webhook(&request).await.unwrap();
    webhook.into_events()
}

/// A delivery of a paid link with texts that decide nothing.
async fn with_texts() -> String {
    let mut body = one("payment_link.paid").await;
    let link = body.pointer_mut("/payload/payment_link/entity").unwrap();
    link["customer"] = json!({"name": "A-name", "email": "A-mail@shop.example"});
    link["description"] = json!("A-purpose");
    link["notes"] = json!({"A-key": "A-note"});
    let payment = body.pointer_mut("/payload/payment/entity").unwrap();
    payment["vpa"] = json!("A-vpa");
    payment["acquirer_data"]["A-member"] = json!("x");
    body.to_string()
}

#[tokio::test]
async fn a_damaged_text_that_decides_nothing_costs_nothing() {
    let body = with_texts().await;
    let undamaged = accept(&body).await.into_events();
    assert!(matches!(undamaged[0].kind, EventKind::Payment(_)));
    for text in ["A-name", "A-mail", "A-purpose", "A-key", "A-note", "A-vpa"] {
        for bytes in [&b"Zo\xeb"[..], b"\xff", b"a\nb", br"\x"] {
            let events = events_of_bytes(damaged(&body, text, bytes)).await;
            assert_eq!(events, undamaged, "{text} {bytes:?}");
        }
    }
}

#[tokio::test]
async fn of_a_delivery_with_a_damaged_text_that_may_decide_about_money_a_claim_remains() {
    let body = with_texts().await;
    let reason = "undamaged text";
    let unreadable = format!("unreadable, `{reason}` is missing or cannot be read");
    let (order, payment) = ("order_Fake0000000002", "pay_Fake0000000003");
    let claim = format!("claim an amount on {order}, payment {payment}");
    for (text, bytes, target, expected) in [
        // A field's name, then the status.
        ("\"captured\"", &b"\"captured\xff\""[..], true, &claim),
        (
            "\"status\":\"captured",
            b"\"status\":\"captured\xff",
            true,
            &unreadable,
        ),
        ("\"paid\"", b"\"pai\xff\"", true, &claim),
        ("\"INR\"", b"\"IN\xff\"", true, &claim),
        (
            "\"amount\":20012",
            b"\"amount\":\"20012\xff\"",
            true,
            &claim,
        ),
        ("\"amount\":20012", b"\"amoun\xff\":20012", true, &claim),
        ("\"id\":\"pay_", b"\"id\":\"pay_\xff", true, &unreadable),
        (
            "\"reference_id\":\"inv-1",
            b"\"reference_id\":\"inv-\xff",
            false,
            &claim,
        ),
        // A field that this version does not know may decide as well.
        ("\"other_field\"", b"\"\xff\"", true, &claim),
    ] {
        let body = body.replace("\"event\":", "\"unknown\":\"other_field\",\"event\":");
        let events = events_of_bytes(damaged(&body, text, bytes)).await;
        let [event] = &events[..] else {
            panic!("{text}: {events:?}");
        };
        let line = event_line::line(event);
        assert!(line.ends_with(&format!(": {expected}")), "{text}: {line}");
        assert_eq!(event.gateway_type, "payment_link.paid");
        assert!(event.target.gateway_id.is_some(), "{text}");
        assert_eq!(event.target.reference.is_some(), target, "{text}");
    }
    // Without its type, nothing of the delivery is known.
    let bytes = damaged(&body, "payment_link.paid", b"payment_link.\xff");
    let events = events_of_bytes(bytes).await;
    let expected = format!("-: unreadable, `{reason}` is missing or cannot be read");
    assert_eq!(event_line::all(&events), expected);
    // An unknown type stays one.
    let unknown = body.replace("payment_link.paid", "payment_link.sung");
    let events = events_of_bytes(damaged(&unknown, "\"INR\"", b"\"\xff\"")).await;
    assert_eq!(
        event_line::all(&events),
        "-: unrecognised, unsupported type"
    );
    // A body that is not whole is not repaired.
    let half = body.as_bytes()[..body.len() / 2].to_vec();
    let line = event_line::all(&events_of_bytes([half, b"\xff".to_vec()].concat()).await);
    assert_eq!(line, "-: unreadable, `body` is missing or cannot be read");
}

#[tokio::test]
async fn a_damaged_payment_event_or_refund_is_claimed_without_an_amount() {
    for (body, text, bytes, expected) in [
        (
            one("payment.captured").await,
            "\"INR\"",
            &b"\"INR\",\"x\":\"\xff\""[..],
            "claim an amount on order_Fake0000000002, payment pay_Fake0000000003",
        ),
        (
            one("payment.captured").await,
            "\"order_id\":\"order_",
            b"\"order_id\":\"order\xff",
            "claim an amount on payment pay_Fake0000000003",
        ),
        (
            refund("processed"),
            "5000",
            b"5000,\"x\":\"\xff\"",
            "refund claim rfnd_1 as credit-1 of payment pay_1",
        ),
        (
            refund("processed"),
            "credit-1",
            b"credit\xff",
            "refund claim rfnd_1 of payment pay_1",
        ),
        (
            refund("processed"),
            "rfnd_1",
            b"rfnd\xff",
            "refund claim as credit-1 of payment pay_1",
        ),
        (
            refund("processed"),
            "\"status\":\"processed",
            b"\"status\":\"proc\xff",
            "refund claim rfnd_1 as credit-1 of payment pay_1",
        ),
        (
            one("payment.authorized").await,
            "\"INR\"",
            b"\"INR\",\"x\":\"\xff\"",
            "unreadable, `undamaged text` is missing or cannot be read",
        ),
    ] {
        let events = events_of_bytes(damaged(&body.to_string(), text, bytes)).await;
        let line = event_line::all(&events);
        assert!(line.ends_with(&format!(": {expected}")), "{text}: {line}");
    }
}

#[tokio::test]
async fn a_damaged_bank_reference_is_left_out() {
    let body = one("payment_link.paid").await.to_string();
    let undamaged = accept(&body).await.into_events();
    let events = events_of_bytes(damaged(&body, "100000000001", b"1000\xff")).await;
    let [EventKind::Payment(was), EventKind::Payment(is)] = [&undamaged[0].kind, &events[0].kind]
    else {
        panic!("{events:?}");
    };
    assert!(was.bank_reference.is_some());
    assert_eq!(is.bank_reference, None);
    let body = refund("processed").to_string();
    let events = events_of_bytes(damaged(&body, "10000000000000", b"1000\xff")).await;
    let EventKind::Refund(refund) = &events[0].kind else {
        panic!("{events:?}");
    };
    assert_eq!(refund.bank_reference, None);
}
