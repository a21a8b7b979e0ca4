//! The samples that Cashfree publishes, read from the folder named by `CASHFREE_REFERENCE_DIR`.
//! They are not part of this crate. Without the variable these tests print a notice, and on a build
//! server they fail.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use payment_provider_core::EventKind;
use serde_json::Value;
use support::bodies::{body, files, name};
use support::delivery::{delivery, signed};
use support::{SECRET, config, connect_with, settings};
use test_support::{event_line, reference_dir};

/// The events of the published samples: each row has one description and all samples that match it.
/// Samples under `undocumented/` are derived from others, or were reported by users.
const TABLE: &[(&str, &[&str])] = &[
    (
        "payment_ps11 1576977 CFPay_U1mgll3c0e9g_ehdcjjbtckf: claim INR 22.00 \
         on CFPay_U1mgll3c0e9g_ehdcjjbtckf + \
         payment_ps11 1576977 CFPay_U1mgll3c0e9g_ehdcjjbtckf: \
         link partially_paid, INR 55.00 of INR 200.12",
        &["payment_link_event.partially_paid"],
    ),
    (
        "payment_ps11 1576977 CFPay_U1mgll3c0e9g_ehdcjjbtckf: claim INR 145.12 \
         on CFPay_U1mgll3c0e9g_ehdcjjbtckf + \
         payment_ps11 1576977 CFPay_U1mgll3c0e9g_ehdcjjbtckf: \
         link paid, INR 200.12 of INR 200.12",
        &["undocumented/payment_link_event.paid"],
    ),
    (
        "payment_ps11 1576977: link expired, INR 0.00 of INR 200.12",
        &["undocumented/payment_link_event.expired"],
    ),
    (
        "payment_ps11 1576977: link cancelled, INR 0.00 of INR 200.12",
        &["undocumented/payment_link_event.cancelled"],
    ),
    (
        "order_OFR_2: payment 1453002795 succeeded INR 2.00 charged INR 1.00 on order_OFR_2 \
         by upi bank 234928698581 at 2022-12-15T06:50:29Z",
        &["payment_success.2023-08-01"],
    ),
    (
        "order_OFR_2: payment 1453002795 succeeded INR 2.00 charged INR 1.00 on order_OFR_2 \
         by upi bank 234928698581 at 2025-01-15T06:50:29Z",
        &["payment_success.2025-01-01"],
    ),
    (
        "1576977 CFPay_U1mgll3c0e9g_ehdcjjbtckf: payment 1021206 succeeded INR 22.00 \
         on CFPay_U1mgll3c0e9g_ehdcjjbtckf by upi bank 234928698581 at 2022-12-15T06:50:29Z",
        &["undocumented/payment_success.link_order.2023-08-01"],
    ),
    (
        "13746255 CFPay_g47u3888d0k0_tblfm766qc: payment 1504280029 failed INR 1.80 \
         on CFPay_g47u3888d0k0_tblfm766qc by net_banking code GATEWAY_ERROR \
         at 2023-01-06T14:30:11Z",
        &["payment_failed.2023-08-01", "payment_failed.2025-01-01"],
    ),
    (
        "testspos83: payment 2150264295 dropped INR 1.00 on testspos83 by upi \
         at 2023-11-03T07:07:32Z",
        &["payment_user_dropped.2022-09-01"],
    ),
    (
        "order_02: payment 975672265 dropped INR 2.00 on order_02 by net_banking bank 1803592531 \
         at 2022-05-25T08:55:34Z",
        &["payment_user_dropped.2025-01-01"],
    ),
    (
        "sampleorder0413: refund 11325632 succeeded INR 2.00 named refund_sampleorder0413 \
         of 789727431 on sampleorder0413 by merchant bank 205907014017 since Test \
         at 2022-02-28T07:34:27Z",
        &["refund_status.2023-08-01", "refund_status.2025-01-01"],
    ),
    (
        "order_1944392Tpba8y2fHcHVx0SwREojp51Jgr: refund 1243460973 succeeded INR 39.00 \
         of 2148333968 on order_1944392Tpba8y2fHcHVx0SwREojp51Jgr by gateway bank 205907014017 \
         since Multiple payments were performed against same order.",
        &[
            "auto_refund_status.2022-09-01",
            "auto_refund_status.2023-08-01",
        ],
    ),
    (
        "-: settlement 738 succeeded INR 97.94 bank 1644822317781212 at 2022-02-14T07:05:19Z",
        &["settlement_success"],
    ),
    (
        "order_1944392DR1kMTFYdIf8bI2awAcC3i9FTa: dispute 433475258 complaint open INR 3.00 \
         of 885473311 on order_1944392DR1kMTFYdIf8bI2awAcC3i9FTa code 1402 \
         since Duplicate Processing until 2023-06-18T18:29:59Z",
        &["dispute_created.2022-09-01"],
    ),
    (
        "order_1944392D4jHtCeVPPdTXkaUwg5cfnujQe: dispute 433475257 pre_arbitration open \
         INR 40000.00 of 885457437 on order_1944392D4jHtCeVPPdTXkaUwg5cfnujQe code 13.1 \
         since Merchandise / Services Not Received until 2023-06-19T18:29:59Z",
        &["dispute_updated.2022-09-01"],
    ),
    ("-: ping", &["undocumented/test_ping"]),
    (
        "-: unreadable, `type` is missing or cannot be read",
        &["fragments.payment_method"],
    ),
    (
        "-: unrecognised, unsupported type",
        &[
            "payment_form_order",
            "subscription_auth_status.2023-08-01",
            "subscription_auth_status.2025-01-01",
            "subscription_auth_status.2026-01-01",
            "subscription_card_expiry_reminder.2025-01-01",
            "subscription_controlled_execution_status.2025-01-01",
            "subscription_controlled_notification_status.2025-01-01",
            "subscription_payment_cancelled.2023-08-01",
            "subscription_payment_cancelled.2025-01-01",
            "subscription_payment_cancelled.2026-01-01",
            "subscription_payment_failed.2023-08-01",
            "subscription_payment_failed.2025-01-01",
            "subscription_payment_failed.2026-01-01",
            "subscription_payment_notification_initiated.2023-08-01",
            "subscription_payment_notification_initiated.2025-01-01",
            "subscription_payment_notification_initiated.2026-01-01",
            "subscription_payment_success.2023-08-01",
            "subscription_payment_success.2025-01-01",
            "subscription_refund_status.2023-08-01",
            "subscription_refund_status.2025-01-01",
            "subscription_status_changed.2023-08-01",
            "subscription_status_changed.2025-01-01",
        ],
    ),
];

fn folder() -> Option<PathBuf> {
    let folder = reference_dir(
        "CASHFREE_REFERENCE_DIR",
        "the published samples were not read",
    )?;
    Some(folder.join("webhooks"))
}

#[tokio::test]
async fn the_signatures_of_published_samples_verify() {
    let Some(folder) = folder() else { return };
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    for (timestamp, file, signature) in [
        (
            "1629271506000",
            "payment_link_event.partially_paid.json",
            "wVq8An2D8N2zTb6fNv/xbWzh4nbmeMfX9SLckknB+gY=",
        ),
        (
            "1746427759733",
            "payment_failed.2025-01-01.json",
            "dSluYlyEvdBdxI9LHgp32D0vZEH7woaLaDRr8QrJVg0=",
        ),
        (
            "1746426425612",
            "refund_status.2023-08-01.json",
            "92ePzMgeRe568QKXMSH+WktBzEDLQ4Gi/ZLLd1NJJUM=",
        ),
    ] {
        let body = std::fs::read(folder.join(file)).unwrap();
        let request = delivery(signature, timestamp, body);
        assert!(provider.handle_webhook(&request).await.is_ok(), "{file}");
    }
}

#[tokio::test]
async fn every_published_sample_yields_the_events_in_the_table() {
    let Some(folder) = folder() else { return };
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    for (statement, names) in TABLE {
        expected.extend(names.iter().map(|name| (*name, *statement)));
    }
    let mut read = 0;
    let undocumented = folder.join("undocumented");
    for (prefix, folder) in [("", folder), ("undocumented/", undocumented)] {
        for file in files(&folder) {
            let name = format!("{prefix}{}", name(&file));
            let statement = expected.remove(name.as_str());
            let statement = statement.unwrap_or_else(|| panic!("{name} has no row"));
            let request = signed(SECRET, std::fs::read(&file).unwrap());
            let webhook = provider.handle_webhook(&request).await.unwrap();
            assert_eq!(event_line::all(webhook.events()), statement, "{name}");
            read += 1;
        }
    }
    println!("{read} published samples were read");
    assert!(expected.is_empty(), "no such samples: {expected:?}");
}

#[tokio::test]
async fn every_published_payment_method_is_named_by_its_group() {
    let Some(folder) = folder() else { return };
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let text = std::fs::read(folder.join("fragments.payment_method.json")).unwrap();
    let fragments: BTreeMap<String, Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(fragments.len(), 10);
    let whole: Value = serde_json::from_str(&body("payment_success.2025-01-01")).unwrap();
    for (name, fragment) in fragments {
        let mut whole = whole.clone();
        let payment = &mut whole["data"]["payment"];
        payment["payment_method"] = fragment["payment_method"].clone();
        payment["payment_group"] = fragment["payment_group"].clone();
        let request = signed(SECRET, whole.to_string());
        let webhook = provider.handle_webhook(&request).await.unwrap();
        let [event] = webhook.events() else {
            panic!("{webhook:?}");
        };
        let EventKind::Payment(payment) = &event.kind else {
            panic!("{event:?}");
        };
        let group = fragment["payment_group"].as_str().unwrap();
        assert_eq!(payment.method.as_deref(), Some(group), "{name}");
    }
}
