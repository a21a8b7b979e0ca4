//! Genuine deliveries with texts that are not JSON.

mod fake;
mod support;

use payment_provider_core::{Event, EventKind};
use serde_json::json;
use support::delivery::signed;
use support::webhook::{accept, one};
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
async fn a_damaged_text_that_may_decide_about_money_makes_the_delivery_unreadable() {
    let body = with_texts().await;
    let reason = "undamaged text";
    for (text, bytes, target) in [
        ("\"captured\"", &b"\"captured\xff\""[..], true),
        ("\"paid\"", b"\"pai\xff\"", true),
        ("\"INR\"", b"\"IN\xff\"", true),
        ("\"amount\":20012", b"\"amount\":\"20012\xff\"", true),
        ("\"amount\":20012", b"\"amoun\xff\":20012", true),
        ("\"id\":\"pay_", b"\"id\":\"pay_\xff", true),
        (
            "\"reference_id\":\"inv-1",
            b"\"reference_id\":\"inv-\xff",
            false,
        ),
        // A field that this version does not know may decide as well.
        ("\"other_field\"", b"\"\xff\"", true),
    ] {
        let body = body.replace("\"event\":", "\"unknown\":\"other_field\",\"event\":");
        let events = events_of_bytes(damaged(&body, text, bytes)).await;
        let [event] = &events[..] else {
            panic!("{text}: {events:?}");
        };
        let expected = format!("unreadable, `{reason}` is missing or cannot be read");
        let line = event_line::line(event);
        assert!(line.ends_with(&expected), "{text}: {line}");
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
