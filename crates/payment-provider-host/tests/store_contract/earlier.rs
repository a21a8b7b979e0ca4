//! Databases as an earlier version left them: what is in them is there in this one, unchanged.

use payment_provider_core::*;
use serde_json::{Value, json};

use super::catalog::Catalog;
use super::*;
use crate::PayableId;
use crate::cash::{Closed, Verdict};
use crate::checkouts::CheckoutState;

/// Rows of the first version, as it wrote them: of every table, in every state, with texts that are
/// easily damaged. `@bytes@` stands for a body.
const FIRST: &str = r#"
INSERT INTO installation (only_row, id) VALUES (1, 'the-first-installation');
INSERT INTO connections (organization_id, provider, code, name, environment, plain_settings,
        sealed_settings, settings_version, enabled, matched_secret, matched_at, created_at) VALUES
    ('org', 'memory', 'main', 'Main ''₹'' "account" -- ; @x $1', 'sandbox',
        '{"list":["a","ü"],"live":false,"page":"https://a.example/?q=%22x%22"}',
        '{"key":[{"version":1,"key":"k","nonce":"bm9uY2U=","ciphertext":"Y2lwaGVy"}]}',
        7, true, 'key 0', 1234, 1000),
    ('org', 'memory', 'second', '', 'production', '{}', '{}', 1, false, NULL, NULL, 1001);
INSERT INTO customers (organization_id, customer_id, connection_pk, remote_id, details, needs,
        linked_at) VALUES
    ('org', 'customer; 7', 1, 'cust_1',
        '{"id":"customer; 7","name":"Łukasz O''Brien","phone":"+91 90000 00000"}', '[]', 1100),
    ('org', 'bare', 2, NULL, '{"id":"bare"}',
        '[{"field":"phone","code":"missing","message":"is required"}]', 1101);
INSERT INTO payables (organization_id, payable_id, currency, amount, creditable, received, credited,
        surplus, closed, created_at) VALUES
    ('org', 'open ₹', 'INR', 20012, 20012, 21012, 20012, 1000, NULL, 2000),
    ('org', 'settled', 'KWD', 5, 5, 5, 5, 0, 'settled', 2001),
    ('org', 'voided', 'JPY', 900, 0, 9223372036854775807, 0, 9223372036854775807, 'voided', 2002);
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
INSERT INTO payments (checkout_pk, connection_pk, gateway_payment_id, order_id, status, currency,
        amount, details, verdict, credited, surplus, seen_at) VALUES
    (5, 1, 'p1', 'o1', 'succeeded', 'INR', 21012,
        '{"id":"p1","order_id":"o1","status":"succeeded","amount":{"minor_units":21012,"currency":"INR"},"charged":{"minor_units":300,"currency":"USD"},"method":"upi","bank_reference":"1234567890","failure":null,"paid_at":"2026-02-03T04:05:06.789+05:30"}',
        'over', 20012, 1000, 4000),
    (4, 1, 'p2', NULL, 'NEW WORD', 'INR', 100,
        '{"id":"p2","order_id":null,"status":{"unknown":"NEW WORD"},"amount":{"minor_units":100,"currency":"INR"},"charged":null,"method":null,"bank_reference":null,"failure":{"code":"E1","message":"declined, \"why\""},"paid_at":null}',
        NULL, 0, 0, 4001);
INSERT INTO effects (connection_pk, dedup_key, payment_pk, applied_at) VALUES
    (1, 'payment:succeeded:p1', 1, 4000), (1, 'payment:succeeded:also p1', 1, 4002),
    (1, 'payment:?NEW WORD:p2', 2, 4001);
INSERT INTO deliveries (connection_pk, delivery_key, body, events, timestamp_check, matched_secret,
        received_at, copies, state, attempts, looks, next_attempt, lease_owner, lease_until, error)
    SELECT 1, 'key ' || n, @bytes@,
        '[{"subject":{"reference":"ref-1","gateway_id":null,"order_id":null},"kind":"fetch_needed","gateway_type":"LINK ₹","gateway_version":null,"occurred_at":"2026-02-03T04:05:06Z"}]',
        CASE n WHEN 2 THEN 'stale' WHEN 3 THEN 'from_future' ELSE 'fresh' END, 'key 0', 5000 + n,
        n, state, 10 + n, 20 + n, 6000 + n, NULL, 0, CASE WHEN n = 5 THEN 'it panicked: ''?''' END
    FROM (SELECT 1 AS n, 'pending' AS state UNION SELECT 2, 'applied' UNION SELECT 3, 'ignored'
        UNION SELECT 4, 'unmatched' UNION SELECT 5, 'parked') AS states
    ORDER BY n;
INSERT INTO unmatched_subjects (connection_pk, name, delivery_pk) VALUES
    (1, 'order:of somebody else', 4), (1, 'reference:ref-100', 4);
INSERT INTO history (payable_pk, at, kind, detail, delivery_pk) VALUES
    (1, 5002, 'delivery_received', 'LINK ₹, signature verified', 2),
    (1, 4000, 'payment_booked', 'payment p1 of INR 210.12 is over', NULL),
    (2, 4003, 'closed', 'a line
of two', NULL);
"#;

const BYTES: &[u8] = &[0, 255, 10, 39, 92];

/// Makes the tables of the first version, rows in them, and then those of this version.
trait Earlier: Catalog + Sized {
    type Place;

    async fn first() -> (Self, Self::Place);

    async fn bring_up_to_date(self, place: &Self::Place) -> Self;
}

#[cfg(feature = "sqlite")]
impl Earlier for SqliteStore {
    type Place = tempfile::TempDir;

    async fn first() -> (Self, Self::Place) {
        let place = tempfile::tempdir().unwrap();
        let store = Self::open_at_version(&place.path().join("earlier.db"), 1).await;
        let rows = FIRST.replace("@bytes@", "x'00ff0a275c'");
        let mut tx = store.begin().await.unwrap();
        // Opening it made a name for the installation.
        let renamed = sqlx::query("DELETE FROM installation");
        renamed.execute(&mut *tx).await.unwrap();
        let made = sqlx::raw_sql(sqlx::AssertSqlSafe(rows));
        made.execute(&mut *tx).await.unwrap();
        store.commit(tx).await.unwrap();
        (store, place)
    }

    async fn bring_up_to_date(self, place: &Self::Place) -> Self {
        self.close().await;
        Self::open(place.path().join("earlier.db")).await.unwrap()
    }
}

#[cfg(feature = "postgres")]
impl Earlier for PostgresStore {
    type Place = super::postgres::Schema;

    async fn first() -> (Self, Self::Place) {
        use super::super::postgres::migration::{MIGRATIONS, run};
        let place = super::postgres::Schema::new();
        let pool = sqlx::PgPool::connect(&place.url).await.unwrap();
        run(&pool, &place.name, &MIGRATIONS[..1]).await.unwrap();
        let rows = FIRST.replace("@bytes@", r"'\x00ff0a275c'::bytea");
        let path = format!("SET LOCAL search_path = {};", place.name);
        let rows = sqlx::AssertSqlSafe(format!("BEGIN; {path} {rows} COMMIT"));
        sqlx::raw_sql(rows).execute(&pool).await.unwrap();
        (Self::of_pool(pool, place.name.clone()), place)
    }

    async fn bring_up_to_date(self, place: &Self::Place) -> Self {
        self.close().await;
        place.open().await
    }
}

fn text(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

async fn connections_and_customers<S: Store>(store: &S) {
    assert_eq!(
        store.installation_id().await.unwrap(),
        "the-first-installation"
    );
    let organization = rows::organization("org");
    let all = store.connections(Some(&organization)).await.unwrap();
    let [main, second] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(main.name, "Main '₹' \"account\" -- ; @x $1");
    assert_eq!(text(&main.plain)["page"], "https://a.example/?q=%22x%22");
    assert_eq!(text(&main.plain)["list"], json!(["a", "ü"]));
    let sealed = json!([{"version": 1, "key": "k", "nonce": "bm9uY2U=", "ciphertext": "Y2lwaGVy"}]);
    assert_eq!(text(&main.sealed)["key"], sealed);
    assert_eq!(main.environment, Environment::Sandbox);
    let told = (
        main.version,
        main.matched_secret.as_deref(),
        main.matched_at,
    );
    assert_eq!(told, (7, Some("key 0"), Some(1234)));
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

async fn payables_and_their_money<S: Store>(store: &S) {
    use CheckoutState::{Cancelled, Creating, Expired, Failed, Open, Paid, PartiallyPaid};
    let organization = rows::organization("org");
    let most = i64::MAX;
    let mut tx = store.begin().await.unwrap();
    let mut pks = Vec::new();
    for (id, currency, amount, creditable, received, credited, surplus, closed) in [
        ("open ₹", "INR", 20_012, 20_012, 21_012, 20_012, 1_000, None),
        ("settled", "KWD", 5, 5, 5, 5, 0, Some(Closed::Settled)),
        ("voided", "JPY", 900, 0, most, 0, most, Some(Closed::Voided)),
    ] {
        let id = PayableId::new(id).unwrap();
        let found = store.payable(&mut tx, &organization, &id).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.currency.code(), currency);
        assert_eq!((found.amount, found.creditable), (amount, creditable));
        assert_eq!(
            (found.received, found.credited, found.surplus),
            (received, credited, surplus)
        );
        assert_eq!((found.closed, found.refunded), (closed, 0));
        let refunds = store.refunds_of_payable(&mut tx, found.pk).await;
        assert_eq!(refunds.unwrap(), []);
        pks.push(found.pk);
    }
    let checkouts = store.checkouts_of(&mut tx, pks[0]).await.unwrap();
    let states: Vec<_> = checkouts.iter().map(|row| row.state).collect();
    assert_eq!(states, [Creating, Failed, Open, PartiallyPaid, Paid]);
    for (pk, state) in [(pks[1], Expired), (pks[2], Cancelled)] {
        let checkouts = store.checkouts_of(&mut tx, pk).await.unwrap();
        assert_eq!(checkouts[0].state, state);
    }
    assert!(checkouts[0].conflicting && checkouts[3].partial);
    assert!(checkouts[0].url.is_none() && checkouts[4].url.is_some());
    assert_eq!(checkouts[4].gateway_id.as_deref(), Some("g5"));
    assert_eq!(checkouts[4].gateway_paid, 20_012);
    let prepared = &checkouts[4].prepared;
    assert_eq!(prepared.reference.as_str(), "ref-5");
    assert_eq!(&prepared.body[..], br#"{ "b" : 1.50 }"#);

    let payments = store.payments_of_payable(&mut tx, pks[0]).await.unwrap();
    let [booked, unknown] = &payments[..] else {
        panic!("{payments:?}");
    };
    assert_eq!(booked.verdict, Some(Verdict::Over));
    assert_eq!((booked.credited, booked.surplus), (20_012, 1_000));
    let told = text(&booked.payment);
    assert_eq!(told["paid_at"], "2026-02-03T04:05:06.789+05:30");
    assert_eq!(told["charged"]["currency"], "USD");
    assert_eq!(unknown.payment.status.as_str(), "NEW WORD");
    assert!(!unknown.is_booked());
    for payment in [&booked.payment, &unknown.payment] {
        let found = store.effect_payment(&mut tx, 1, &payment.dedup_key()).await;
        assert!(found.unwrap().is_some());
    }
    // Refunds that come from now on find the payments by every id they were told under.
    for id in ["p1", "also p1"] {
        let name = TargetName::Payment(PaymentId::new(id).unwrap());
        let found = store.checkout_by_name(&mut tx, 1, &name).await.unwrap();
        assert_eq!(found.unwrap().reference.as_str(), "ref-5");
    }
    let lines = store.history_of(&mut tx, pks[0]).await.unwrap();
    let kinds: Vec<_> = lines.iter().map(|line| line.kind).collect();
    assert_eq!(
        kinds,
        [HistoryKind::PaymentBooked, HistoryKind::DeliveryReceived]
    );
    let lines = store.history_of(&mut tx, pks[1]).await.unwrap();
    assert_eq!(lines[0].detail, "a line\nof two");
}

async fn the_inbox<S: Store>(store: &S) {
    use DeliveryState::{Applied, Ignored, Parked, Pending, Unmatched};
    let all = store.deliveries(1, 100).await.unwrap();
    let states: Vec<_> = all.iter().rev().map(|row| row.state).collect();
    assert_eq!(states, [Pending, Applied, Ignored, Unmatched, Parked]);
    for (row, n) in all.iter().rev().zip(1..) {
        assert_eq!(row.body, BYTES);
        assert_eq!(row.events[0].gateway_type, "LINK ₹");
        assert_eq!((row.copies, row.attempts, row.looks), (n, 10 + n, 20 + n));
    }
    assert_eq!(all[0].error.as_deref(), Some("it panicked: '?'"));
    let leased = store.lease_deliveries("me", 10_000, 20_000, 9).await;
    assert_eq!(leased.unwrap()[0].key, "key 1");
    let mut tx = store.begin().await.unwrap();
    let name = [TargetName::Order("of somebody else".to_owned())];
    let requeued = store.requeue_unmatched(&mut tx, 1, &name, 1).await;
    assert_eq!(requeued.unwrap(), 1);
}

async fn nothing_is_lost<S: Earlier>() {
    let (earlier, place) = S::first().await;
    let tables = earlier.tables().await;
    let before = earlier.content(&tables).await;
    for table in tables.keys() {
        let rows = before.iter().filter(|row| row.starts_with(&**table));
        assert!(rows.count() > 0, "no row of {table}");
    }
    let store = earlier.bring_up_to_date(&place).await;
    assert!(store.tables().await.contains_key("refunds"));
    assert_eq!(store.content(&tables).await, before);
    connections_and_customers(&store).await;
    payables_and_their_money(&store).await;
    the_inbox(&store).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn what_the_first_version_stored_is_unchanged_on_sqlite() {
    nothing_is_lost::<SqliteStore>().await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn what_the_first_version_stored_is_unchanged_on_postgres() {
    nothing_is_lost::<PostgresStore>().await;
}
