//! Every fault at every operation: the result, the requests that were sent, and the state of the
//! gateway afterwards. The table is in `rows.txt`.

mod case;
mod labels;
mod preconditions;
mod proxy;
mod table;
mod wire_faults;

use std::collections::{BTreeMap, BTreeSet};

use case::{CANARIES, Factories, run_case};
use cashfree_simulator::ApiFault;
use futures_util::{StreamExt, stream};
use table::{Row, Task, rows};
use wire_faults::WireFault;

use crate::support::log::Log;

/// Number of cases that run concurrently. Each spends most of its time waiting.
const MAX_CONCURRENT: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_operation_has_the_outcome_in_the_table() {
    let log = Log::listen();
    let rows = rows();
    let factories = Factories::new();
    let outcomes: BTreeMap<usize, _> = stream::iter(rows.iter().enumerate())
        .map(async |(line, row)| (line, run_case(row, &factories).await))
        .buffer_unordered(MAX_CONCURRENT)
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
            let leaked = shown.iter().find(|text| text.contains(canary));
            assert_eq!(leaked, None, "{canary}");
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} rows are wrong:\n{}",
        wrong.join("\n\n")
    );

    let text = log.text();
    for expected in [
        "POST /links",
        "reqwest::connect",
        "http.request.resend_count=2",
    ] {
        assert!(
            text.contains(expected),
            "the log was not captured: {expected}"
        );
    }
    let ids = ["inv-1", "CFPay_"];
    for line in text.lines() {
        for canary in CANARIES.into_iter().chain(ids) {
            assert!(!line.contains(canary), "{canary}: {line}");
        }
    }
}

/// Returns the faults that the table covers for an operation.
fn covered_faults(rows: &[Row], task: Task) -> BTreeSet<&str> {
    let rows = rows.iter().filter(|row| row.task == task);
    rows.flat_map(|row| &row.faults)
        .map(|fault| fault.name.as_str())
        .collect()
}

#[test]
fn the_table_covers_every_fault_at_every_operation() {
    let rows = rows();
    let faults = ApiFault::ALL.iter().map(|fault| fault.as_str());
    let all: Vec<&str> = faults.chain(WireFault::ALL.map(|(name, _)| name)).collect();
    let mut missing = Vec::new();
    for (name, task) in Task::calling() {
        let covered = covered_faults(&rows, task);
        let left_out = all.iter().filter(|fault| !covered.contains(**fault));
        missing.extend(left_out.map(|fault| format!("{name} {fault}")));
    }
    assert!(missing.is_empty(), "not in the table: {missing:#?}");
}
