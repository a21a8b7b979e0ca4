//! Webhooks that arrive while very many old deliveries are dropped and removed beside them.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cross_crate_tests::ServerDatabase;
use jiff::SignedDuration;
use payment_provider_core::reexport::http::{HeaderMap, HeaderName, HeaderValue};
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, OrganizationId, ProviderId, WebhookRequest,
};
use payment_provider_host::connections::NewConnection;
use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
use payment_provider_host::{ConnectionRef, Host, HostConfig, IntakeLimit};
use provider_cashfree::{CashfreeFactory, PROVIDER_ID};
use sqlx::AssertSqlSafe;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::ground::Store;
use crate::measure::Times;
use crate::webhooks::Payment;

/// The variable with the number of old deliveries of the measurement.
const NUMBER: &str = "OLD_DELIVERIES";
const SECRET: &str = "cfsk_ma_test_old_deliveries";
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// All old deliveries are gone by then.
const LONGEST: Duration = Duration::from_hours(2);
/// The time between two looks at what is left.
const LOOK: Duration = Duration::from_millis(200);

/// The size of a run.
#[derive(Debug, Clone, Copy)]
struct Load {
    /// The number of old deliveries. Half of them are so old that their rows go as well.
    old: u64,
    per_second: u32,
    /// The length of the measurement without old deliveries to drop.
    alone: Duration,
}

const SMALL: Load = Load {
    old: 3_000,
    per_second: 50,
    alone: Duration::from_secs(1),
};

pub(crate) async fn small(store: Store) {
    measure(store, SMALL).await;
}

pub(crate) async fn whole(store: Store) {
    let old = std::env::var(NUMBER).ok();
    let old = old.map_or(1_000_000, |number| {
        number.parse().expect("OLD_DELIVERIES is a number")
    });
    let load = Load {
        old,
        per_second: 100,
        alone: Duration::from_mins(1),
    };
    measure(store, load).await;
}

/// The rows and bytes of a database.
#[derive(Debug, Clone, Copy)]
struct Held {
    rows: i64,
    /// The length of all bodies and events.
    live_bytes: i64,
    /// The size of the table in the database; on SQLite that of the file.
    size: i64,
}

async fn measure(store: Store, load: Load) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = match store {
        Store::Sqlite => None,
        Store::Postgres => Some(ServerDatabase::create().await),
    };
    let server = server.as_ref();
    let place = directory.path();
    let forever = Duration::from_hours(24 * 36_500);
    let desk = Desk::open(place, server, Some(forever)).await;
    desk.fill(load.old).await;
    let before = desk.held().await;
    let sent = AtomicUsize::new(0);
    let alone = desk
        .receive_until(load, &sent, async || tokio::time::sleep(load.alone).await)
        .await;
    desk.close().await;

    let desk = Desk::open(place, server, None).await;
    let start = Instant::now();
    let beside = desk
        .receive_until(load, &sent, async || {
            while desk.is_any_left().await {
                assert!(start.elapsed() < LONGEST, "old deliveries are left");
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    let took = start.elapsed();
    let after = desk.held().await;
    let sent = sent.into_inner();
    assert_eq!(
        desk.count("delivery_key NOT LIKE 'old-%'").await,
        as_i64(sent)
    );
    let old = i64::try_from(load.old).expect("a small number");
    let left = desk.count("delivery_key LIKE 'old-%'").await;
    assert_eq!(left, old - old / 2, "the rows of half of them are removed");
    let whole = "delivery_key LIKE 'old-%' AND (dropped_at IS NULL OR events <> '[]')";
    assert_eq!(desk.count(whole).await, 0, "all of the others are dropped");
    desk.close().await;

    println!(
        "{old} old deliveries on {store:?}, {} webhooks a second:",
        load.per_second
    );
    println!("  without: {}", alone.percentiles());
    println!("  beside:  {}", beside.percentiles());
    for (when, held) in [("before", before), ("after", after)] {
        let Held {
            rows,
            live_bytes,
            size,
        } = held;
        println!("  {when}: {rows} rows, {live_bytes} live bytes, {size} bytes stored");
    }
    let rate = u128::from(load.old) * 1_000 / took.as_millis();
    println!("  all done after {took:.1?}: {rate} a second");
    // Only the webhooks that just arrived are left.
    let new_bytes = 4_096 * as_i64(sent);
    assert!(
        after.live_bytes < before.live_bytes / 10 + new_bytes,
        "{before:?} {after:?}"
    );
    if store == Store::Sqlite {
        assert!(
            after.size < before.size / 2 + 4 * new_bytes,
            "{before:?} {after:?}"
        );
    }
}

fn as_i64(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}

/// A host in this process, which receives webhooks and drops old deliveries.
struct Desk {
    host: Host,
    connection: ConnectionRef,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Desk {
    /// Opens the database, with this time for which applied deliveries are kept, or the default.
    async fn open(place: &Path, server: Option<&ServerDatabase>, kept: Option<Duration>) -> Self {
        let mut config = HostConfig::default();
        config.intake_limit = IntakeLimit::new(100_000, 100_000);
        if let Some(kept) = kept {
            config.applied_retention = kept;
            config.unapplied_retention = kept;
            config.delivery_key_retention = kept;
        }
        let builder = match server {
            None => Host::sqlite(place.join("old.db")),
            Some(server) => Host::postgres(&server.url()),
        };
        let key = EncryptionKey::from_text(&KEY.into()).expect("a key");
        let host = builder
            .with_provider(CashfreeFactory::new().expect("a factory"))
            .with_encryption_keys(EncryptionKeys::new(key))
            .with_config(config)
            .build()
            .await
            .expect("a host");
        let organization = OrganizationId::new("acme").expect("an id");
        let code = ConnectionCode::new("main").expect("a code");
        let connection = ConnectionRef::new(organization, code);
        let settings = ConnectionSettings::new()
            .with("client_id", "OLD")
            .with("client_secret", SECRET)
            .with("environment", "sandbox");
        let provider = ProviderId::new(PROVIDER_ID).expect("an id");
        let new = NewConnection::new(connection.clone(), provider, "Main account", settings);
        host.ensure_connection(new).await.expect("a connection");
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (host, stop) = (host.clone(), stop.clone());
            async move { host.run_inbox(stop).await }
        });
        Self {
            host,
            connection,
            stop,
            running,
        }
    }

    async fn close(self) {
        self.stop.cancel();
        self.running.await.expect("the inbox ends");
        self.host.store().close().await;
    }

    /// Inserts applied deliveries: the later half ended 31 days ago, the earlier half 401 days ago.
    async fn fill(&self, number: u64) {
        let now = Timestamp::now().as_millisecond();
        let day: i64 = 24 * 60 * 60 * 1000;
        let (dropped, removed) = (now - 31 * day, now - 401 * day);
        let half = number / 2;
        let numbers = match self.host.store().sqlite() {
            Some(_) => format!(
                "WITH RECURSIVE counted (n) AS
                     (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {number})"
            ),
            None => format!("WITH counted AS (SELECT n FROM generate_series(1, {number}) AS n)"),
        };
        let body = match self.host.store().sqlite() {
            Some(_) => "CAST(printf('%d:%01500d', n, n) AS BLOB)",
            None => {
                "convert_to(n || ':' || (SELECT string_agg(md5((n * 50 + part)::text), '')
                         FROM generate_series(1, 47) AS part), 'UTF8')"
            }
        };
        let fill = format!(
            "INSERT INTO OF.deliveries (connection_pk, delivery_key, body, events, timestamp_check,
                 received_at, state, attempts, next_attempt, ended_at)
             {numbers} SELECT 1, 'old-' || n, {body},
                 '[{{\"target\":{{\"reference\":\"pay-' || n || '\",\"gateway_id\":null,\"order_id\":null}},' ||
                 '\"kind\":\"fetch_needed\",\"gateway_type\":\"PAYMENT_LINK_EVENT\",\"gateway_version\":null,' ||
                 '\"occurred_at\":\"2026-02-03T04:05:06Z\"}}]',
                 'fresh', {dropped}, 'applied', 1, {dropped},
                 CASE WHEN n <= {half} THEN {removed} ELSE {dropped} END
             FROM counted"
        );
        let mut tx = self.host.begin().await.expect("a transaction");
        let done = if let Some(connection) = tx.sqlite() {
            let fill = AssertSqlSafe(fill.replace("OF.", ""));
            sqlx::raw_sql(fill).execute(connection).await.map(drop)
        } else {
            let connection = tx.postgres().expect("a connection");
            let fill = AssertSqlSafe(fill.replace("OF.", "payment_provider."));
            sqlx::raw_sql(fill).execute(connection).await.map(drop)
        };
        done.expect("the old deliveries are stored");
        self.host.commit(tx).await.expect("they are durable");
    }

    async fn number(&self, query: &str) -> i64 {
        let store = self.host.store();
        let number = if let Some(pool) = store.sqlite() {
            let query = AssertSqlSafe(query.replace("OF.", ""));
            sqlx::query_scalar(query).fetch_one(pool).await
        } else {
            let pool = store.postgres().expect("a pool");
            let query = AssertSqlSafe(query.replace("OF.", "payment_provider."));
            sqlx::query_scalar(query).fetch_one(pool).await
        };
        number.unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    async fn count(&self, condition: &str) -> i64 {
        let query = format!("SELECT count(*) FROM OF.deliveries WHERE {condition}");
        self.number(&query).await
    }

    async fn held(&self) -> Held {
        let (lengths, size) = match self.host.store().sqlite() {
            Some(_) => (
                "length(body) + length(events)",
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            ),
            None => (
                "octet_length(body) + octet_length(events)",
                "SELECT pg_total_relation_size('OF.deliveries')",
            ),
        };
        let live = format!("SELECT CAST(coalesce(sum({lengths}), 0) AS bigint) FROM OF.deliveries");
        Held {
            rows: self.number("SELECT count(*) FROM OF.deliveries").await,
            live_bytes: self.number(&live).await,
            size: self.number(size).await,
        }
    }

    /// Returns true while an old delivery has content, or a row that is due to be removed.
    async fn is_any_left(&self) -> bool {
        let day: i64 = 24 * 60 * 60 * 1000;
        let now = Timestamp::now().as_millisecond();
        let query = format!(
            "SELECT CAST(EXISTS (SELECT 1 FROM OF.deliveries WHERE state IN ('applied', 'ignored')
                     AND dropped_at IS NULL AND coalesce(ended_at, received_at) <= {})
                 OR EXISTS (SELECT 1 FROM OF.deliveries WHERE dropped_at IS NOT NULL
                     AND coalesce(ended_at, received_at) <= {}) AS integer) + CAST(0 AS bigint)",
            now - 30 * day,
            now - 400 * day,
        );
        self.number(&query).await == 1
    }

    /// Receives signed webhooks at a steady pace until the work is done. All of them are accepted.
    async fn receive_until<F: Future<Output = ()>>(
        &self,
        load: Load,
        sent: &AtomicUsize,
        work: impl FnOnce() -> F,
    ) -> Times {
        let start = Instant::now();
        let done = CancellationToken::new();
        let receiving = async {
            let mut ticks = interval(Duration::from_secs(1) / load.per_second);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut receiving = JoinSet::new();
            while !done.is_cancelled() {
                ticks.tick().await;
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let (host, connection) = (self.host.clone(), self.connection.clone());
                receiving.spawn(async move { receive(&host, &connection, number).await });
            }
            receiving.join_all().await
        };
        let working = async {
            work().await;
            done.cancel();
        };
        let (times, ()) = tokio::join!(receiving, working);
        Times::new(times, start.elapsed())
    }
}

/// Receives a webhook about a link that is unknown, and returns how long that took.
async fn receive(host: &Host, connection: &ConnectionRef, number: usize) -> Duration {
    let link = format!("unknown_{number}");
    let payment = Payment {
        link: (&link, "1"),
        number,
        amount: 20_012,
    };
    let webhook = payment.webhook(SECRET, SignedDuration::ZERO);
    let mut headers = HeaderMap::new();
    for (name, value) in webhook.headers {
        let value = HeaderValue::from_str(&value).expect("a header");
        headers.insert(HeaderName::from_static(name), value);
    }
    let url = "https://billing.example/webhooks/cashfree/acme?code=main";
    let url = url.parse().expect("an address");
    let body = webhook.body.into_bytes();
    let request = WebhookRequest::post(url, headers, body, Timestamp::now());
    let provider = ProviderId::new(PROVIDER_ID).expect("an id");
    let start = Instant::now();
    let received = host.receive_webhook(&provider, connection, &request).await;
    received.expect("the webhook is accepted");
    start.elapsed()
}
