//! A hundred thousand connections in one store.

use std::time::{Duration, Instant};

use payment_provider_core::*;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute};
use crate::fixture::{Bench, connection, connection_of, organization, runtime};

each_database! {
    neither_a_start_nor_an_opened_connection_reads_a_hundred_thousand_others,
    many_are_listed_page_by_page,
}

const MANY: usize = 100_000;

/// Half of them one organization's, the others one by one.
const FILL: &str = "WITH RECURSIVE numbers (i) AS (
         SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 100000)
     INSERT INTO connections (organization_id, provider, code, name, environment, plain_settings,
         encrypted_settings, enabled, created_at)
     SELECT CASE WHEN i % 2 = 0 THEN 'big' ELSE 'small' || i END, 'memory', 'c' || i, 'One of many',
         'sandbox', '{}', '{}', (1 = 1), 1
     FROM numbers";

async fn add(bench: &Bench, code: &str) -> ConnectionRef {
    bench.add_connection(code, "k").await;
    connection(code)
}

/// The median time to read a connection, decrypt its secrets and open it; the gateway in memory takes no
/// time.
async fn time_to_open(bench: &Bench, connections: &[ConnectionRef]) -> Duration {
    let mut times = Vec::new();
    for _ in 0..30 {
        for connection in connections {
            let begun = Instant::now();
            bench.host.check_connection(connection).await.unwrap();
            times.push(begun.elapsed());
        }
    }
    times.sort_unstable();
    times[times.len() / 2]
}

fn big() -> OrganizationId {
    OrganizationId::new("big").unwrap()
}

async fn neither_a_start_nor_an_opened_connection_reads_a_hundred_thousand_others(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let mut connections = Vec::new();
    for number in 0..10 {
        connections.push(add(&bench, &format!("c{number}")).await);
    }
    let among_ten = time_to_open(&bench, &connections).await;
    execute(&bench.host, FILL).await;
    // Reading this row fails.
    execute(
        &bench.host,
        "UPDATE connections SET plain_settings = 'not to be read' WHERE code = 'c77777'",
    )
    .await;
    connections.push(add(&bench, "last").await);
    let among_many = time_to_open(&bench, &connections).await;
    println!("opening one: among ten {among_ten:?}, among {MANY} {among_many:?}");

    let host = runtime(&bench.gateway, &bench.clock, &bench.place, ()).await;
    host.check_connection(&connections[0]).await.unwrap();
    assert!(host.connections(None).await.is_err());
}

async fn many_are_listed_page_by_page(database: Database) {
    let bench = Bench::new(database).await;
    add(&bench, "another").await;
    execute(&bench.host, FILL).await;
    let host = &bench.host;
    let (mut after, mut pages, mut seen) = (None, 0, 0);
    let mut latest = String::new();
    let big = big();
    loop {
        let page = host
            .connections_after(Some(&big), after.as_ref(), 999)
            .await;
        let page = page.unwrap();
        for connection in &page.connections {
            assert_eq!(connection.organization, big);
            assert!(*connection.code.as_str() > *latest, "in order, each once");
            connection.code.as_str().clone_into(&mut latest);
        }
        (pages, seen) = (pages + 1, seen + page.connections.len());
        let last = page.connections.last().unwrap();
        match page.next {
            Some(next) => {
                assert_eq!(page.connections.len(), 999);
                assert_eq!((&next.organization, &next.code), (&big, &last.code));
                after = Some(next);
            }
            None => break,
        }
    }
    assert_eq!((pages, seen), (51, MANY / 2));

    // Across organizations, from the end of one to the next; secrets of those on the page alone.
    let end = connection_of(&big, &latest);
    let page = host.connections_after(None, Some(&end), 3).await.unwrap();
    let names: Vec<_> = page
        .connections
        .iter()
        .map(|one| format!("{}/{}", one.organization, one.code))
        .collect();
    assert_eq!(names, ["org/another", "org/main", "small1/c1"]);
    assert!(page.next.is_some());
    let whole = host.connections_after(Some(&organization()), None, 2).await;
    let whole = whole.unwrap();
    assert_eq!((whole.connections.len(), whole.next), (2, None));
}
