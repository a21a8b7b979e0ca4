//! A run from the start of the first process to the comparison of the last unit.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use cross_crate_tests::{Api, Database, Stage};
use futures_util::{StreamExt, stream};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use test_support::postgres::Server;
use tokio::sync::watch;

use crate::audit::{Evidence, compare};
use crate::client::{Client, list};
use crate::front::{Backends, Front};
use crate::gateway::Gateway;
use crate::hosts::{Blow, Hosts, Launch};
use crate::script::{Left, Script, World};
use crate::troubles;

/// The number of invoices handled at once.
const AT_ONCE: usize = 20;
/// The number of lost responses to webhooks, of a thousand.
const LOST_ANSWERS: u32 = 30;

/// The size of a run, and the seed of all its random choices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    seed: u64,
    processes: usize,
    invoices: usize,
    kills: usize,
}

impl Plan {
    /// Returns a plan of this many processes, invoices and kills, unless the environment sets other numbers.
    pub(crate) fn from_environment(processes: usize, invoices: usize, kills: usize) -> Self {
        Self {
            seed: named("CHAOS_SEED").unwrap_or(1),
            processes,
            invoices: named("CHAOS_INVOICES").unwrap_or(invoices),
            kills: named("CHAOS_KILLS").unwrap_or(kills),
        }
    }
}

fn named<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let value = std::env::var(variable).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is not a number")))
}

/// The storage of the application.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) database: Database,
    /// The database server that crashes once, if there is one.
    pub(crate) server: Option<Arc<Server>>,
    pub(crate) key_file: PathBuf,
}

/// Runs the plan, prints the result, and fails if money or links are not as they should be.
pub(crate) async fn run(plan: &Plan, ground: Ground) {
    let store = match &ground.database {
        Database::File(_) => "SQLite",
        Database::Server(_) => "PostgreSQL",
    };
    println!("{store}, {plan:?}");
    let seed = plan.seed;
    let crashes = usize::from(ground.server.is_some());
    let gateway = Gateway::start(seed).await;
    let backends = Arc::new(Backends::default());
    let front = Front::to(&backends, 0, seed).await;
    let gateways_way = Front::to(&backends, LOST_ANSWERS, seed).await;
    let launch = Launch {
        database: ground.database,
        server: ground.server,
        key_file: ground.key_file,
        simulator: gateway.url().to_owned(),
        public_url: gateways_way.url(),
    };
    let hosts = Hosts::start(launch, plan.processes, backends).await;
    let client = Arc::new(Client::new(Api::new(front.url(), Stage::KEY)));
    client.api.set_up(gateway.url(), Stage::SECRET).await;
    let webhook_url = client.webhook_url().await;
    gateway.make_unknown_links(&webhook_url).await;
    gateway.unleash(seed).await;

    let begin = Instant::now();
    let scripts: Vec<_> = (0..plan.invoices)
        .map(|number| Script::new(number, seed))
        .collect();
    let total = scripts.iter().map(Script::length).sum();
    let (progress, watched) = watch::channel(0);
    let killer =
        tokio::spawn(hosts.strike_along(points(plan, crashes, total), watched.clone(), seed));
    let work = play(scripts, &client, &gateway, progress);
    let trouble = troubles::along(&gateway, &webhook_url, total, watched, seed);
    let (left, trouble) = tokio::join!(work, trouble);
    let hosts = killer.await.expect("the killer ends");
    let worked = begin.elapsed();

    let chances = gateway.calm().await;
    let (sent, stored) = gateway.rest(&client).await;
    let evidence = evidence(&gateway, &client, &left, stored).await;
    let findings = compare(&evidence);
    println!(
        "{store}, seed {seed}, worked for {} s, at rest after {} s: {findings}",
        worked.as_secs(),
        begin.elapsed().as_secs()
    );
    let attempts = |delivery: &Value| list(delivery, "attempts").len();
    let copies = evidence
        .stored
        .iter()
        .map(|stored| stored["copies"].as_i64().unwrap_or(0) - 1);
    println!(
        "{} deliveries in {} attempts (at most {}, {} answers withheld), {} stored and {} duplicates of them, \
         {} spells of wrong signatures, {} forgeries refused; {} kills, {} restarts, \
         {} database restarts, {} answers lost to \
         clients; {} payments declined at the door",
        // The simulator drops the oldest of many thousands.
        sent.last()
            .and_then(|last| last["id"].as_u64())
            .unwrap_or(0),
        sent.iter().map(attempts).sum::<usize>(),
        sent.iter().map(attempts).max().unwrap_or(0),
        gateways_way.kept(),
        evidence.stored.len(),
        copies.sum::<i64>(),
        trouble.spells,
        trouble.forgeries,
        hosts.kills,
        hosts.restarts,
        hosts.crashes,
        client.lost_answers(),
        left.iter()
            .map(|left| left.declined_at_the_door)
            .sum::<usize>(),
    );
    println!("faults by chance: {}", chances["hit"]);
    let given_up: Vec<_> = sent
        .iter()
        .filter(|sent| sent["state"] == "failed")
        .collect();
    assert!(
        given_up.is_empty(),
        "the gateway gave up {}, its schedule was too short for this machine: {:#}",
        given_up.len(),
        given_up[0]
    );
    let parked = |stored: &&Value| stored["state"] == "parked";
    let parked: Vec<_> = evidence.stored.iter().filter(parked).collect();
    assert!(parked.is_empty(), "{parked:#?}");
    assert_eq!(findings.invoices, plan.invoices, "invoices made");
    assert_eq!((hosts.kills, hosts.restarts), (plan.kills, plan.kills));
    assert_eq!(hosts.crashes, crashes, "crashes of the database");
    assert!(findings.are_clean(), "seed {seed}");
    hosts.audit_ledger().await;
    hosts.end().await;
    gateway.end().await;
}

/// Returns the acts after which a process is killed, and those in the middle third after which the database crashes.
fn points(plan: &Plan, crashes: usize, total: u64) -> Vec<(u64, Blow)> {
    let mut random = SmallRng::seed_from_u64(plan.seed);
    let mut points: Vec<_> = (0..plan.kills)
        .map(|_| (random.random_range(1..total), Blow::Kill))
        .collect();
    let middle = total / 3..total * 2 / 3;
    points.extend((0..crashes).map(|_| (random.random_range(middle.clone()), Blow::Crash)));
    points.sort_by_key(|(point, _)| *point);
    points
}

async fn play(
    scripts: Vec<Script>,
    client: &Arc<Client>,
    gateway: &Gateway,
    progress: watch::Sender<u64>,
) -> Vec<Left> {
    let world = World {
        client: Arc::clone(client),
        control: gateway.control.clone(),
        progress,
    };
    let plays = scripts.into_iter().map(|script| script.play(world.clone()));
    stream::iter(plays)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn evidence(
    gateway: &Gateway,
    client: &Client,
    left: &[Left],
    stored: Vec<Value>,
) -> Evidence {
    let mut invoices = Vec::new();
    for invoice in client.invoices().await {
        let id = invoice["id"].as_str().expect("an id");
        invoices.push(client.invoice(id).await);
    }
    let uncancellable: BTreeSet<_> = left
        .iter()
        .flat_map(|left| left.uncancellable.iter().cloned())
        .collect();
    Evidence {
        links: gateway.control.list("links").await,
        invoices,
        stored,
        uncancellable,
    }
}
