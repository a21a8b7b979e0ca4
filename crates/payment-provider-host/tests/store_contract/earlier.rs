//! Upgrades: the rows of this version are read unchanged after the steps of a later one.

use payment_provider_core::*;
use serde_json::{Value, json};

use super::*;
use crate::PayableId;
use crate::accounting::CheckoutState;
use crate::accounting::{AllocationOutcome, CloseReason};

/// Rows of every table, in every state, with texts that are easily damaged. `@bytes@` is replaced by
/// a body, `@hash_key@` by a key.
const FIRST: &str = r#"
DELETE FROM installation;
INSERT INTO installation (only_row, id, encryption_key, delivery_hash_key) VALUES
    (1, 'an-earlier-installation', '1a2b3c4d', @hash_key@);
INSERT INTO connections (organization_id, provider, code, name, environment, plain_settings,
        encrypted_settings, settings_version, enabled, matched_secret, matched_at, payment_event_at,
        created_at) VALUES
    ('org', 'memory', 'main', 'Main ''₹'' "account" -- ; @x $1', 'sandbox',
        '{"list":["a","ü"],"live":false,"page":"https://a.example/?q=%22x%22"}',
        '{"key":[{"version":1,"key":"k","nonce":"bm9uY2U=","ciphertext":"Y2lwaGVy"}]}',
        7, true, 'key 0', 1234, 1235, 1000),
    ('org', 'memory', 'second', '', 'production', '{}', '{}', 1, false, NULL, NULL, NULL, 1001);
INSERT INTO customers (organization_id, customer_id, connection_pk, remote_id, details, needs,
        linked_at) VALUES
    ('org', 'customer; 7', 1, 'cust_1',
        '{"id":"customer; 7","name":"Łukasz O''Brien","phone":"+91 90000 00000"}', '[]', 1100),
    ('org', 'bare', 2, NULL, '{"id":"bare"}',
        '[{"field":"phone","code":"missing","message":"is required"}]', 1101);
INSERT INTO payables (organization_id, payable_id, currency, amount, applicable, received, applied,
        overpaid, refunded, closed, created_at) VALUES
    ('org', 'open ₹', 'INR', 20012, 20012, 21012, 20012, 1000, 500, NULL, 2000),
    ('org', 'settled', 'KWD', 5, 5, 5, 5, 0, 0, 'paid_elsewhere', 2001),
    ('org', 'voided', 'JPY', 900, 0, 9223372036854775807, 0, 9223372036854775807, 0, 'voided', 2002);
INSERT INTO checkouts (payable_pk, connection_pk, attempt, reference, customer_id, environment,
        currency, amount, partial, prepared, expires_at, state, tries, tried_at, gateway_id, url,
        gateway_paid, conflicting, created_at)
    SELECT CASE WHEN n < 6 THEN 1 ELSE n - 4 END, 1, n, 'ref-' || n, 'customer; 7', 'sandbox', 'INR',
        20012, n = 4, '{"provider":"memory","environment":"sandbox","reference":"ref-' || n ||
        '","amount":{"minor_units":20012,"currency":"INR"},"expires_at":"2026-02-03T04:05:06Z",' ||
        '"fingerprint":"ABCDEFGHIJKLMNOPQRSTUVWXYZ","body":"eyAiYiIgOiAxLjUwIH0="}',
        9000 + n, state, n, 3000 + n, CASE WHEN n > 2 THEN 'g' || n END,
        CASE WHEN n > 2 THEN 'https://pay.example/' || n END, CASE WHEN n = 5 THEN 20012 ELSE 0 END,
        n = 1, 3000
    FROM (SELECT 1 AS n, 'creating' AS state UNION SELECT 2, 'failed' UNION SELECT 3, 'open'
        UNION SELECT 4, 'partially_paid' UNION SELECT 5, 'paid' UNION SELECT 6, 'expired'
        UNION SELECT 7, 'cancelled') AS states
    ORDER BY n;
INSERT INTO cancels (checkout_pk, requested_at, attempts, next_attempt, error) VALUES
    (4, 3500, 2, 3600, 'the gateway ''is'' away');
INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, order_id, status, currency,
        amount, details, allocation_outcome, applied, overpaid, seen_at) VALUES
    (5, 1, 'p1', 'o1', 'succeeded', 'INR', 21012,
        '{"id":"p1","order_id":"o1","status":"succeeded","amount":{"minor_units":21012,"currency":"INR"},"charged":{"minor_units":300,"currency":"USD"},"method":"upi","bank_reference":"1234567890","failure":null,"paid_at":"2026-02-03T04:05:06.789+05:30"}',
        'over', 20012, 1000, 4000),
    (4, 1, 'p2', NULL, 'NEW WORD', 'INR', 100,
        '{"id":"p2","order_id":null,"status":{"unknown":"NEW WORD"},"amount":{"minor_units":100,"currency":"INR"},"charged":null,"method":null,"bank_reference":null,"failure":{"code":"E1","message":"declined, \"why\""},"paid_at":null}',
        NULL, 0, 0, 4001);
INSERT INTO dedup_keys (connection_pk, dedup_key, payment_pk, applied_at) VALUES
    (1, 'payment:succeeded:p1', 1, 4000), (1, 'payment:succeeded:also p1', 1, 4002),
    (1, 'payment:?NEW WORD:p2', 2, 4001);
INSERT INTO refunds (checkout_pk, connection_pk, gateway_refund_id, gateway_payment_id, status,
        currency, amount, details, seen_at) VALUES
    (5, 1, 'r1', 'p1', 'succeeded', 'INR', 500,
        '{"id":"r1","reference":null,"payment_id":"p1","order_id":"o1","status":"succeeded","amount":{"minor_units":500,"currency":"INR"},"origin":null,"bank_reference":null,"reason":null,"failure":null,"created_at":null,"processed_at":null}', 4010);
INSERT INTO disputes (checkout_pk, connection_pk, gateway_dispute_id, status, is_open, respond_by,
        details, seen_at) VALUES
    (5, 1, 'd1', 'open', true, 5000,
        '{"id":"d1","payment_id":"p1","order_id":"o1","stage":"chargeback","status":"open","amount":{"minor_units":500,"currency":"INR"},"reason_code":"4853","reason":null,"respond_by":"1970-01-01T00:00:05Z","updated_at":null}', 4011);
INSERT INTO connection_secrets (connection_pk, label, last_matched_at) VALUES (1, 'key 0', 1234);
INSERT INTO refused_deliveries (connection_pk, reason, refused, last_refused_at) VALUES
    (1, 'unsigned', 7, 1240), (1, 'signature_mismatch', 9223372036854775807, 1241);
INSERT INTO deliveries (connection_pk, delivery_key, body, events, timestamp_check, matched_secret,
        received_at, delivery_count, state, attempts, list_polls, next_attempt, lease_owner, lease_until, error)
    SELECT 1, 'key ' || n, @bytes@,
        '[{"target":{"reference":"ref-1","gateway_id":null,"order_id":null},"kind":"fetch_needed","gateway_type":"LINK ₹","gateway_version":null,"occurred_at":"2026-02-03T04:05:06Z"}]',
        CASE n WHEN 2 THEN 'stale' WHEN 3 THEN 'from_future' ELSE 'fresh' END, 'key 0', 5000 + n,
        n, state, 10 + n, 20 + n, 6000 + n, NULL, 0, CASE WHEN n = 5 THEN 'it panicked: ''?''' END
    FROM (SELECT 1 AS n, 'pending' AS state UNION SELECT 2, 'applied' UNION SELECT 3, 'ignored'
        UNION SELECT 4, 'unmatched' UNION SELECT 5, 'parked') AS states
    ORDER BY n;
INSERT INTO unmatched_targets (connection_pk, name, delivery_pk) VALUES
    (1, 'order:of another host', 4), (1, 'reference:ref-100', 4);
INSERT INTO history (payable_pk, at, event, detail, delivery_pk) VALUES
    (1, 5002, 'delivery_received', 'LINK ₹, signature verified', 2),
    (1, 4000, 'payment_posted', 'payment p1 of INR 210.12 is over', NULL),
    (2, 4003, 'closed', 'a line
of two', NULL);
"#;

const BYTES: &[u8] = &[0, 255, 10, 39, 92];

/// The steps of a later version: a new table that is filled, and a new column.
#[cfg(feature = "sqlite")]
const LATER_SQLITE: &str =
    "CREATE TABLE later_notes (note_pk INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
     ALTER TABLE payables ADD COLUMN later_flag INTEGER NOT NULL DEFAULT 7;
     INSERT INTO later_notes (note_pk, note) SELECT payable_pk, payable_id FROM payables;";

#[cfg(feature = "postgres")]
const LATER_POSTGRES: &str =
    "CREATE TABLE later_notes (note_pk bigint PRIMARY KEY, note text NOT NULL);
     ALTER TABLE payables ADD COLUMN later_flag bigint NOT NULL DEFAULT 7;
     INSERT INTO later_notes (note_pk, note) SELECT payable_pk, payable_id FROM payables;";

/// The version of these steps.
const LATER: i64 = 1_000;

fn text(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

async fn connections_and_customers(store: &Store) {
    assert_eq!(
        store.installation_id().await.unwrap(),
        "an-earlier-installation"
    );
    let key = store.installation_key().await.unwrap();
    assert_eq!(key.unwrap().to_string(), "1a2b3c4d");
    let organization = rows::organization("org");
    let all = store.connections(Some(&organization)).await.unwrap();
    let [main, second] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(main.name, "Main '₹' \"account\" -- ; @x $1");
    assert_eq!(text(&main.plain)["page"], "https://a.example/?q=%22x%22");
    assert_eq!(text(&main.plain)["list"], json!(["a", "ü"]));
    let sealed = json!([{"version": 1, "key": "k", "nonce": "bm9uY2U=", "ciphertext": "Y2lwaGVy"}]);
    assert_eq!(text(&main.encrypted)["key"], sealed);
    assert_eq!(main.environment, Environment::Sandbox);
    let stored = (
        main.version,
        main.matched_secret.as_deref(),
        main.matched_at,
    );
    assert_eq!(stored, (7, Some("key 0"), Some(1234)));
    assert!(main.enabled && !second.enabled);
    assert_eq!(second.environment, Environment::Production);
    assert_eq!((second.matched_at, second.created_at), (None, 1001));

    for (id, code, needs, remote) in [
        ("customer; 7", "main", 0, Some("cust_1")),
        ("bare", "second", 1, None),
    ] {
        let id = CustomerId::new(id).unwrap();
        let found = store.customer(&organization, &id).await.unwrap().unwrap();
        assert_eq!(found.connection.as_str(), code);
        assert_eq!(found.remote_id.as_deref(), remote);
        assert_eq!(found.needs.iter().count(), needs);
        let phone = found.customer.phone.as_ref().map(Pii::expose);
        assert_eq!(phone, remote.map(|_| "+91 90000 00000"));
    }
}

async fn payables_and_their_money(store: &Store) {
    use CheckoutState::{Cancelled, Creating, Expired, Failed, Open, Paid, PartiallyPaid};
    let organization = rows::organization("org");
    let most = i64::MAX;
    let mut tx = store.begin().await.unwrap();
    let mut pks = Vec::new();
    for (id, currency, amount, applicable, received, applied, overpaid, closed) in [
        ("open ₹", "INR", 20_012, 20_012, 21_012, 20_012, 1_000, None),
        (
            "settled",
            "KWD",
            5,
            5,
            5,
            5,
            0,
            Some(CloseReason::PaidElsewhere),
        ),
        (
            "voided",
            "JPY",
            900,
            0,
            most,
            0,
            most,
            Some(CloseReason::Voided),
        ),
    ] {
        let id = PayableId::new(id).unwrap();
        let found = tx.payable(&organization, &id).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.currency.code(), currency);
        assert_eq!((found.amount, found.applicable), (amount, applicable));
        assert_eq!(
            (found.received, found.applied, found.overpaid),
            (received, applied, overpaid)
        );
        let refunds = tx.refunds_of_payable(found.pk).await.unwrap();
        let refunded: i64 = refunds
            .iter()
            .map(|row| row.refund.amount.minor_units())
            .sum();
        assert_eq!((found.closed, found.refunded), (closed, refunded));
        assert_eq!(refunds.len(), usize::from(pks.is_empty()));
        pks.push(found.pk);
    }
    let checkouts = tx.checkouts_of(pks[0]).await.unwrap();
    let states: Vec<_> = checkouts.iter().map(|row| row.state).collect();
    assert_eq!(states, [Creating, Failed, Open, PartiallyPaid, Paid]);
    for (pk, state) in [(pks[1], Expired), (pks[2], Cancelled)] {
        let checkouts = tx.checkouts_of(pk).await.unwrap();
        assert_eq!(checkouts[0].state, state);
    }
    assert!(checkouts[0].conflicting && checkouts[3].partial);
    assert!(checkouts[0].url.is_none() && checkouts[4].url.is_some());
    assert_eq!(checkouts[4].gateway_id.as_deref(), Some("g5"));
    assert_eq!(checkouts[4].gateway_paid, 20_012);
    let prepared = &checkouts[4].prepared;
    assert_eq!(prepared.reference.as_str(), "ref-5");
    assert_eq!(&prepared.body[..], br#"{ "b" : 1.50 }"#);

    let payments = tx.payments_of_payable(pks[0]).await.unwrap();
    let [posted, unknown] = &payments[..] else {
        panic!("{payments:?}");
    };
    assert_eq!(posted.outcome, Some(AllocationOutcome::Over));
    assert_eq!((posted.applied, posted.overpaid), (20_012, 1_000));
    let details = text(&posted.payment);
    // The row names an offset; a time is an instant.
    assert_eq!(details["paid_at"], "2026-02-02T22:35:06.789Z");
    assert_eq!(details["charged"]["currency"], "USD");
    assert_eq!(unknown.payment.status.as_str(), "NEW WORD");
    assert!(!unknown.is_posted());
    for payment in [&posted.payment, &unknown.payment] {
        let found = tx.payment_of_dedup_key(1, &payment.dedup_key()).await;
        assert!(found.unwrap().is_some());
    }
    // A refund finds the payment by every id under which it was reported.
    for id in ["p1", "also p1"] {
        let name = TargetName::Payment(PaymentId::new(id).unwrap());
        let found = tx.checkout_by_name(1, &name).await.unwrap();
        assert_eq!(found.unwrap().reference.as_str(), "ref-5");
    }
    let lines = tx.history_of(pks[0]).await.unwrap();
    let kinds: Vec<_> = lines.iter().map(|line| line.event).collect();
    assert_eq!(
        kinds,
        [AuditEvent::PaymentPosted, AuditEvent::DeliveryReceived]
    );
    let lines = tx.history_of(pks[1]).await.unwrap();
    assert_eq!(lines[0].detail, "a line\nof two");
}

async fn the_inbox(store: &Store) {
    use DeliveryState::{Applied, Ignored, Parked, Pending, Unmatched};
    let all = store.deliveries(1, 100).await.unwrap();
    let states: Vec<_> = all.iter().rev().map(|row| row.state).collect();
    assert_eq!(states, [Pending, Applied, Ignored, Unmatched, Parked]);
    for (row, n) in all.iter().rev().zip(1..) {
        let whole = store.delivery(1, &row.key).await.unwrap().unwrap();
        assert_eq!(whole.body, BYTES);
        assert_eq!(row.events[0].gateway_type, "LINK ₹");
        assert_eq!(
            (row.delivery_count, row.attempts, row.list_polls),
            (n, 10 + n, 20 + n)
        );
    }
    assert_eq!(all[0].error.as_deref(), Some("it panicked: '?'"));
    let leased = store.lease_deliveries("me", 10_000, 20_000, 9).await;
    assert_eq!(leased.unwrap()[0].key, "key 1");
    let mut tx = store.begin().await.unwrap();
    let name = [TargetName::Order("of another host".to_owned())];
    let requeued = tx.requeue_unmatched(1, &name, 1).await;
    assert_eq!(requeued.unwrap(), 1);
}

/// Fills the tables of the earlier version, upgrades them, and reads everything.
async fn nothing_is_lost(earlier: Store, bytes: &str, upgrade: impl AsyncFnOnce(Store) -> Store) {
    let hash_key = bytes.replace("00ff0a275c", "000102030405060708090a0b0c0d0e0f");
    let rows = FIRST
        .replace("@bytes@", bytes)
        .replace("@hash_key@", &hash_key);
    world::execute(&earlier, &rows).await;
    let known = catalog::tables(&earlier).await;
    let before = catalog::content(&earlier, &known).await;
    for table in known.keys() {
        let rows = before
            .iter()
            .filter(|row| row.starts_with(&format!("{table}: ")));
        assert!(rows.count() > 0, "no row of {table}");
    }
    let store = upgrade(earlier).await;
    assert!(catalog::tables(&store).await.contains_key("later_notes"));
    assert_eq!(catalog::content(&store, &known).await, before);
    connections_and_customers(&store).await;
    payables_and_their_money(&store).await;
    the_inbox(&store).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn rows_of_an_earlier_version_are_unchanged_on_sqlite() {
    use sqlx::SqlSafeStr;
    use sqlx::migrate::{Migration, MigrationType, Migrator};
    use sqlx::sqlite::SqliteConnectOptions;

    let directory = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(directory.path().join("earlier.db"));
    let open = async |steps| {
        let migrator = Migrator::with_migrations(steps);
        let store = Store::open_sqlite_with(options.clone(), &migrator).await;
        store.unwrap()
    };
    let earlier = open(Store::sqlite_migrations()).await;
    nothing_is_lost(earlier, "x'00ff0a275c'", async |earlier| {
        earlier.close().await;
        let mut steps = Store::sqlite_migrations();
        let sql = LATER_SQLITE.into_sql_str();
        let later = Migration::new(LATER, "later".into(), MigrationType::Simple, sql, false);
        steps.push(later);
        open(steps).await
    })
    .await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn rows_of_an_earlier_version_are_unchanged_on_postgres() {
    use crate::store::postgres::migration::{MIGRATIONS, Migration, run};

    let schema = postgres::Schema::new();
    let earlier = schema.open().await;
    nothing_is_lost(earlier, r"'\x00ff0a275c'::bytea", async |earlier| {
        earlier.close().await;
        let pool = sqlx::PgPool::connect(&schema.url).await.unwrap();
        let later = Migration {
            version: LATER,
            sql: LATER_POSTGRES,
        };
        let steps = [MIGRATIONS, &[later]].concat();
        run(&pool, &schema.name, &steps).await.unwrap();
        Store::of_postgres(pool, schema.name.clone())
    })
    .await;
}
