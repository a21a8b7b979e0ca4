//! The query plans of SQLite for the statements whose tables grow most.

use std::path::Path;

use sqlx::AssertSqlSafe;

use crate::store::audit;
use crate::store::statement::Text;
use crate::store::tables::{
    cancels, checkouts, connections, delivery_leases, delivery_pages, delivery_retention, key_uses,
    payments,
};
use crate::store::{DatabaseLocation, FileUse, Store};

async fn open(directory: &Path) -> Store {
    let path = directory.join("plans.db");
    DatabaseLocation::SqliteFile(path)
        .open(FileUse::Alone)
        .await
        .unwrap()
}

async fn plan(store: &Store, text: impl Into<Text>) -> String {
    let sql = store.sql(text.into(), false);
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.as_str()));
    let lines: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
        .fetch_all(store.sqlite().unwrap())
        .await
        .unwrap();
    let lines: Vec<_> = lines.into_iter().map(|line| line.3).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_connection_and_a_page_of_connections_are_found_by_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let by_name = "sqlite_autoindex_connections_1";
    for (statement, index) in [
        (connections::BY_CODE, by_name),
        (connections::PAGE_OF_ORGANIZATION, by_name),
        (connections::PAGE_OF_ALL, by_name),
        (checkouts::OPEN_ELSEWHERE, "checkouts_open"),
        (key_uses::NEXT, "connections_by_keys"),
        (key_uses::COUNT, "connections_by_keys"),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.contains(index), "{statement}\n{plan}");
        let scans = plan.lines().any(|line| line.starts_with("SCAN"));
        assert!(
            !scans && !plan.contains("TEMP B-TREE FOR ORDER BY\n"),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn a_page_of_deliveries_is_read_by_an_index_at_each_step() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    for (statement, index) in [
        (
            &delivery_pages::PAGE,
            "deliveries_by_connection (connection_pk=? AND rowid<?)",
        ),
        (
            &delivery_pages::PAGE_IN_STATE,
            "deliveries_by_state (connection_pk=? AND state=? AND rowid<?)",
        ),
    ] {
        let plan = plan(&store, statement).await;
        println!("{plan}\n");
        let seeks = plan.matches(index).count();
        assert_eq!(seeks, 2, "the latest, and of each:\n{plan}");
        assert!(!plan.contains("SCAN deliveries"), "{plan}");
        assert!(!plan.contains("SCAN of_one"), "{plan}");
        assert!(!plan.contains("SCAN connections"), "{plan}");
    }
}

#[tokio::test]
async fn due_deliveries_and_waits_that_are_too_long_are_found_by_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let lease = plan(&store, delivery_leases::LEASE).await;
    assert!(lease.contains("INDEX deliveries_new"), "{lease}");
    assert!(
        lease.contains("INDEX deliveries_due (next_attempt<?)"),
        "{lease}"
    );
    let shorten = plan(&store, delivery_leases::SHORTEN_WAITS).await;
    assert!(
        shorten.contains("INDEX deliveries_due (next_attempt>?)"),
        "{shorten}"
    );
    for plan in [lease, shorten] {
        assert!(!plan.contains("SCAN deliveries\n"), "{plan}");
    }
}

#[tokio::test]
async fn posted_payments_are_summed_up_by_an_index_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let sum = plan(&store, payments::POSTED).await;
    assert!(
        sum.contains(
            "USING COVERING INDEX payments_posted (checkout_pk=? AND allocation_outcome>?)"
        ),
        "{sum}"
    );
}

#[tokio::test]
async fn lists_that_are_incomplete_are_found_by_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let find = plan(&store, audit::INCOMPLETE_LISTS).await;
    assert!(find.contains("USING INDEX checkouts_incomplete"), "{find}");
}

#[tokio::test]
async fn old_deliveries_and_the_rows_that_refer_to_them_are_found_by_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    for (statement, index) in [
        (
            delivery_retention::DROP_APPLIED,
            "INDEX deliveries_applied (<expr><?)",
        ),
        (
            delivery_retention::DROP_UNAPPLIED,
            "INDEX deliveries_unapplied (<expr><?)",
        ),
        (
            delivery_retention::REMOVABLE,
            "INDEX deliveries_dropped (<expr><?)",
        ),
        (
            delivery_retention::FORGET_NAMES,
            "INDEX unmatched_targets_by_delivery (delivery_pk=?)",
        ),
        (
            delivery_retention::UNLINK_HISTORY,
            "INDEX history_of_delivery (delivery_pk=?)",
        ),
        (
            delivery_retention::REMOVE,
            "INDEX unmatched_targets_by_delivery (delivery_pk=?)",
        ),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.contains(index), "{statement}\n{plan}");
        for scan in [
            "SCAN deliveries\n",
            "SCAN history\n",
            "SCAN unmatched_targets\n",
            "ORDER BY",
        ] {
            assert!(!format!("{plan}\n").contains(scan), "{statement}\n{plan}");
        }
    }
}

#[tokio::test]
async fn cancels_that_are_due_or_fail_are_found_by_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    for (statement, index) in [
        (cancels::LEASE, "INDEX cancels_due (next_attempt<?)"),
        (cancels::SHORTEN_WAITS, "INDEX cancels_due (next_attempt>?)"),
        (cancels::OF_PAYABLE, "cancels USING INTEGER PRIMARY KEY"),
        (cancels::FAILING, "cancels USING INDEX cancels_failing"),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.contains(index), "{statement}\n{plan}");
        assert!(!format!("{plan}\n").contains("SCAN cancels\n"), "{plan}");
    }
}
