//! The events of every type of delivery, in every version.

mod support;

use std::collections::BTreeMap;

use payment_provider_core::{Event, EventKind, TimestampCheck, VerifiedWebhook};
use support::bodies::{body, files, folder, name};
use support::delivery::{STAMP, sign, signed, with_headers};
use support::{SECRET, config, connect_with, settings};
use test_support::event_line;

/// The events of the bodies in `tests/bodies`: each row has one description and all bodies that
/// match it.
const TABLE: &[(&str, &[&str])] = &[
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: claim INR 350.00 on CFPay_Qx7_m3 + \
         inv-2026-0017-A 4410023 CFPay_Qx7_m3: link partially_paid, INR 600.00 of INR 1499.50",
        &["link_event.partially_paid"],
    ),
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_t9: claim INR 899.50 on CFPay_Qx7_t9 + \
         inv-2026-0017-A 4410023 CFPay_Qx7_t9: link paid, INR 1499.50 of INR 1499.50",
        &["link_event.paid"],
    ),
    (
        "inv-2026-0017-A 4410023: link paid, INR 1499.50 of INR 1499.50",
        &["link_event.paid_without_order"],
    ),
    (
        "inv-2026-0017-A 4410023: link expired, INR 0.00 of INR 1499.50",
        &["link_event.expired"],
    ),
    (
        "inv-2026-0017-A 4410023: link cancelled, INR 250.00 of INR 1499.50",
        &["link_event.cancelled"],
    ),
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880143 succeeded INR 350.00 on CFPay_Qx7_m3 \
         by upi bank 601512345678 at 2026-01-15T09:57:51Z",
        &[
            "payment_success.2021-09-21",
            "payment_success.2022-09-01",
            "payment_success.2026-01-01",
        ],
    ),
    (
        // An offer.
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880143 succeeded INR 350.00 charged INR 325.50 \
         on CFPay_Qx7_m3 by upi bank 601512345678 at 2026-01-15T09:57:51Z",
        &["payment_success.2023-08-01"],
    ),
    (
        // A surcharge.
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880143 succeeded INR 350.00 charged INR 357.08 \
         on CFPay_Qx7_m3 by upi bank 601512345678 at 2026-01-15T09:57:51Z",
        &["payment_success.2025-01-01"],
    ),
    (
        "CFPay_Qx7_m3: payment 880199 succeeded INR 350.00 on CFPay_Qx7_m3 \
         by upi bank 601512345678 at 2026-01-15T09:57:51Z",
        &["payment_success.without_link.2025-01-01"],
    ),
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880143 pending INR 350.00 on CFPay_Qx7_m3 \
         by upi at 2026-01-15T09:57:51Z",
        &["payment_success.pending.2025-01-01"],
    ),
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880102 failed INR 350.00 on CFPay_Qx7_m3 \
         by net_banking code TRANSACTION_DECLINED at 2026-01-15T09:57:51Z",
        &[
            "payment_failed.2022-09-01",
            "payment_failed.2023-08-01",
            "payment_failed.2025-01-01",
        ],
    ),
    (
        "inv-2026-0017-A 4410023 CFPay_Qx7_m3: payment 880109 dropped INR 350.00 on CFPay_Qx7_m3 \
         by upi at 2026-01-15T09:57:51Z",
        &[
            "payment_user_dropped.2022-09-01",
            "payment_user_dropped.2025-01-01",
        ],
    ),
    (
        "CFPay_Qx7_m3: refund 3310071 succeeded INR 120.50 named ret_0017_1 of 880143 on CFPay_Qx7_m3 \
         by merchant bank 401512340001 since item returned at 2026-01-17T06:10:02Z",
        &[
            "refund_status.2022-09-01",
            "refund_status.2023-08-01",
            "refund_status.2025-01-01",
        ],
    ),
    (
        "CFPay_Qx7_m3: refund 3310071 cancelled INR 120.50 named ret_0017_1 of 880143 on CFPay_Qx7_m3 \
         by merchant since item returned but called off by the merchant",
        &["refund_status.cancelled.2023-08-01"],
    ),
    (
        "CFPay_Qx7_t9: refund 3310099 succeeded INR 899.50 of 880178 on CFPay_Qx7_t9 \
         by gateway bank 401512340044 since the order was paid twice",
        &[
            "auto_refund_status.2022-09-01",
            "auto_refund_status.2023-08-01",
            "auto_refund_status.2025-01-01",
        ],
    ),
    (
        "CFPay_Qx7_t9: refund 3310099 pending INR 899.50 of 880178 on CFPay_Qx7_t9 \
         by gateway since the order was paid twice",
        &["auto_refund_status.initiated.2023-08-01"],
    ),
    (
        "CFPay_Qx7_t9: refund 3310103 succeeded INR 899.50 of 880178 on CFPay_Qx7_t9 \
         by gateway bank 401512340044 since the order was paid twice",
        &["auto_refund_status.unreconciled.2023-08-01"],
    ),
    (
        "-: settlement 90122 initiated INR 1461.76 at 2026-01-16T03:30:01Z",
        &["settlement.initiated"],
    ),
    (
        "-: settlement 90122 succeeded INR 1461.76 bank 98765432109876543210 \
         at 2026-01-16T03:42:30Z",
        &["settlement.success"],
    ),
    (
        "-: settlement 90122 succeeded INR 1461.76 bank N016260098761 at 2026-01-16T03:42:30Z",
        &["settlement.success.2025-01-01"],
    ),
    (
        "-: settlement 90122 failed INR 1461.76 at 2026-01-16T03:30:01Z",
        &["settlement.failed"],
    ),
    (
        "-: settlement 90122 reversed INR 1461.76 bank 98765432109876543210 \
         at 2026-01-16T03:42:30Z",
        &["settlement.reversed"],
    ),
    (
        "CFPay_Qx7_m3: dispute 55100342 chargeback open INR 350.00 of 880143 on CFPay_Qx7_m3 \
         code 13.1 since goods not received until 2026-02-06T18:29:59Z",
        &["dispute.created.2022-09-01", "dispute.created.2025-01-01"],
    ),
    (
        "CFPay_Qx7_m3: dispute 55100342 pre_arbitration under_review INR 350.00 of 880143 \
         on CFPay_Qx7_m3 code 13.1 since goods not received until 2026-02-06T18:29:59Z",
        &["dispute.updated.2023-08-01"],
    ),
    (
        "CFPay_Qx7_m3: dispute 55100342 pre_arbitration won INR 350.00 of 880143 \
         on CFPay_Qx7_m3 code 13.1 since goods not received",
        &["dispute.closed.2023-08-01"],
    ),
    (
        "CFPay_Qx7_m3: dispute 55100399 complaint accepted INR 120.25 of 880143 on CFPay_Qx7_m3 \
         code 13.1 since goods not received until 2026-02-06T18:29:59Z",
        &["dispute.closed.accepted.2025-01-01"],
    ),
    ("CFPay_Qx7_m3: fetch", &["payment_charges"]),
    ("-: ping", &["ping"]),
    (
        "-: unrecognised, unsupported type",
        &[
            "unread.payment_form",
            "unread.subscription_payment",
            "unread.vendor_settlement",
        ],
    ),
];

async fn webhook(body: impl Into<Vec<u8>>) -> VerifiedWebhook {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    provider
        .handle_webhook(&signed(SECRET, body))
        .await
        .unwrap()
}

async fn events(body: impl Into<Vec<u8>>) -> Vec<Event> {
    webhook(body).await.into_events()
}

async fn lines_of(body: impl Into<Vec<u8>>) -> String {
    event_line::all(&events(body).await)
}

fn key_of(event: &Event) -> String {
    let key = match &event.kind {
        EventKind::Payment(payment) => payment.dedup_key(),
        EventKind::Refund(refund) => refund.dedup_key(),
        EventKind::Dispute(dispute) => dispute.dedup_key(),
        EventKind::Settlement(settlement) => settlement.dedup_key(),
        other => panic!("{other:?}"),
    };
    key.to_string()
}

#[tokio::test]
async fn every_body_yields_the_events_in_the_table() {
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for (statement, names) in TABLE {
        for name in *names {
            assert_eq!(expected.insert(name, statement), None, "{name}");
        }
    }
    for file in files(&folder()) {
        let name = name(&file);
        let statement = expected.remove(name.as_str());
        let statement = statement.unwrap_or_else(|| panic!("{name} has no row"));
        assert_eq!(lines_of(body(&name)).await, statement, "{name}");
    }
    assert!(expected.is_empty(), "no such bodies: {expected:?}");
}

#[tokio::test]
async fn one_change_has_one_deduplication_key_in_every_type_and_version() {
    for (key, names) in [
        (
            "payment:succeeded:880143",
            &[
                "payment_success.2021-09-21",
                "payment_success.2022-09-01",
                "payment_success.2023-08-01",
                "payment_success.2025-01-01",
                "payment_success.2026-01-01",
            ][..],
        ),
        (
            "payment:failed:880102",
            &[
                "payment_failed.2022-09-01",
                "payment_failed.2023-08-01",
                "payment_failed.2025-01-01",
            ],
        ),
        (
            "refund:succeeded:3310071",
            &[
                "refund_status.2022-09-01",
                "refund_status.2023-08-01",
                "refund_status.2025-01-01",
            ],
        ),
        (
            "refund:succeeded:3310099",
            &[
                "auto_refund_status.2022-09-01",
                "auto_refund_status.2023-08-01",
                "auto_refund_status.2025-01-01",
            ],
        ),
        (
            "dispute:chargeback:open:55100342",
            &["dispute.created.2022-09-01", "dispute.created.2025-01-01"],
        ),
        (
            "settlement:succeeded:90122",
            &["settlement.success", "settlement.success.2025-01-01"],
        ),
    ] {
        for name in names {
            let events = events(body(name)).await;
            assert_eq!(key_of(&events[0]), key, "{name}");
        }
    }
    // The same refund reported as one by the merchant, with the id prefix of older versions.
    let as_merchant_refund = body("auto_refund_status.2023-08-01")
        .replace("\"auto_refund\"", "\"refund\"")
        .replace("AUTO_REFUND_STATUS_WEBHOOK", "REFUND_STATUS_WEBHOOK")
        .replace("3310099", "\"refund_3310099\"");
    assert_eq!(
        key_of(&events(as_merchant_refund).await[0]),
        "refund:succeeded:3310099"
    );
}

#[tokio::test]
async fn a_link_event_claims_the_money_of_the_payment_event_under_any_transaction_id() {
    let of_payment = events(body("payment_success.2025-01-01")).await;
    let EventKind::Payment(payment) = &of_payment[0].kind else {
        panic!("{of_payment:?}");
    };
    for transaction_id in ["880143", "777"] {
        let link_event = body("link_event.partially_paid").replace("880143", transaction_id);
        let of_link = events(link_event).await;
        assert_eq!(of_link[0].target, of_payment[0].target);
        let EventKind::PaymentClaimed(claim) = &of_link[0].kind else {
            panic!("{of_link:?}");
        };
        assert_eq!(claim.order_id, payment.order_id);
        assert_eq!(claim.amount, Some(payment.amount));
    }
}

#[tokio::test]
async fn any_version_is_kept_and_has_no_effect() {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    for (name, body_version) in [
        ("link_event.paid", Some("1")),
        ("payment_success.2025-01-01", None),
        ("payment_charges", None),
    ] {
        let body = body(name);
        let signature = sign(SECRET, STAMP, body.as_bytes());
        for (header, kept) in [
            (None, body_version),
            (Some("2021-09-21"), Some("2021-09-21")),
            (Some("2025-01-01"), Some("2025-01-01")),
            (Some("2031-12-31"), Some("2031-12-31")),
            (Some("v5"), Some("v5")),
            (Some(""), body_version),
            (Some("two words"), body_version),
            (Some(&*"9".repeat(33)), body_version),
        ] {
            let mut headers = vec![
                ("x-webhook-signature", signature.as_bytes()),
                ("x-webhook-timestamp", STAMP.as_bytes()),
            ];
            headers.extend(header.map(|version| ("x-webhook-version", version.as_bytes())));
            let request = with_headers(&headers, body.clone());
            let webhook = provider.handle_webhook(&request).await.unwrap();
            let events = webhook.into_events();
            assert_eq!(event_line::all(&events), lines_of(body.clone()).await);
            for event in events {
                assert_eq!(event.gateway_version.as_deref(), kept, "{name} {header:?}");
            }
        }
    }
    let next = body("link_event.expired").replace("\"version\": 1", "\"version\": \"2\"");
    let signature = sign(SECRET, STAMP, next.as_bytes());
    let headers = [
        ("x-webhook-signature", signature.as_bytes()),
        ("x-webhook-timestamp", STAMP.as_bytes()),
    ];
    let webhook = provider.handle_webhook(&with_headers(&headers, next)).await;
    let event = webhook.unwrap().into_events().remove(0);
    assert_eq!(event.gateway_version.as_deref(), Some("2"));
    assert!(matches!(event.kind, EventKind::Snapshot(_)), "{event:?}");
}

#[tokio::test]
async fn stale_refunds_are_claimed_and_stale_disputes_and_settlements_are_kept() {
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    // Two days before the clock of these tests.
    let stamp = "1768298400000";
    for (name, expected) in [
        (
            "refund_status.2025-01-01",
            "CFPay_Qx7_m3: refund claim 3310071 as ret_0017_1 of payment 880143 of INR 120.50",
        ),
        (
            "auto_refund_status.2025-01-01",
            "CFPay_Qx7_t9: refund claim 3310099 of payment 880178 of INR 899.50",
        ),
        (
            "dispute.closed.2023-08-01",
            "CFPay_Qx7_m3: dispute 55100342 pre_arbitration won",
        ),
        ("settlement.reversed", "-: settlement 90122 reversed"),
    ] {
        let body = body(name);
        let signature = sign(SECRET, stamp, body.as_bytes());
        let headers = [
            ("x-webhook-signature", signature.as_bytes()),
            ("x-webhook-timestamp", stamp.as_bytes()),
        ];
        let request = with_headers(&headers, body);
        let webhook = provider.handle_webhook(&request).await.unwrap();
        assert_eq!(webhook.timestamp_check(), TimestampCheck::Stale);
        let line = event_line::all(webhook.events());
        assert!(line.starts_with(expected), "{line}");
    }
}

#[tokio::test]
async fn personal_data_of_a_delivery_is_not_in_its_debug_output() {
    for file in files(&folder()) {
        let shown = format!("{:?}", webhook(std::fs::read(&file).unwrap()).await);
        for personal in [
            "Asha",
            "9123456780",
            "shop.example",
            "item returned",
            "goods not",
        ] {
            assert!(!shown.contains(personal), "{}: {personal}", name(&file));
        }
    }
}
