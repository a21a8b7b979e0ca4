//! A process that ends at any crash point while it applies a claim: after a restart and a repeat of the
//! webhook the payment is posted once.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use payment_provider_core::*;
use payment_provider_host::crash_points::{LAST_WORDS, VARIABLE};
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Address, Database, each_database};
use crate::fixture::notifications::NotificationRecorder;
use crate::fixture::{Bench, connection, invoice, provider, registry};
use crate::gateway::{Gateway, Link, ManualClock, claim_events, delivery, paid_event};

each_database! {
    a_claim_is_posted_once_after_a_crash_at_each_point,
}

/// The environment variable with the task of the process that crashes.
const TASK: &str = "CLAIM_CRASH_TASK";

/// The gateway's list at the time of the crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum List {
    /// It shows the payment.
    Complete,
    /// It shows no payment and no money.
    Behind,
    /// It shows no payment, but the checkout's total counts it.
    BehindTheTotal,
}

/// The work of the process that crashes.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Task {
    address: Address,
    /// The time since the start of the test's clock, in milliseconds.
    clock: u64,
    reference: CheckoutReference,
    payment: Payment,
    list: List,
    gateway_id: String,
    events: Vec<Event>,
    point: String,
}

/// The crash points that the process passes, by the list of the gateway, and by the connection: true if
/// it received payment events before.
const STORIES: [(List, bool, &[&str]); 4] = [
    (
        List::Complete,
        false,
        &[
            "handle-webhook.asked",
            "handle-webhook.answered",
            "arrival.before-commit",
            "arrival.committed",
            "delivery.leased",
            "fetch-checkout.asked",
            "fetch-checkout.answered",
            "list-payments.asked",
            "list-payments.answered",
            "saving.1-decided",
            "saving.3-payable",
            "saving.4-checkouts",
            "saving.5-payments",
            "saving.7-history",
            "saving.8-names",
            "handler.1-posted",
            "handler.5-checkout",
            "delivery.before-commit",
            "delivery.committed",
        ],
    ),
    (
        List::Behind,
        false,
        &[
            "list-payments.answered",
            "wait.before-commit",
            "wait.committed",
            "postpone.before-commit",
            "postpone.committed",
        ],
    ),
    (
        List::BehindTheTotal,
        false,
        &["wait.before-commit", "wait.committed"],
    ),
    (
        List::Complete,
        true,
        &[
            "saving.1-decided",
            "saving.8-names",
            "wait.before-commit",
            "wait.committed",
            "postpone.before-commit",
            "postpone.committed",
        ],
    ),
];

/// The process that crashes.
#[tokio::test]
#[ignore = "it crashes; the other test starts it"]
async fn process_that_crashes() {
    let Ok(task) = env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).unwrap();
    let gateway = Gateway::default();
    let amount = task.payment.amount;
    let is_listed = task.list == List::Complete;
    let link = Link {
        amount,
        status: CheckoutStatus::Paid,
        payments: is_listed.then_some(task.payment).into_iter().collect(),
        fingerprint: Fingerprint::of(b"another process made it"),
        gateway_id: task.gateway_id,
    };
    let reference = task.reference.to_string();
    if task.list == List::BehindTheTotal {
        let unlisted = (reference.clone(), amount.minor_units());
        gateway.state().unlisted.extend([unlisted]);
    }
    gateway.state().links.insert(reference, link);
    let clock = ManualClock::new();
    clock.advance(Duration::from_millis(task.clock));
    let key = task.address.directory.join("sealing.key");
    let host = task.address.open().await;
    let host = host
        .with_registry(registry(&gateway))
        .with_encryption_keys(EncryptionKeys::new(EncryptionKey::from_file(&key).unwrap()))
        .with_clock(Arc::new(clock.clone()))
        .with_handler(NotificationRecorder)
        .build()
        .await
        .unwrap();
    let mut request = delivery("k1", &task.events);
    request.received_at = clock.now();
    fs::write(env::var(VARIABLE).unwrap(), task.point).unwrap();
    host.receive_webhook(&provider(), &connection("main"), &request)
        .await
        .unwrap();
    while host.apply_due_deliveries().await.unwrap() > 0 {}
}

/// Crashes at one point and recovers from it.
async fn recover(database: Database, list: List, with_payment_events: bool, point: &str) {
    let bench = Bench::with_recorded_notifications(database).await;
    let mut expected = Vec::new();
    if with_payment_events {
        let url = bench.url(&invoice("earlier", "10.00")).await;
        let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
        let event = paid_event(url.reference.as_str(), &payment);
        bench.report(event).await;
        expected.push(payment.id.to_string());
    }
    let reference = bench.url(&invoice("inv", "200.12")).await.reference;
    let payment = bench.gateway.pay(reference.as_str(), "200.12");
    expected.push(payment.id.to_string());
    let mut events = claim_events(&bench.gateway, reference.as_str(), &payment);
    if list == List::Behind {
        events.truncate(1);
    }
    let crash_file = bench.place.directory.path().join("crash");
    fs::write(&crash_file, "").unwrap();
    let clock = bench.clock.now().as_millisecond() - ManualClock::new().now().as_millisecond();
    let task = Task {
        address: bench.place.address(),
        clock: u64::try_from(clock).unwrap(),
        reference: reference.clone(),
        payment,
        list,
        gateway_id: bench.gateway.state().links[reference.as_str()]
            .gateway_id
            .clone(),
        events: events.clone(),
        point: point.to_owned(),
    };
    let task = serde_json::to_string(&task).unwrap();
    let name = concat!(module_path!(), "::process_that_crashes");
    let (_, name) = name.split_once("::").unwrap();
    let crashed = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture"])
        .env(TASK, task)
        .env(VARIABLE, &crash_file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&crashed.stderr);
    assert!(
        !crashed.status.success() && said.contains(&format!("{LAST_WORDS}{point}")),
        "{list:?}: {point} is not passed: {said}"
    );

    // The gateway repeats a webhook that was not answered.
    bench.receive(&events).await;
    bench.apply_all().await;
    let totals = bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded", "{list:?}: {point}");
    assert_eq!(
        bench.notified_payments().await,
        expected,
        "{list:?}: {point}"
    );
    let deliveries = bench.deliveries().await;
    let latest = deliveries.last().unwrap();
    assert_eq!(latest.state, DeliveryState::Applied, "{list:?}: {point}");
    bench.assert_all_is_notified().await;
}

async fn a_claim_is_posted_once_after_a_crash_at_each_point(database: Database) {
    let (mut recovered, mut all) = (0, 0);
    for (list, with_payment_events, points) in STORIES {
        all += points.len();
        for point in points {
            recover(database, list, with_payment_events, point).await;
            recovered += 1;
        }
    }
    println!("crash points of claims: {recovered} of {all}");
    assert_eq!(recovered, all);
}
