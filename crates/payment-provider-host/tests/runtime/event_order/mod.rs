//! Reports may arrive in any order and any number of times: the totals and the payment status end equal.
//! Every order of some histories, and some orders of many.

mod chance;
mod histories;
mod run;

use chance::Chance;
use histories::Report::*;
use histories::{HISTORIES, Report, orders};
use run::{Run, comes_to, happen};

use crate::fixture::Bench;
use crate::fixture::database::{Database, each_database};

each_database! {
    every_order_of_a_history_ends_equal(threads = 2),
    every_order_of_a_history_ends_equal_without_a_status_api(threads = 2),
    histories_of_chance_come_to_the_same_in_any_order(threads = 2),
}

/// Runs every history in at most this many orders, evenly chosen, and returns the number of runs.
async fn every_order(database: Database, most: usize, unaskable: bool) -> usize {
    let mut count = 0;
    for history in HISTORIES {
        let reports: Vec<Report> = history
            .reports
            .iter()
            .copied()
            // Without a status API, money that is only hinted at stays unknown.
            .filter(|report| !unaskable || *report != Look)
            .collect();
        let bench = Bench::with_recorded_notifications(database).await;
        bench.gateway.state().unaskable = unaskable;
        let all = orders(reports);
        let step = all.len().div_ceil(most);
        let mut runs = Vec::new();
        for (number, order) in all.into_iter().step_by(step).enumerate() {
            let (id, paid) = (format!("inv-{number}"), history.payments);
            runs.push(Run::begin(&bench, id, history.partial, paid, order).await);
        }
        happen(&bench, &runs).await;
        for run in &runs {
            let found = comes_to(&bench, &run.id).await;
            assert_eq!(found, history.comes_to, "{}: {:?}", history.name, run.order);
        }
        bench.assert_all_is_notified().await;
        println!("{} orders: {}", runs.len(), history.name);
        count += runs.len();
    }
    count
}

/// Runs histories of chance, each in several orders that must end as the first of them does; returns the
/// number of runs.
async fn orders_of_chance(database: Database, seeds: std::ops::Range<u64>, each: usize) -> usize {
    const AMOUNTS: [&str; 4] = ["200.12", "55.00", "145.12", "250.00"];
    let mut count = 0;
    let bench = Bench::with_recorded_notifications(database).await;
    let mut histories = Vec::new();
    let mut runs = Vec::new();
    for seed in seeds {
        let mut chance = Chance(seed);
        let partial = chance.below(2) == 0;
        let payments: Vec<&str> = (0..=chance.below(2))
            .map(|_| AMOUNTS[chance.below(AMOUNTS.len())])
            .collect();
        // Every payment is reported at some time.
        let mut reports: Vec<Report> = (0..payments.len()).map(Paid).collect();
        while reports.len() < 6 {
            reports.push(chance.report(payments.len()));
        }
        for number in 0..each {
            let (id, order) = (format!("inv-{seed}-{number}"), chance.shuffled(&reports));
            runs.push(Run::begin(&bench, id, partial, &payments, order).await);
        }
        histories.push(seed);
    }
    happen(&bench, &runs).await;
    for (seed, runs) in histories.iter().zip(runs.chunks(each)) {
        let expected = comes_to(&bench, &runs[0].id).await;
        for run in &runs[1..] {
            let (found, first) = (comes_to(&bench, &run.id).await, &runs[0].order);
            assert_eq!(found, expected, "seed {seed}: {:?}, {first:?}", run.order);
        }
        count += runs.len();
    }
    bench.assert_all_is_notified().await;
    count
}

async fn every_order_of_a_history_ends_equal(database: Database) {
    let most = if database.is_postgres() {
        12
    } else {
        usize::MAX
    };
    let count = every_order(database, most, false).await;
    println!("{count} orders of {} histories", HISTORIES.len());
    assert!(database.is_postgres() || count > 1_000, "{count}");
}

async fn every_order_of_a_history_ends_equal_without_a_status_api(database: Database) {
    let most = if database.is_postgres() { 8 } else { 120 };
    let count = every_order(database, most, true).await;
    println!("{count} orders of {} histories", HISTORIES.len());
    assert!(count > 50, "{count}");
}

async fn histories_of_chance_come_to_the_same_in_any_order(database: Database) {
    let (seeds, each) = if database.is_postgres() {
        (0..6, 4)
    } else {
        (0..40, 12)
    };
    let count = orders_of_chance(database, seeds, each).await;
    println!("{count} orders of histories of chance");
    assert!(count >= 24, "{count}");
}
