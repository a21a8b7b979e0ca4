//! Every fault at every operation: what comes of it, what went over the line, and what is at the
//! gateway afterwards. The table is in `rows.txt`.

mod before;
mod breaks;
mod row;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod wire;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use breaks::Break;
use cashfree_simulator::ApiFault;
use futures_util::{StreamExt, stream};
use row::{Row, Task, rows};
use stage::{CANARIES, Factories, play};
use support::log::Log;

/// Cases that are played at once. Most of their time they wait.
const AT_ONCE: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_operation_has_the_outcome_in_the_table() {
    let log = Log::listen();
    let rows = rows();
    let factories = Factories::new();
    let outcomes: BTreeMap<usize, _> = stream::iter(rows.iter().enumerate())
        .map(async |(line, row)| (line, play(row, &factories).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let mut wrong = Vec::new();
    for (row, (outcome, shown)) in rows.iter().zip(outcomes.values()) {
        if *outcome != row.expected {
            let expected = row.with(&row.expected);
            wrong.push(format!(
                "  expected {expected}\n  found    {}",
                row.with(outcome)
            ));
        }
        for canary in CANARIES {
            let told = shown.iter().find(|text| text.contains(canary));
            assert_eq!(told, None, "{canary}");
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} rows are wrong:\n{}",
        wrong.join("\n\n")
    );

    let text = log.text();
    for heard in [
        "POST /links",
        "reqwest::connect",
        "http.request.resend_count=2",
    ] {
        assert!(text.contains(heard), "the log was not heard: {heard}");
    }
    let ids = ["inv-1", "CFPay_"];
    for line in text.lines() {
        for canary in CANARIES.into_iter().chain(ids) {
            assert!(!line.contains(canary), "{canary}: {line}");
        }
    }
}

/// Which faults are played at an operation.
fn played(rows: &[Row], task: Task) -> BTreeSet<&str> {
    let rows = rows.iter().filter(|row| row.task == task);
    rows.flat_map(|row| &row.troubles)
        .map(|trouble| trouble.name.as_str())
        .collect()
}

#[test]
fn the_table_covers_every_fault_at_every_operation() {
    let rows = rows();
    let faults = ApiFault::ALL.iter().map(|fault| fault.as_str());
    let all: Vec<&str> = faults.chain(Break::ALL.map(|(name, _)| name)).collect();
    let mut missing = Vec::new();
    for (name, task) in Task::calling() {
        let played = played(&rows, task);
        let left_out = all.iter().filter(|fault| !played.contains(**fault));
        missing.extend(left_out.map(|fault| format!("{name} {fault}")));
    }
    assert!(missing.is_empty(), "not in the table: {missing:#?}");
}
