//! The bodies that Cashfree publishes, read from the folder named by `CASHFREE_REFERENCE_DIR`.
//! They are not part of this crate; where the variable is not set these tests say so, and on a
//! build server they fail.

mod support;

use std::path::{Path, PathBuf};

use payment_provider_core::{EventKind, PaymentStatus};
use support::delivery::{delivery, signed};
use support::{SECRET, config, connect_with, settings};

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("CASHFREE_REFERENCE_DIR") {
        return Some(PathBuf::from(folder).join("webhooks"));
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "CASHFREE_REFERENCE_DIR must be set on a build server"
    );
    eprintln!("NOT RUN: CASHFREE_REFERENCE_DIR is not set, the published samples were not read");
    None
}

fn samples(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn the_signatures_of_published_bodies_are_reproduced() {
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
async fn every_published_body_is_read_without_an_error() {
    let Some(folder) = folder() else { return };
    let provider = connect_with(config(), &settings("http://127.0.0.1:9/pg"));
    let mut files = samples(&folder);
    assert!(files.len() > 30, "{} samples", files.len());
    files.extend(samples(&folder.join("undocumented")));
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let body = std::fs::read(&file).unwrap();
        let webhook = provider
            .handle_webhook(&signed(SECRET, body))
            .await
            .unwrap();
        let kinds: Vec<_> = webhook.events().iter().map(|event| &event.kind).collect();
        match name.split('.').next().unwrap() {
            "payment_link_event" => match kinds.as_slice() {
                [EventKind::Payment(payment), EventKind::Snapshot(_)] => {
                    assert_eq!(payment.id.as_str(), "1021206", "{name}");
                }
                [EventKind::Snapshot(snapshot)] => {
                    assert!(snapshot.amount_paid.is_zero(), "{name}");
                }
                _ => panic!("{name}: {kinds:?}"),
            },
            "payment_success" => assert_status(&name, &kinds, &PaymentStatus::Succeeded),
            "payment_failed" => assert_status(&name, &kinds, &PaymentStatus::Failed),
            "test_ping" => assert_eq!(kinds, [&EventKind::Ping], "{name}"),
            _ => assert!(
                matches!(kinds.as_slice(), [EventKind::Unrecognised { .. }]),
                "{name}: {kinds:?}"
            ),
        }
    }
}

fn assert_status(name: &str, kinds: &[&EventKind], status: &PaymentStatus) {
    let [EventKind::Payment(payment)] = kinds else {
        panic!("{name}: {kinds:?}");
    };
    assert_eq!(payment.status, *status, "{name}");
    let failed = *status == PaymentStatus::Failed;
    assert_eq!(payment.failure.is_some(), failed, "{name}");
}
