//! Events about money that cannot be read completely: they claim what they name, and never report
//! nothing.

mod support;

use payment_provider_core::{Event, EventKind, TimestampCheck, VerifiedWebhook};
use support::bodies::body;
use support::delivery::{delivery, sign, signed};
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

/// Handles a delivery that was signed at a time, in milliseconds.
async fn signed_at(stamp: &str, body: &str) -> VerifiedWebhook {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let signature = sign(SECRET, stamp, body.as_bytes());
    let request = delivery(&signature, stamp, body);
    provider.handle_webhook(&request).await.unwrap()
}

fn refund(fields: &str) -> String {
    format!(r#"{{"type":"REFUND_STATUS_WEBHOOK","data":{{"refund":{{{fields}}}}}}}"#)
}

fn automatic(fields: &str) -> String {
    format!(r#"{{"type":"AUTO_REFUND_STATUS_WEBHOOK","data":{{"auto_refund":{{{fields}}}}}}}"#)
}

#[tokio::test]
async fn a_refund_that_is_named_but_incomplete_is_claimed() {
    let whole = r#""cf_refund_id":7,"refund_id":"mine","cf_payment_id":8,"order_id":"o-1",
        "refund_amount":1.5,"refund_currency":"INR","refund_status":"SUCCESS""#;
    let found = line(refund(whole)).await;
    assert_eq!(
        found,
        "o-1: refund 7 succeeded INR 1.50 named mine of 8 on o-1"
    );
    let by_id = "o-1: refund claim 7 as mine of payment 8";
    let with_amount = "o-1: refund claim 7 as mine of payment 8 of INR 1.50";
    let by_reference = "o-1: refund claim as mine of payment 8 of INR 1.50";
    for (field, others, claim) in [
        (
            r#""refund_amount":1.5"#,
            r#"null,"","much",-1,1.505,{},[1],true"#,
            by_id,
        ),
        (
            r#""refund_currency":"INR""#,
            r#"null,"","RUPEE",7,{}"#,
            by_id,
        ),
        (
            r#""refund_status":"SUCCESS""#,
            r#"null,"",{},[1],true,1.5"#,
            with_amount,
        ),
        (
            r#""cf_refund_id":7"#,
            r#"null,0,"","NA","null",1.5,{},true"#,
            by_reference,
        ),
    ] {
        let missing = whole.replace(field, r#""other":1"#);
        assert_ne!(missing, whole, "{field}");
        assert_eq!(line(refund(&missing)).await, claim, "{field}");
        assert_eq!(line(automatic(&missing)).await, claim, "{field}");
        let name = field.split(':').next().unwrap();
        let others: Vec<serde_json::Value> = serde_json::from_str(&format!("[{others}]")).unwrap();
        for other in others {
            let changed = whole.replace(field, &format!("{name}:{other}"));
            assert_eq!(line(refund(&changed)).await, claim, "{changed}");
            assert_eq!(line(automatic(&changed)).await, claim, "{changed}");
        }
    }
}

#[tokio::test]
async fn the_smallest_refund_event_is_a_claim() {
    for (fields, expected) in [
        (r#""cf_refund_id":7"#, "-: refund claim 7"),
        (r#""cf_refund_id":"refund_7""#, "-: refund claim 7"),
        (r#""refund_id":"mine""#, "-: refund claim as mine"),
        (
            r#""cf_refund_id":7,"order_id":"o-1""#,
            "o-1: refund claim 7",
        ),
        (
            r#""cf_refund_id":7,"cf_payment_id":8"#,
            "-: refund claim 7 of payment 8",
        ),
    ] {
        assert_eq!(line(refund(fields)).await, expected);
        assert_eq!(line(automatic(fields)).await, expected);
    }
}

#[tokio::test]
async fn a_refund_event_that_names_no_refund_is_unreadable_with_its_target() {
    let unreadable = "unreadable, `cf_refund_id` is missing or cannot be read";
    for (fields, target) in [
        ("", "-"),
        (r#""order_id":"o-1""#, "o-1"),
        (
            r#""order_id":"o-1","cf_payment_id":8,"refund_amount":1,"refund_currency":"INR",
            "refund_status":"SUCCESS""#,
            "o-1",
        ),
    ] {
        let expected = format!("{target}: {unreadable}");
        assert_eq!(line(refund(fields)).await, expected);
        assert_eq!(line(automatic(fields)).await, expected);
    }
    for (body, field) in [
        (r#"{"type":"REFUND_STATUS_WEBHOOK"}"#, "data"),
        (
            r#"{"type":"REFUND_STATUS_WEBHOOK","data":{}}"#,
            "data.refund",
        ),
        (
            r#"{"type":"REFUND_STATUS_WEBHOOK","data":{"refund":[]}}"#,
            "data.refund",
        ),
        (
            r#"{"type":"AUTO_REFUND_STATUS_WEBHOOK","data":{}}"#,
            "data.auto_refund",
        ),
    ] {
        let expected = format!("-: unreadable, `{field}` is missing or cannot be read");
        assert_eq!(line(body).await, expected);
    }
}

#[tokio::test]
async fn a_refund_on_hold_and_its_success_are_two_movements_of_one_refund() {
    let whole = body("refund_status.2025-01-01");
    let mut keys = Vec::new();
    for status in ["PENDING", "ONHOLD", "SUCCESS"] {
        let events = events(whole.replacen("SUCCESS", status, 1)).await;
        let EventKind::Refund(refund) = &events[0].kind else {
            panic!("{events:?}");
        };
        let returned = refund.status == payment_provider_core::RefundStatus::Succeeded;
        assert_eq!(returned, status == "SUCCESS");
        keys.push(refund.dedup_key().to_string());
    }
    let expected = [
        "refund:pending:3310071",
        "refund:on_hold:3310071",
        "refund:succeeded:3310071",
    ];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn a_successful_payment_without_a_readable_amount_is_claimed_by_its_id() {
    let whole = r#"{"type":"PAYMENT_SUCCESS_WEBHOOK","data":{
        "order":{"order_id":"o-1","order_amount":1.5,"order_currency":"INR","order_tags":null},
        "payment":{"cf_payment_id":"8","payment_status":"SUCCESS"}}}"#;
    assert_eq!(
        line(whole).await,
        "o-1: payment 8 succeeded INR 1.50 on o-1"
    );
    let named = "o-1: claim an amount on o-1, payment 8";
    let alone = "-: claim an amount on payment 8";
    for (from, to, expected) in [
        ("1.5", "null", named),
        ("1.5", "\"\"", named),
        ("1.5", "-1.5", named),
        ("1.5", "1.505", named),
        ("1.5", "{}", named),
        ("\"order_amount\":1.5,", "", named),
        ("\"INR\"", "null", named),
        ("\"INR\"", "\"RUPEE\"", named),
        ("\"INR\"", "7", named),
        ("\"order_currency\":\"INR\",", "", named),
        ("\"order\":", "\"other\":", alone),
        ("\"o-1\",\"order_amount\":1.5", "null", alone),
        ("\"o-1\"", "null", "-: claim INR 1.50 on payment 8"),
    ] {
        assert!(whole.contains(from), "{from}");
        let changed = whole.replace(from, to);
        assert_eq!(line(changed.clone()).await, expected, "{to}");
        // The type of the delivery adds nothing.
        let other_type = changed.replace("_SUCCESS_", "_FAILED_");
        assert_eq!(line(other_type).await, expected, "{to}");
    }
}

#[tokio::test]
async fn a_payment_without_a_certain_id_or_success_is_not_claimed_by_its_id() {
    let whole = r#"{"type":"PAYMENT_SUCCESS_WEBHOOK","data":{
        "order":{"order_id":"o-1","order_amount":null,"order_currency":"INR"},
        "payment":{"cf_payment_id":"8","payment_status":"SUCCESS"}}}"#;
    for (from, to) in [
        ("\"8\"", "null"),
        ("\"8\"", "\"NA\""),
        ("\"8\"", "1.5"),
        ("\"SUCCESS\"", "null"),
        ("\"SUCCESS\"", "\"success\""),
        ("\"SUCCESS\"", "\"FAILED\""),
        ("\"SUCCESS\"", "\"PENDING\""),
        ("\"SUCCESS\"", "\"CANCELLED\""),
    ] {
        let found = line(whole.replace(from, to)).await;
        assert!(found.starts_with("o-1: unreadable, "), "{to}: {found}");
    }
}

#[tokio::test]
async fn money_reported_too_late_or_too_early_is_claimed_with_all_its_names() {
    // The clock of these tests is at 1768471200.
    let day_and_hour_ago = "1768381200000";
    let in_eleven_minutes = "1768471860000";
    for (stamp, check) in [
        (day_and_hour_ago, TimestampCheck::Stale),
        (in_eleven_minutes, TimestampCheck::FromFuture),
    ] {
        for (name, expected) in [
            (
                "payment_success.2025-01-01",
                "inv-2026-0017-A 4410023 CFPay_Qx7_m3: \
                 claim INR 350.00 on CFPay_Qx7_m3, payment 880143",
            ),
            (
                "refund_status.2025-01-01",
                "CFPay_Qx7_m3: refund claim 3310071 as ret_0017_1 of payment 880143 of INR 120.50",
            ),
            (
                "auto_refund_status.2025-01-01",
                "CFPay_Qx7_t9: refund claim 3310099 of payment 880178 of INR 899.50",
            ),
            (
                "payment_failed.2025-01-01",
                "inv-2026-0017-A 4410023 CFPay_Qx7_m3: fetch",
            ),
        ] {
            let webhook = signed_at(stamp, &body(name)).await;
            assert_eq!(webhook.timestamp_check(), check);
            assert_eq!(event_line::all(webhook.events()), expected, "{name}");
        }
        // A claim stays one.
        let incomplete = refund(r#""cf_refund_id":7"#);
        let webhook = signed_at(stamp, &incomplete).await;
        assert_eq!(event_line::all(webhook.events()), "-: refund claim 7");
    }
}

fn charges(data: &str) -> String {
    format!(r#"{{"type":"PAYMENT_CHARGES_WEBHOOK","data":{data}}}"#)
}

#[tokio::test]
async fn an_event_of_charges_is_a_reason_to_fetch_what_it_names() {
    for (data, target) in [
        (r#"{"order":{"order_id":"o-1"}}"#, "o-1"),
        (r#"{"order":{"order_id":17}}"#, "17"),
        (r#"{"order_id":"o-1"}"#, "o-1"),
        (
            r#"{"payment":{"order_id":"o-1","cf_payment_id":"8"}}"#,
            "o-1",
        ),
        (r#"{"order_details":{"order_id":"o-1"}}"#, "o-1"),
        (r#"{"link_id":"inv-1"}"#, "inv-1"),
        (r#"{"cf_link_id":4410023}"#, "4410023"),
        (
            r#"{"order":{"order_tags":{"link_id":"inv-1","cf_link_id":"4410023"}}}"#,
            "inv-1 4410023",
        ),
        (
            r#"{"order":{"order_id":"o-1","order_tags":{"link_id":"inv-1","cf_link_id":"4410023"}},
            "payment":{"cf_payment_id":8}}"#,
            "inv-1 4410023 o-1",
        ),
        // One place cannot be read, another one can.
        (r#"{"order":{"order_id":null},"order_id":"o-1"}"#, "o-1"),
        (r#"{"order":[],"link_id":"inv-1"}"#, "inv-1"),
    ] {
        assert_eq!(
            line(charges(data)).await,
            format!("{target}: fetch"),
            "{data}"
        );
    }
    let stale = signed_at("1768381200000", &charges(r#"{"order_id":"o-1"}"#)).await;
    assert_eq!(event_line::all(stale.events()), "o-1: fetch");
}

#[tokio::test]
async fn an_event_of_charges_without_a_name_is_unreadable() {
    for data in [
        "null",
        "{}",
        "[]",
        "7",
        r#"{"order":{"order_id":"NA"}}"#,
        r#"{"order":{"order_id":null,"order_amount":5}}"#,
        // No target holds the id of a payment.
        r#"{"payment":{"cf_payment_id":"8","payment_amount":5}}"#,
        r#"{"order":{"order_tags":{"link_id":"a b","cf_link_id":0}}}"#,
    ] {
        let found = line(charges(data)).await;
        assert!(found.starts_with("-: unreadable, "), "{data}: {found}");
    }
}
