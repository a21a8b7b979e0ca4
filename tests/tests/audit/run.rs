//! A run, from the first process to the comparison of the books.

use std::path::Path;
use std::time::{Duration, Instant};

use cross_crate_tests::{Database, Stage};
use futures_util::{StreamExt, stream};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::sync::watch;

use crate::biller::Biller;
use crate::books::Books;
use crate::courier::Courier;
use crate::findings::{Findings, compare};
use crate::fleet::{Addresses, Blow, Fleet, Launch};
use crate::gateway::Gateway;
use crate::invoice::{Parties, play, steps};
use crate::size::Size;

/// The number of invoices under way at once.
const AT_ONCE: usize = 12;
/// The time limit for both sides to come to rest once nothing fails any more.
const REST: Duration = Duration::from_mins(3);

/// Runs the audit, prints its figures, and fails if the books differ.
pub(crate) async fn run(size: Size, database: &Database, directory: &Path) {
    let store = match database {
        Database::File(_) => "SQLite",
        Database::Server(_) => "PostgreSQL",
    };
    println!("money audit, {store}, {size:?}");
    let begin = Instant::now();
    let addresses = Addresses::default();
    let gateway = Gateway::start(size.seed).await;
    let courier = Courier::start(addresses.clone(), size.seed).await;
    let launch = Launch::new(database, directory, &gateway.proxy_url, &courier.url);
    let fleet = Fleet::start(launch, size.processes, addresses.clone()).await;
    let biller = Biller::new(addresses);
    biller.api().set_up(&gateway.proxy_url, Stage::SECRET).await;
    // Refunds and disputes are reported to the address of the merchant's dashboard.
    let endpoint = json!({
        "url": biller.webhook_url().await, "version": "2025-01-01",
        "events": ["REFUND_STATUS_WEBHOOK", "DISPUTE_CREATED"],
    });
    gateway.control.post("endpoints", &endpoint).await;

    let (progress, watched) = watch::channel(0);
    let total = (0..size.invoices).map(steps).sum();
    let striking = tokio::spawn(fleet.strike(blows(size, total), watched, size.seed));
    let parties = Parties {
        biller: biller.clone(),
        control: gateway.control.clone(),
        progress,
    };
    let plays = (0..size.invoices).map(|number| play(number, parties.clone()));
    stream::iter(plays)
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
    // All blows fall, also those that wait for the last steps.
    parties.progress.send_modify(|begun| *begun = total);
    let fleet = striking.await.expect("the strikes end");
    let worked = begin.elapsed();
    gateway.calm();
    courier.calm();

    let (books, findings) = at_rest(&gateway, &courier, &biller).await;
    let counts = courier.take_counts();
    println!(
        "  {} invoices, {} payments taken, {} refunds ended, {} disputes; {} webhooks, {} stored, {} unmatched, {} dead letters",
        books.invoices.len(),
        books.taken.len(),
        books.returned.len(),
        books.disputed.len(),
        counts.taken,
        books.deliveries.len(),
        books.deliveries_in("unmatched"),
        books.deliveries_in("parked"),
    );
    println!(
        "  lost {}, twice {}, wrong {}, open links {}, unlisted {}",
        findings.lost.len(),
        findings.twice.len(),
        findings.wrong.len(),
        findings.open_links.len(),
        findings.unlisted.len(),
    );
    println!(
        "  calls: {:?}; webhooks: {:?}, {} attempts refused or unanswered; {} kills, {} stops; {} s, at rest after {} s",
        gateway.faults(),
        counts.troubles,
        counts.failed_attempts,
        fleet.kills,
        fleet.stops,
        worked.as_secs(),
        begin.elapsed().as_secs(),
    );
    assert_eq!(books.invoices.len(), size.invoices, "invoices");
    assert_eq!((fleet.kills, fleet.stops), (size.kills, size.stops));
    assert_eq!(
        counts.accepted_forgeries, 0,
        "copies without a valid signature were accepted"
    );
    assert!(findings.is_clean(), "seed {}: {findings:#?}", size.seed);
    let audited = fleet
        .launch
        .command(&["ledger", "audit", "--all-organizations"])
        .await;
    println!(
        "  {}",
        audited.unwrap_or_else(|text| panic!("{text}")).trim_end()
    );
    fleet.end().await;
}

/// Returns the points of the work at which processes are struck, in order.
fn blows(size: Size, total: usize) -> Vec<(usize, Blow)> {
    let mut random = SmallRng::seed_from_u64(size.seed);
    let kills = std::iter::repeat_n(Blow::Kill, size.kills);
    let stops = std::iter::repeat_n(Blow::Stop, size.stops);
    let blows = kills.chain(stops);
    let mut blows: Vec<_> = blows
        .map(|blow| (random.random_range(1..total), blow))
        .collect();
    blows.sort_by_key(|(point, _)| *point);
    blows
}

/// Waits until nothing is under way and the books agree, and returns them. If they do not agree in time, returns them
/// as they are.
async fn at_rest(gateway: &Gateway, courier: &Courier, biller: &Biller) -> (Books, Findings) {
    let begin = Instant::now();
    loop {
        let books = Books::read(&gateway.control, biller).await;
        let findings = compare(&books);
        let quiet = courier.under_way() == 0 && books.deliveries_in("pending") == 0;
        if (quiet && findings.is_clean()) || begin.elapsed() > REST {
            return (books, findings);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
