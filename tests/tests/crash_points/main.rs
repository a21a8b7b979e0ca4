//! Crashes of the application at every numbered step of requesting payment, of booking it, and of operators' commands,
//! one at a time, each followed by a restart on the same database.
//!
//! The process that crashes is real: billing-host as a separate program, built with the feature `failpoints` (`cargo
//! build --workspace --all-features` enables it), which aborts at the place that is armed at that moment. The gateway's
//! simulator and the payers are outside of it. After each crash the same people do what they would do anyway: ask
//! again, pay, void again; the gateway repeats its webhooks; the operator gives the same command. Then there is one
//! link that can be paid, or none if nothing is owed; every payment is booked once, and every refund counted once; the
//! application's invoice agrees with the runtime's books, and these prove to add up; and no delivery is left.

#[path = "../../../crates/payment-provider-host/tests/server/mod.rs"]
mod server;

mod asking;
mod bank;
mod books;
mod connecting;
mod customers;
mod ending;
mod hearing;
mod moving;
mod operating;
mod operator;
mod person;
mod refunding;
mod relay;
mod scene;
mod starting;

use futures_util::future::join_all;
use payment_provider_host::crash_points;

use crate::books::Books;
use crate::scene::Scene;

/// The number of series that run side by side, each with a separate database and gateway.
const LANES: usize = 2;

/// Crashes at this place and recovers from it.
async fn live_through(scene: &mut Scene, point: &'static str) {
    let (step, _) = point.split_once('.').expect("a step and a number");
    match step {
        "checkout" => asking::first(scene, point).await,
        "again" => asking::again(scene, point).await,
        "refused" => asking::refused(scene, point).await,
        "conflict" => asking::something_else_is_there(scene, point).await,
        "withdrawn" => asking::withdrawn_meanwhile(scene, point).await,
        "end" => ending::replaced(scene, point).await,
        "absent" => ending::never_made(scene, point).await,
        "unreachable" => ending::keys_are_revoked(scene, point).await,
        "by-clock" => ending::by_clock(scene, point).await,
        "close" => ending::voided(scene, point).await,
        "settle" => ending::voided_after_untold_payment(scene, point).await,
        "arrival" | "delivery" | "booking" => hearing::paid(scene, point).await,
        "fetch" => hearing::told_late(scene, point).await,
        "attempt" => hearing::failed(scene, point).await,
        "copy" => hearing::told_twice(scene, point).await,
        "unlisted" => hearing::under_another_id(scene, point).await,
        "true-id" => hearing::under_its_true_id_later(scene, point).await,
        "incomplete" => hearing::list_lags(scene, point).await,
        "postponed" => hearing::gateway_is_away(scene, point).await,
        "needless" => hearing::paid_on_an_earlier_link(scene, point).await,
        "refund" => refunding::given_back(scene, point).await,
        "by-hand" => operating::booked_by_hand(scene, point).await,
        "explained" => operating::told_after_all(scene, point).await,
        "write-off" => operating::written_off(scene, point).await,
        "park" => operating::taken_out(scene, point).await,
        "replay" => operating::tried_again(scene, point).await,
        "settings" => operating::secrets_change(scene, point).await,
        "link" => moving::linked_elsewhere(scene, point).await,
        "unlink" => moving::unlinked(scene, point).await,
        "left" => moving::leaves_much_behind(scene, point).await,
        "connection" => connecting::made(scene, point).await,
        "enabling" => connecting::stopped_and_allowed(scene, point).await,
        "deletion" => connecting::deleted(scene, point).await,
        "reseal" => connecting::sealed_anew(scene, point).await,
        "tables" => starting::first_start(scene, point).await,
        _ => panic!("{point} has no story here"),
    }
}

async fn every_place_on(store: &str, books: [Books; LANES]) {
    // The place to run in a debug run of one place: its name, or the beginning of it.
    let only = std::env::var("CRASH_POINT").unwrap_or_default();
    let lanes = books.into_iter().enumerate().map(|(lane, books)| {
        let only = only.clone();
        async move {
            let mut lived = 0;
            let mut scene = Scene::start(books).await;
            let points = crash_points::ALL.iter().skip(lane).step_by(LANES);
            for point in points.filter(|point| point.starts_with(&only)) {
                // The output is shown if a place fails: it is the last one of its lane.
                eprintln!("{store}, lane {lane}: {point}");
                live_through(&mut scene, point).await;
                lived += 1;
            }
            scene.close().await;
            lived
        }
    });
    let lived: usize = join_all(lanes).await.into_iter().sum();
    let all = crash_points::ALL.len();
    println!("crash points on {store}: {lived} of {all}");
    assert!(lived == all || !only.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_is_recovered_from_on_a_file() {
    let books = [Books::file(), Books::file()];
    every_place_on("SQLite", books).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_is_recovered_from_on_a_server() {
    let books = [Books::server().await, Books::server().await];
    every_place_on("PostgreSQL", books).await;
}

#[test]
fn every_crash_point_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = crash_points::ALL.iter().collect();
    assert_eq!(names.len(), crash_points::ALL.len());
}
