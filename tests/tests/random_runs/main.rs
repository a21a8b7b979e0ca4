//! Seeded random lives of one invoice: links created, paid in full and in part, left pending, expired and voided, with
//! faults in every call and with webhooks lost, repeated and out of order. At the end the gateway, the provider and the
//! ledger agree, to the unit.
//!
//! The test is the network: the simulator sends no webhook itself. A failing seed is printed;
//! `RANDOM_RUNS_SEED=<seed>` runs it alone.

mod ground;
mod run;

use cashfree_simulator::Settings;
use ground::{Ground, Scene};

/// The number of seeds that each test runs.
const RUNS: u64 = 1000;

async fn runs(set: impl Fn(&mut Settings)) {
    let only = std::env::var("RANDOM_RUNS_SEED").ok();
    let only: Option<u64> = only.map(|seed| seed.parse().expect("a seed is a number"));
    let seeds = only.map_or(0..RUNS, |seed| seed..seed + 1);
    let (mut links, mut payments, mut paise, mut faults) = (0, 0, 0, 0);
    let ground = Ground::new().await;
    for seed in seeds {
        let scene = Scene::new(&ground, seed, &set).await;
        let totals = run::run(&scene, seed).await;
        links += totals.links;
        payments += totals.payments;
        paise += totals.paise;
        faults += totals.faults;
        scene.close().await;
    }
    ground.close().await;
    println!("{links} links, {payments} payments of {paise} paise, {faults} faults met");
    assert!(only.is_some() || (links > 1000 && payments > 1000 && faults > 1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_agrees_where_link_events_name_another_transaction_id() {
    runs(|settings| settings.transaction_id_unlike_payment_id = true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_agrees_where_link_events_name_no_order() {
    runs(|settings| settings.paid_with_null_order = true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_agrees_where_payment_events_name_no_link() {
    runs(|settings| settings.payment_event_without_link_id = true).await;
}
