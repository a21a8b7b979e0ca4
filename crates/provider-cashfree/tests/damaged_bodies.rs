//! Bodies that verify but are not JSON as a whole: damage in a text that decides nothing costs
//! nothing. After any other damage a payment that brought money and a refund are only claimed by an id
//! that is intact, without an amount; everything else is unreadable.

mod support;

use payment_provider_core::{Event, EventKind, PaymentStatus};
use support::bodies::{body, files, folder, name};
use support::delivery::signed;
use support::log::Log;
use support::{SECRET, config, connect_with, settings};
use test_support::event_line;

async fn events(body: impl Into<Vec<u8>>) -> Vec<Event> {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let webhook = provider.handle_webhook(&signed(SECRET, body)).await;
    webhook.unwrap().into_events()
}

async fn line(body: impl Into<Vec<u8>>) -> String {
    event_line::all(&events(body).await)
}

/// Replaces one part of a body by bytes.
fn with(body: &str, from: &str, to: &[u8]) -> Vec<u8> {
    let (start, end) = body.split_once(from).unwrap_or_else(|| panic!("{from}"));
    [start.as_bytes(), to, end.as_bytes()].concat()
}

const PAYMENT: &str = "payment_success.2025-01-01";
const LINK: &str = "link_event.partially_paid";
const REFUND: &str = "refund_status.2025-01-01";

/// Forms of damage within a string.
const DAMAGE: [&[u8]; 9] = [
    b"As\xff",
    b"\xe9",
    // Half of a surrogate pair, in bytes.
    b"\xed\xa0\x80",
    b"As\nha",
    b"As\0ha",
    b"\x1f",
    br"As\xha",
    br"\u12z",
    br"\'",
];

#[tokio::test]
async fn damage_in_a_text_that_decides_nothing_costs_nothing() {
    for (file, text) in [
        (PAYMENT, "Asha Rao"),
        (PAYMENT, "asha@shop.example"),
        (PAYMENT, "00::Transaction success"),
        (PAYMENT, "asha@upi.example"),
        (PAYMENT, "77120045"),
        (LINK, "Asha Rao"),
        (LINK, "Invoice 2026-0017\""),
        (LINK, "AAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let whole = body(file);
        let expected = line(whole.clone()).await;
        for damage in DAMAGE {
            let quoted = [damage, &b"\""[..]].concat();
            let damage = if text.ends_with('"') {
                &quoted[..]
            } else {
                damage
            };
            let found = line(with(&whole, text, damage)).await;
            assert_eq!(found, expected, "{file}, {text}: {damage:?}");
        }
    }
    // The note of a refund is kept, with a sign in place of what was lost.
    let found = line(with(&body(REFUND), "item returned", b"item \xff")).await;
    assert!(found.contains(" since item \u{fffd} "), "{found}");
}

#[tokio::test]
async fn damage_in_a_value_that_decides_leaves_a_claim_by_an_intact_id() {
    const ALL: &str = "inv-2026-0017-A 4410023 CFPay_Qx7_m3";
    const BY_PAYMENT: &str = "claim an amount on CFPay_Qx7_m3, payment 880143";
    const BY_ORDER: &str = "claim an amount on CFPay_Qx7_m3";
    let named = "refund claim 3310071 as ret_0017_1 of payment 880143";
    let unnamed = "refund claim 3310071 of payment 880143";
    for (file, value, target, claim) in [
        (PAYMENT, "880143", ALL, BY_ORDER),
        (
            PAYMENT,
            "CFPay_Qx7_m3",
            "inv-2026-0017-A 4410023",
            "claim an amount on payment 880143",
        ),
        (
            PAYMENT,
            "inv-2026-0017-A",
            "4410023 CFPay_Qx7_m3",
            BY_PAYMENT,
        ),
        (
            PAYMENT,
            "4410023",
            "inv-2026-0017-A CFPay_Qx7_m3",
            BY_PAYMENT,
        ),
        (PAYMENT, "INR", ALL, BY_PAYMENT),
        (PAYMENT, "order_amount", ALL, BY_PAYMENT),
        (LINK, "inv-2026-0017-A", "4410023 CFPay_Qx7_m3", BY_ORDER),
        (REFUND, "ret_0017_1", "CFPay_Qx7_m3", unnamed),
        (REFUND, "SUCCESS", "CFPay_Qx7_m3", named),
        (REFUND, "CFPay_Qx7_m3", "-", named),
        (REFUND, "INR", "CFPay_Qx7_m3", named),
    ] {
        let whole = body(file);
        let expected = format!("{target}: {claim}");
        let (first, last) = value.split_at(1);
        for damage in DAMAGE {
            let damaged = [first.as_bytes(), damage, last.as_bytes()].concat();
            let found = line(with(&whole, value, &damaged)).await;
            assert_eq!(found, expected, "{file}, {value}: {damage:?}");
        }
        // A text without meaning that is damaged as well changes nothing.
        if whole.contains("Asha Rao") {
            let damaged = with(&whole, "Asha Rao", b"\xff");
            let damaged = String::from_utf8_lossy(&damaged).into_owned();
            let found = line(with(&damaged, value, b"\xff")).await;
            assert_eq!(found, expected, "{file}, {value}");
        }
    }
}

#[tokio::test]
async fn a_damaged_payment_that_brought_no_money_is_not_claimed() {
    let failed = body(PAYMENT).replace("\"SUCCESS\"", "\"FAILED\"");
    let found = line(with(&failed, "inv-2026-0017-A", b"\xff")).await;
    let expected = "4410023 CFPay_Qx7_m3: unreadable, `body` is missing or cannot be read";
    assert_eq!(found, expected);
}

#[tokio::test]
async fn damage_in_a_value_that_names_the_money_makes_the_event_unreadable() {
    for (file, value, target) in [
        (PAYMENT, "SUCCESS", "inv-2026-0017-A 4410023 CFPay_Qx7_m3"),
        (
            PAYMENT,
            "payment_status",
            "inv-2026-0017-A 4410023 CFPay_Qx7_m3",
        ),
        (
            LINK,
            "PARTIALLY_PAID",
            "inv-2026-0017-A 4410023 CFPay_Qx7_m3",
        ),
        (LINK, "600.00", "inv-2026-0017-A 4410023 CFPay_Qx7_m3"),
        (LINK, "CFPay_Qx7_m3", "inv-2026-0017-A 4410023"),
        (
            "dispute.created.2025-01-01",
            "CHARGEBACK_CREATED",
            "CFPay_Qx7_m3",
        ),
        ("settlement.success.2025-01-01", "N016260098761", "-"),
        ("payment_charges", "CFPay_Qx7_m3", "-"),
    ] {
        let whole = body(file);
        let expected = format!("{target}: unreadable, `");
        let (first, last) = value.split_at(1);
        for damage in DAMAGE {
            let damaged = [first.as_bytes(), damage, last.as_bytes()].concat();
            let found = line(with(&whole, value, &damaged)).await;
            assert!(
                found.starts_with(&expected),
                "{file}, {value}: {damage:?}: {found}"
            );
        }
        // It stays unreadable if a text without meaning is damaged as well.
        if whole.contains("Asha Rao") {
            let damaged = with(&whole, "Asha Rao", b"\xff");
            let damaged = String::from_utf8_lossy(&damaged).into_owned();
            let found = line(with(&damaged, value, b"\xff")).await;
            assert!(found.starts_with(&expected), "{file}, {value}: {found}");
        }
    }
}

#[tokio::test]
async fn a_damaged_type_makes_the_event_unreadable_without_a_target() {
    let damaged = with(&body(PAYMENT), "PAYMENT_SUCCESS_WEBHOOK", b"PAYMENT_\xff");
    let expected = "-: unreadable, `type` is missing or cannot be read";
    assert_eq!(line(damaged).await, expected);
    let damaged = with(&body(PAYMENT), "\"type\"", b"\"type\xff\"");
    assert_eq!(line(damaged).await, expected);
    // An unsupported type is not read, damaged or not.
    let damaged = with(
        &body("unread.payment_form"),
        "\"data\": {",
        b"\"data\": {\"a\":\"\xff\",",
    );
    assert_eq!(line(damaged).await, "-: unrecognised, unsupported type");
}

#[tokio::test]
async fn half_of_a_surrogate_pair_costs_only_the_value_that_has_it() {
    let whole = body(PAYMENT);
    let expected = line(whole.clone()).await;
    for half in [r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud800x"] {
        let found = line(whole.replace("Asha Rao", half)).await;
        assert_eq!(found, expected, "{half}");
        let note = body(REFUND).replace("item returned", half);
        let found = line(note).await;
        assert!(
            found.contains("refund 3310071 succeeded INR 120.50"),
            "{found}"
        );
        let status = whole.replacen("SUCCESS", half, 1);
        let unreadable = "inv-2026-0017-A 4410023 CFPay_Qx7_m3: unreadable, `payment_status`";
        let found = line(status).await;
        assert!(found.starts_with(unreadable), "{found}");
        let id = line(whole.replacen("880143", half, 1)).await;
        assert!(id.ends_with(": claim INR 350.00 on CFPay_Qx7_m3"), "{id}");
    }
    let pair = line(whole.replace("Asha Rao", r"\ud83d\ude00")).await;
    assert_eq!(pair, expected);
}

/// A sender that replaced what it could not read: the body is JSON.
#[tokio::test]
async fn a_bank_reference_with_a_lost_character_is_left_out() {
    for (file, reference) in [
        (PAYMENT, "601512345678"),
        (REFUND, "401512340001"),
        ("settlement.success.2025-01-01", "N016260098761"),
    ] {
        let whole = body(file);
        let with_reference = format!(" bank {reference}");
        let expected = line(whole.clone()).await;
        assert!(expected.contains(&with_reference), "{expected}");
        let expected = expected.replace(&with_reference, "");
        for lost in ["\u{fffd}", "6015\u{fffd}", "\\ufffd2"] {
            let damaged = whole.replace(reference, lost);
            assert_eq!(line(damaged).await, expected, "{file}: {lost}");
        }
    }
}

#[tokio::test]
async fn a_repeated_field_costs_only_the_object_whose_value_is_ambiguous() {
    let whole = body(PAYMENT);
    let expected = line(whole.clone()).await;
    let twice = |field: &str, value: &str| {
        assert!(whole.contains(field), "{field}");
        whole.replacen(field, &format!("{field}: {value}, {field}"), 1)
    };
    // A field that is not read.
    for (field, value) in [("\"customer_name\"", "\"x\""), ("\"auth_id\"", "1")] {
        assert_eq!(line(twice(field, value)).await, expected, "{field}");
    }
    for (field, value, found) in [
        // The payment of an ambiguous order is certain, its amount is not.
        (
            "\"order_amount\"",
            "1",
            "-: claim an amount on payment 880143",
        ),
        (
            "\"order_currency\"",
            "\"USD\"",
            "-: claim an amount on payment 880143",
        ),
        (
            "\"order_id\"",
            "\"x\"",
            "-: claim an amount on payment 880143",
        ),
        (
            "\"payment_status\"",
            "\"FAILED\"",
            "inv-2026-0017-A 4410023 CFPay_Qx7_m3: unreadable, \
             `data.payment` is missing or cannot be read",
        ),
        (
            "\"cf_payment_id\"",
            "\"1\"",
            "inv-2026-0017-A 4410023 CFPay_Qx7_m3: unreadable, \
             `data.payment` is missing or cannot be read",
        ),
        (
            "\"payment\"",
            "null",
            "-: unreadable, `data` is missing or cannot be read",
        ),
        (
            "\"type\"",
            "\"WEBHOOK\"",
            "-: unreadable, `body` is missing or cannot be read",
        ),
    ] {
        assert_eq!(line(twice(field, value)).await, found, "{field}");
    }
    let found = line(twice("\"cf_link_id\"", "\"7\"")).await;
    assert!(
        found.starts_with("CFPay_Qx7_m3: payment 880143 succeeded "),
        "{found}"
    );
}

#[tokio::test]
async fn a_body_that_is_incomplete_or_followed_by_something_is_unreadable() {
    for file in [PAYMENT, LINK, REFUND] {
        let whole = body(file);
        for tail in ["x", "{}", "\0", "\u{feff}", "\"", "}"] {
            let found = line(format!("{}{tail}", whole.trim_end())).await;
            let expected = "-: unreadable, `body` is missing or cannot be read";
            assert_eq!(found, expected, "{file} {tail:?}");
        }
        let bom = format!("\u{feff}{whole}");
        assert!(line(bom).await.starts_with("-: unreadable, `body`"));
        let half = &whole.as_bytes()[..whole.len() / 2];
        let damaged = with(&whole, "CFPay", b"\xff");
        for cut in [half, &damaged[..damaged.len() - 3]] {
            assert!(line(cut).await.starts_with("-: unreadable, `body`"));
        }
        let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(line(utf16).await.starts_with("-: unreadable, `body`"));
    }
}

fn before_note(line: &str) -> &str {
    let (start, _) = line.split_once(" since ").unwrap_or((line, ""));
    start
}

/// Returns true if an event claims what another one reports, by the same ids and without an amount.
fn is_claim_of(event: &Event, whole: &Event) -> bool {
    fn same<T: PartialEq>(found: Option<&T>, whole: Option<&T>) -> bool {
        found.is_none() || found == whole
    }
    match (&event.kind, &whole.kind) {
        (EventKind::PaymentClaimed(claim), EventKind::Payment(payment)) => {
            payment.status == PaymentStatus::Succeeded
                && claim.amount.is_none()
                && same(claim.payment_id.as_ref(), Some(&payment.id))
                && same(claim.order_id.as_ref(), payment.order_id.as_ref())
        }
        (EventKind::PaymentClaimed(claim), EventKind::PaymentClaimed(whole)) => {
            claim.amount.is_none()
                && same(claim.payment_id.as_ref(), whole.payment_id.as_ref())
                && same(claim.order_id.as_ref(), whole.order_id.as_ref())
        }
        (EventKind::RefundClaimed(claim), EventKind::Refund(refund)) => {
            claim.amount.is_none()
                && same(claim.id.as_ref(), Some(&refund.id))
                && same(claim.reference.as_ref(), refund.reference.as_ref())
                && same(claim.payment_id.as_ref(), refund.payment_id.as_ref())
        }
        _ => false,
    }
}

/// Damages one byte after the other: no event may report what the body does not.
#[tokio::test]
async fn a_lost_byte_never_changes_what_an_event_reports() {
    for file in files(&folder()) {
        let whole = std::fs::read(&file).unwrap();
        let reported = events(whole.clone()).await;
        let expected = event_line::all(&reported);
        for place in (0..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[place] = 0xff;
            let found = events(damaged).await;
            let shown = event_line::all(&found);
            let unread = found.iter().all(|event| {
                matches!(
                    event.kind,
                    EventKind::Unreadable { .. } | EventKind::Unrecognised { .. }
                ) || reported.iter().any(|whole| is_claim_of(event, whole))
            });
            // A damaged note of a refund or a dispute is kept.
            let same = if shown.contains('\u{fffd}') {
                before_note(&shown) == before_note(&expected)
            } else {
                shown == expected
            };
            assert!(same || unread, "{} at {place}: {shown}", name(&file));
        }
    }
}

#[tokio::test]
async fn nothing_of_a_damaged_body_is_logged() {
    let (log, _guard) = Log::listen_here();
    let _ = line(with(&body(PAYMENT), "CFPay_Qx7_m3", b"canary-id\xff")).await;
    let _ = line(with(&body(PAYMENT), "Asha Rao", b"canary-name\xff")).await;
    assert_eq!(log.take_warnings().len(), 1);
    assert!(!log.text().contains("canary"), "{}", log.text());
}
