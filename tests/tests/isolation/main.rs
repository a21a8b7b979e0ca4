//! The delay that one organization can cause to another: the time until another's payments are posted, alone and
//! beside a gateway that hangs, beside a flood of webhooks, and beside a checkout of very many payments; and the time
//! until a webhook is stored while old deliveries are dropped.
//!
//! The organizations share SQLite in one process, or PostgreSQL in three. `cargo xtask bench isolation` runs the whole
//! size with optimized programs and asserts the targets. All tests together run a small size, and assert ten times
//! the targets.

mod ground;
mod long_list;
mod measure;
mod old_deliveries;
mod pace;
mod size;
mod webhooks;

use ground::{Ground, Store};
use measure::compare;
use size::Size;

macro_rules! each_store {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Store::Sqlite).await; })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(super::Store::Postgres).await; })*
        }
    };
}

each_store!(
    a_gateway_that_hangs_delays_nobody_else,
    a_flood_of_unmatched_events_delays_nobody_else,
    a_checkout_of_very_many_payments_delays_no_other_write,
    old_deliveries_go_while_every_webhook_is_accepted,
);

/// The measurement of `cargo xtask bench retention`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes"]
async fn old_deliveries() {
    for store in [Store::Sqlite, Store::Postgres] {
        old_deliveries::whole(store).await;
    }
}

async fn old_deliveries_go_while_every_webhook_is_accepted(store: Store) {
    old_deliveries::small(store).await;
}

async fn a_gateway_that_hangs_delays_nobody_else(store: Store) {
    let size = Size::of_this_run();
    let ground = Ground::prepare(store, 2 * size.payments).await;
    let waiting = ground.attacking_checkouts(size.waiting_fetches).await;
    let alone = ground.post_payments(0..size.payments, size.pace).await;
    ground.proxy.hold_answers(true);
    ground.send_claims(&waiting).await;
    let beside = ground
        .post_payments(size.payments..2 * size.payments, size.pace)
        .await;
    let pending = ground.pending_of_attacker().await;
    assert_eq!(pending, waiting.len(), "none of them is given up");
    compare(
        "a gateway that hangs",
        store,
        &alone,
        &beside,
        size.allowed(2),
    );
}

async fn a_flood_of_unmatched_events_delays_nobody_else(store: Store) {
    let size = Size::of_this_run();
    let ground = Ground::prepare(store, 2 * size.payments).await;
    let alone = ground.post_payments(0..size.payments, size.pace).await;
    let flood = ground.flood(size.flood_per_second);
    let beside = ground
        .post_payments(size.payments..2 * size.payments, size.pace)
        .await;
    let sent = flood.stop().await;
    let per_second = (sent as u128 * 1_000) / beside.length.as_millis();
    println!(
        "  {per_second} events a second for {} s, all accepted",
        beside.length.as_secs()
    );
    if size.is_whole {
        let least = u128::from(size.flood_per_second) * 9 / 10;
        assert!(
            per_second >= least,
            "{per_second} events a second are no flood"
        );
    }
    compare("a flood of events", store, &alone, &beside, size.allowed(3));
}

async fn a_checkout_of_very_many_payments_delays_no_other_write(store: Store) {
    let size = Size::of_this_run();
    let ground = Ground::prepare(store, 1).await;
    long_list::measure(&ground, size).await;
}
