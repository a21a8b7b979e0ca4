//! A hundred thousand connections in one store.

use std::time::{Duration, Instant};

use payment_provider_core::*;
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database, execute};
use crate::fixture::{Bench, all_connections, connection, invalid_fields, organization, runtime};

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
    assert!(all_connections(&host, None).await.is_err());
}

async fn many_are_listed_page_by_page(database: Database) {
    let bench = Bench::new(database).await;
    add(&bench, "another").await;
    execute(&bench.host, FILL).await;
    let host = &bench.host;
    let (mut request, mut pages, mut seen) = (PageRequest::first(u32::MAX), 0, 0);
    let mut last = request.clone();
    let mut latest = String::new();
    let big = big();
    loop {
        let page = host.connections(Some(&big), &request).await.unwrap();
        for connection in &page.items {
            assert_eq!(connection.organization, big);
            assert!(*connection.code.as_str() > *latest, "in order, each once");
            connection.code.as_str().clone_into(&mut latest);
        }
        (pages, seen) = (pages + 1, seen + page.items.len());
        match page.next {
            Some(next) => {
                assert_eq!(page.items.len(), 500, "the greatest page");
                // A program passes the cursor on as text.
                request = request.after(next.to_string().parse().unwrap());
                last = request.clone();
            }
            None => break,
        }
    }
    assert_eq!((pages, seen), (MANY / 2 / 500, MANY / 2));

    // Across organizations, from the end of one to the next; secrets of those on the page alone.
    let end = host.connections(None, &last).await.unwrap();
    assert_eq!(end.items.last().unwrap().code.as_str(), latest);
    let next = PageRequest::first(3).after(end.next.clone().unwrap());
    let page = host.connections(None, &next).await.unwrap();
    let names: Vec<_> = page
        .items
        .iter()
        .map(|one| format!("{}/{}", one.organization, one.code))
        .collect();
    assert_eq!(names, ["org/another", "org/main", "small1/c1"]);
    assert!(page.next.is_some());
    let two = PageRequest::first(2);
    let whole = host.connections(Some(&organization()), &two).await.unwrap();
    assert_eq!((whole.items.len(), whole.next), (2, None));

    let foreign = PageRequest::default().after("7".parse().unwrap());
    let refused = host.connections(None, &foreign).await.unwrap_err();
    assert_eq!(invalid_fields(&refused), ["after"]);
    let foreign = PageRequest::default().after(end.next.unwrap());
    let refused = host
        .deliveries(&connection("main"), &foreign)
        .await
        .unwrap_err();
    assert_eq!(invalid_fields(&refused), ["after"]);
}
