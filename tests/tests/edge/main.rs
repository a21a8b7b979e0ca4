//! Genuine webhooks get through while more connections than the application has descriptors send no complete request,
//! and come back at once when they are closed.
#![cfg(target_os = "linux")]

mod attack;
mod descriptors;
mod genuine;

use std::time::{Duration, Instant};

use cross_crate_tests::Stage;
use test_support::until;

use attack::Attack;

/// The descriptors that the application may open.
const DESCRIPTORS: u64 = 1_024;
/// The slowest of a hundred genuine webhooks is answered within this time.
const SLOWEST: Duration = Duration::from_secs(2);
/// The resident memory that the application never exceeds, in kilobytes.
const MEMORY: u64 = 256 << 10;
/// The genuine senders, each of which sends one webhook after the other.
const SENDERS: usize = 4;

/// Returns a number that the environment sets; `cargo xtask bench edge` sets those of the long run.
fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn genuine_webhooks_get_through_unfinished_connections() {
    let attackers = setting("EDGE_CONNECTIONS", 1_100);
    let time = Duration::from_secs(setting("EDGE_SECONDS", 4) as u64);
    descriptors::limit_to(DESCRIPTORS);
    let stage = Stage::set_up().await;
    descriptors::raise();
    let address = stage.api.url().trim_start_matches("http://").to_owned();
    let attack = Attack::start(address, attackers);
    until(async || {
        let opened = attack.opened();
        (opened >= attackers).then_some(()).ok_or(opened)
    })
    .await;

    let begun = Instant::now();
    let senders = (0..SENDERS).map(|sender| {
        let url = format!("{}/webhooks/cashfree/acme?code=main", stage.api.url());
        tokio::spawn(genuine::send_for(time, url, sender))
    });
    let mut answers = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        answers.extend(sender.await.unwrap());
    }
    let took = begun.elapsed();
    let memory = descriptors::memory_peak(stage.host_id());
    let (opened, closed) = (attack.opened(), attack.closed());
    attack.stop();

    answers.sort_unstable_by_key(|answer| answer.took);
    let at = |percent: usize| answers[(answers.len() - 1) * percent / 100].took;
    let refused: Vec<_> = answers.iter().filter(|one| one.status != Ok(200)).collect();
    println!(
        "{attackers} unfinished connections at {DESCRIPTORS} descriptors, for {took:.1?}: {opened} opened, {closed} \
         closed\n{} genuine webhooks, {} not answered with 200; median {:.1?}, 99 of 100 within {:.1?}, slowest {:.1?}\n\
         resident memory of the application at most {} MiB",
        answers.len(),
        refused.len(),
        at(50),
        at(99),
        at(100),
        memory >> 10,
    );
    assert!(refused.is_empty(), "{refused:?}");
    assert!(answers.len() >= 40, "only {} were sent", answers.len());
    assert!(at(99) < SLOWEST, "{:?}", at(99));
    assert!(memory < MEMORY, "{memory} kB");
    stage.tear_down().await;
}
