//! Crashes of the application before and after every durable step and every call to a gateway, in the course of requesting payment, of posting it, and of operators' commands,
//! one at a time, each followed by a restart on the same database.
//!
//! The process that crashes is real: billing-host as a separate program, built with the feature `failpoints` (`cargo
//! build --workspace --all-features` enables it), which aborts at the place that is armed at that moment. The gateway's
//! simulator and the payers are outside of it. After each crash the same people do what they would do anyway: ask
//! again, pay, void again; the gateway repeats its webhooks; the operator gives the same command. Then there is one
//! link that can be paid, or none if nothing is owed; every payment is posted once, and every refund counted once; the
//! application's invoice agrees with the runtime's ledger, whose audit is clean; and no delivery is left.

mod asking;
mod bank;
mod connecting;
mod customer_moves;
mod customers;
mod database;
mod ending;
mod operating;
mod operator;
mod payment_reports;
mod person;
mod refunding;
mod relay;
mod scene;
mod starting;

use futures_util::future::join_all;
use payment_provider_host::crash_points;

use crate::database::TestDatabase;
use crate::scene::Scene;

/// The number of series that run side by side, each with a separate database and gateway.
const LANES: usize = 2;

/// Crashes at this place, in each flow that passes it with another state at the gateway, and recovers from it.
async fn live_through(scene: &mut Scene, point: &'static str) {
    let (step, _) = point.split_once('.').expect("a step and a place");
    match step {
        "request" | "prepare-checkout" => asking::first(scene, point).await,
        "resend" => asking::again(scene, point).await,
        "plan" => asking::for_the_same_link(scene, point).await,
        "create-checkout" => {
            asking::first(scene, point).await;
            asking::refused(scene, point).await;
            asking::something_else_is_there(scene, point).await;
        }
        "created" => {
            asking::first(scene, point).await;
            asking::withdrawn_meanwhile(scene, point).await;
            asking::withdrawn_before_it_is_made(scene, point).await;
        }
        "refused" => {
            asking::refused(scene, point).await;
            asking::refused_again(scene, point).await;
        }
        "conflict" => asking::something_else_is_there(scene, point).await,
        "cancel-checkout" => {
            ending::replaced(scene, point).await;
            asking::withdrawn_before_it_is_made(scene, point).await;
        }
        "end" => every_end(scene, point).await,
        "not-found" => ending::never_made(scene, point).await,
        "unreachable" => ending::keys_are_revoked(scene, point).await,
        "by-clock" => {
            ending::by_clock(scene, point).await;
            customer_moves::leaves_a_page_behind(scene, point).await;
        }
        "cancel-wait" | "cancel-done" => ending::cancelled_later(scene, point).await,
        "close" => ending::voided(scene, point).await,
        "reconcile" => {
            ending::voided_after_unreported_payment(scene, point).await;
            customer_moves::leaves_much_behind(scene, point).await;
        }
        "arrival" | "handle-webhook" => payment_reports::paid(scene, point).await,
        "delivery" => {
            payment_reports::paid(scene, point).await;
            payment_reports::under_another_id(scene, point).await;
            payment_reports::paid_on_an_earlier_link(scene, point).await;
        }
        "fetch-checkout" => {
            payment_reports::reported_late(scene, point).await;
            asking::refused_again(scene, point).await;
        }
        "list-payments" => payment_reports::reported_late(scene, point).await,
        "list-refunds" => refunding::reported_late(scene, point).await,
        "duplicate" => payment_reports::reported_twice(scene, point).await,
        "wait" => {
            payment_reports::gateway_lags(scene, point).await;
            payment_reports::list_lags(scene, point).await;
        }
        "postpone" => payment_reports::gateway_is_away(scene, point).await,
        "redundant" => payment_reports::paid_on_an_earlier_link(scene, point).await,
        "saving" => every_decision(scene, point).await,
        "handler" => every_notification(scene, point).await,
        "manual" => operating::manual_payment(scene, point).await,
        "write-off" => operating::written_off(scene, point).await,
        "park" => operating::taken_out(scene, point).await,
        "replay" => operating::tried_again(scene, point).await,
        "drop" | "remove" => operating::webhooks_grow_old(scene, point).await,
        "settings" => operating::secrets_change(scene, point).await,
        "link" | "link-customer" => {
            customer_moves::linked_to_another_connection(scene, point).await;
        }
        "unlink" => customer_moves::unlinked(scene, point).await,
        "connection" => connecting::made(scene, point).await,
        "enabling" => connecting::stopped_and_allowed(scene, point).await,
        "deletion" => connecting::deleted(scene, point).await,
        "key-rotation" => connecting::sealed_anew(scene, point).await,
        "check-connection" => connecting::checked(scene, point).await,
        "tables" | "installation" | "installation-key" => starting::first_start(scene, point).await,
        _ => panic!("{point} has no story here"),
    }
}

/// Crashes while the end of a checkout is recorded: that of a moved customer, of a voided invoice, of an invoice that
/// was voided while the checkout was made, and of an invoice that was paid on another checkout.
async fn every_end(scene: &mut Scene, point: &'static str) {
    ending::replaced(scene, point).await;
    ending::voided(scene, point).await;
    asking::withdrawn_before_it_is_made(scene, point).await;
    customer_moves::leaves_much_behind(scene, point).await;
    payment_reports::paid_on_an_earlier_link(scene, point).await;
}

/// Crashes while each kind of decision is stored.
async fn every_decision(scene: &mut Scene, point: &'static str) {
    asking::first(scene, point).await;
    ending::voided(scene, point).await;
    payment_reports::paid(scene, point).await;
    payment_reports::failed(scene, point).await;
    payment_reports::by_the_link_event_alone(scene, point).await;
    refunding::given_back(scene, point).await;
    operating::manual_payment(scene, point).await;
    operating::reported_after_all(scene, point).await;
    operating::written_off(scene, point).await;
}

/// Crashes after the application was notified of a change.
async fn every_notification(scene: &mut Scene, point: &'static str) {
    match point {
        "handler.1-posted" => payment_reports::paid(scene, point).await,
        "handler.2-attempted" => payment_reports::failed(scene, point).await,
        "handler.3-refunded" => refunding::given_back(scene, point).await,
        "handler.4-closed" => ending::voided(scene, point).await,
        "handler.5-checkout" => asking::first(scene, point).await,
        _ => panic!("{point} has no story here"),
    }
}

async fn every_place_on(store: &str, databases: [TestDatabase; LANES]) {
    // The place to run in a debug run of one place: its name, or the beginning of it.
    let only = std::env::var("CRASH_POINT").unwrap_or_default();
    let lanes = databases.into_iter().enumerate().map(|(lane, database)| {
        let only = only.clone();
        async move {
            let mut lived = 0;
            let mut scene = Scene::start(database).await;
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
    let databases = [TestDatabase::file(), TestDatabase::file()];
    every_place_on("SQLite", databases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_crash_point_is_recovered_from_on_a_server() {
    let databases = [TestDatabase::server().await, TestDatabase::server().await];
    every_place_on("PostgreSQL", databases).await;
}

#[test]
fn every_crash_point_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = crash_points::ALL.iter().collect();
    assert_eq!(names.len(), crash_points::ALL.len());
}
