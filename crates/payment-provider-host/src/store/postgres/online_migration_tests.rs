//! Online migrations: the statements that a running process has prepared stay valid while a later
//! version, started beside it, adds columns to the tables.

use std::collections::BTreeSet;

use payment_provider_core::{Customer, CustomerId, OrderId, Violations};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::query_plan_tests::HOT;
use crate::accounting::{AllocationOutcome, AuditEvent, CheckoutState, HistoryEntry, TargetName};
use crate::delivery_state::DeliveryState;
use crate::refusal_reason::RefusalReason;
use crate::store::contract::postgres::Schema;
use crate::store::contract::rows;
use crate::store::{
    AccountKeys, CustomerRow, DatabaseLocation, Deletion, DeliveryEnd, DropClass, InboxPage,
    Inserted, ParkOutcome, Postponement, RefusedRow, Store, Transaction,
};

/// The keys of a connection, a payable, and a checkout of it.
#[derive(Clone, Copy)]
struct Keys {
    connection: i64,
    payable: i64,
    checkout: i64,
}

/// Runs every operation of the store, on one payable.
async fn use_everything(store: &Store, name: &str) {
    let connection = connect(store, name).await;
    let payable = rows::owed(store, name).await;
    let checkout = rows::asked(store, &rows::checkout(payable, connection, 1)).await;
    let keys = Keys {
        connection,
        payable,
        checkout,
    };
    link(store, name, keys).await;
    post(store, name, keys).await;
    for writes in [true, false] {
        find_money(store, keys, writes).await;
        find_payable(store, name, keys, writes).await;
    }
    refund(store, keys).await;
    deliver(store, keys).await;
    operate(store, name, connection).await;
    audit(store, keys).await;
}

async fn begin(store: &Store, writes: bool) -> Transaction {
    let begun = if writes {
        store.begin().await
    } else {
        store.begin_read().await
    };
    begun.unwrap()
}

async fn connect(store: &Store, name: &str) -> i64 {
    assert!(!store.installation_id().await.unwrap().is_empty());
    let pk = rows::connected(store, name).await;
    store.set_enabled(pk, true).await.unwrap();
    let mut row = store.connection_by_pk(pk).await.unwrap().unwrap();
    let secret = r#"{"version":2,"key":"k1","nonce":"","ciphertext":""}"#;
    let secret = serde_json::from_str(secret).unwrap();
    row.encrypted.insert("key".to_owned(), vec![secret]);
    let missed = store
        .update_settings_batch(std::slice::from_ref(&row))
        .await;
    assert!(missed.unwrap().is_empty());
    assert_eq!(store.unknown_keys(&[]).await.unwrap().len(), 1);
    for of in [Some(&row.organization), None] {
        let all = store.connections(of).await.unwrap();
        assert!(all.iter().any(|found| found.pk == pk));
        let page = store.connections_after(of, None, 99).await.unwrap();
        assert!(page.iter().any(|found| found.pk == pk));
    }
    let walked = store.walk_connections(pk - 1, 1).await.unwrap();
    assert!(walked[0].row.is_some());

    let unused = rows::connection("org", &format!("{name}-unused"));
    let inserted = store.insert_connection(&unused).await.unwrap();
    assert_eq!(inserted, Inserted::New);
    let found = store.connection(&unused.to_ref()).await;
    let unused = found.unwrap().unwrap().pk;
    let deleted = store.delete_connection(unused, 1, 0).await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    pk
}

async fn link(store: &Store, name: &str, keys: Keys) {
    let id = CustomerId::new(name).unwrap();
    let connection = rows::connection("org", name);
    let row = CustomerRow {
        organization: connection.organization,
        customer: Customer::new(id.clone()),
        connection_pk: keys.connection,
        connection: connection.code,
        remote_id: None,
        needs: Violations::none(),
        linked_at: 1,
    };
    assert!(store.put_customer(&row).await.unwrap());
    let found = store.customer(&row.organization, &id).await.unwrap();
    assert_eq!(found.unwrap().connection, row.connection);
    for writes in [true, false] {
        let mut tx = begin(store, writes).await;
        let link = tx.link_of_customer(&row.organization, &id);
        let linked = Some((keys.connection, row.customer.clone()));
        assert_eq!(link.await.unwrap(), linked);
        tx.commit().await.unwrap();
    }
    store.remove_customer(&row.organization, &id).await.unwrap();
    let asked = CustomerId::new("customer").unwrap();
    let left = store
        .open_checkouts_elsewhere(&row.organization, &asked)
        .await;
    let mut left = left.unwrap().into_iter();
    assert!(left.any(|open| open.checkout.pk == keys.checkout));
}

async fn post(store: &Store, name: &str, keys: Keys) {
    let mut tx = begin(store, true).await;
    let mut row = tx.checkout_by_pk(keys.checkout).await.unwrap();
    row.gateway_id = Some(name.to_owned());
    row.state = CheckoutState::Open;
    tx.put_checkout(&row).await.unwrap();
    tx.request_cancels(&[keys.checkout], 1, 1).await.unwrap();
    assert_eq!(tx.cancels_of(keys.payable).await.unwrap().len(), 1);
    let mut payable = tx.payable_by_pk(keys.payable).await.unwrap();
    (payable.received, payable.applied) = (1_000, 1_000);
    tx.put_payable(&payable).await.unwrap();
    let mut payment = rows::payment(keys.checkout, keys.connection, "p");
    payment.payment.order_id = OrderId::new("o").ok();
    payment.pk = tx.put_payment(&payment).await.unwrap();
    payment.outcome = Some(AllocationOutcome::Partial);
    payment.applied = 1_000;
    tx.put_payment(&payment).await.unwrap();
    let key = payment.payment.dedup_key();
    tx.add_dedup_key(keys.connection, &key, payment.pk, 1)
        .await
        .unwrap();
    let other = rows::payment(keys.checkout, keys.connection, "q");
    let other_pk = tx.put_payment(&other).await.unwrap();
    let key = other.payment.dedup_key();
    let found = tx.payment_of_dedup_key(keys.connection, &key).await;
    assert_eq!(found.unwrap(), None);
    tx.add_dedup_key(keys.connection, &key, other_pk, 1)
        .await
        .unwrap();
    tx.merge_payments(other_pk, payment.pk).await.unwrap();
    let line = HistoryEntry {
        payable_pk: keys.payable,
        at: 1,
        event: AuditEvent::PaymentPosted,
        detail: name.to_owned(),
        delivery_pk: None,
    };
    tx.append_history(&[line]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn find_money(store: &Store, keys: Keys, writes: bool) {
    let mut tx = begin(store, writes).await;
    let payment = rows::payment(keys.checkout, keys.connection, "p").payment;
    let found = tx.payment_by_id(keys.connection, &payment.id);
    assert_eq!(found.await.unwrap().unwrap().applied, 1_000);
    let found = tx.payments_of_checkout(keys.checkout).await;
    assert_eq!(found.unwrap().len(), 1);
    let found = tx.payments_of_payable(keys.payable).await;
    assert_eq!(found.unwrap().len(), 1);
    tx.commit().await.unwrap();
}

/// Finds the payable, and its checkout by each of its names.
async fn find_payable(store: &Store, name: &str, keys: Keys, writes: bool) {
    let mut tx = begin(store, writes).await;
    let wanted = rows::payable(name);
    let found = tx.payable(&wanted.organization, &wanted.payable).await;
    assert_eq!(found.unwrap().unwrap().pk, keys.payable);
    let found = tx.payable_by_pk(keys.payable).await.unwrap();
    assert_eq!(found.applied, 1_000);
    let found = tx.checkouts_of(keys.payable).await.unwrap();
    assert_eq!(found.len(), 1);
    let lines = tx.history_of(keys.payable).await.unwrap();
    assert_eq!(lines[0].detail, name);
    let keys_of_refunds = AccountKeys {
        payables: &[keys.payable],
        with_refund_history: true,
        ..AccountKeys::default()
    };
    tx.accounts(&keys_of_refunds).await.unwrap();
    let payment = rows::payment(keys.checkout, keys.connection, "p").payment;
    let names = [
        TargetName::Reference(found[0].reference.to_string()),
        TargetName::GatewayId(name.to_owned()),
        TargetName::Order("o".to_owned()),
        TargetName::Payment(payment.id),
    ];
    for name in &names {
        let found = tx.checkout_by_name(keys.connection, name).await;
        assert_eq!(found.unwrap().unwrap().pk, keys.checkout, "{name}");
    }
    tx.commit().await.unwrap();

    // The same in a transaction that has locked nothing yet.
    let mut tx = begin(store, writes).await;
    let found = tx.checkout_by_pk(keys.checkout).await.unwrap();
    assert_eq!(found.state, CheckoutState::Open);
    tx.commit().await.unwrap();
    if writes {
        let mut tx = begin(store, writes).await;
        tx.lock_payables(keys.connection, &names, &[keys.checkout])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = begin(store, writes).await;
        tx.checkouts_of(keys.payable).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn refund(store: &Store, keys: Keys) {
    let mut row = rows::refund(keys.checkout, keys.connection, "r");
    let mut tx = begin(store, true).await;
    row.pk = tx.put_refund(&row).await.unwrap();
    tx.put_refund(&row).await.unwrap();
    tx.commit().await.unwrap();
    for writes in [true, false] {
        let mut tx = begin(store, writes).await;
        let found = tx.refund_by_id(keys.connection, &row.refund.id);
        assert_eq!(found.await.unwrap().as_ref(), Some(&row));
        let found = tx.refunds_of_payable(keys.payable).await;
        assert_eq!(found.unwrap(), std::slice::from_ref(&row));
        tx.commit().await.unwrap();
    }
}

/// Works on three deliveries, and leaves none that is due.
async fn deliver(store: &Store, keys: Keys) {
    let [applied, waits, later] = ["applied", "waits", "later"];
    let leased = rows::leased(store, keys.connection, &[applied, waits, later]).await;
    store.shorten_waits(10_000).await.unwrap();
    let unknown = [TargetName::Order("unknown".to_owned())];
    for row in leased {
        let renewed = store.renew_lease(row.pk, "me", 30_000).await;
        assert!(renewed.unwrap());
        if row.key == later {
            let wait = Postponement {
                error: "not yet",
                next_attempt: 90_000,
                polled_list: true,
                failed: false,
                delivery_count: i64::MAX,
                untrusted: false,
                park: false,
            };
            let postponed = store.postpone_delivery(row.pk, "me", wait).await;
            postponed.unwrap();
            continue;
        }
        let end = if row.key == waits {
            DeliveryEnd {
                unmatched: &unknown,
                ..rows::end(DeliveryState::Unmatched)
            }
        } else {
            rows::end(DeliveryState::Applied)
        };
        let mut tx = begin(store, true).await;
        let finished = tx.finish_delivery(row.pk, "me", end).await;
        assert!(finished.unwrap());
        tx.commit().await.unwrap();
    }
    let refused = RefusedRow {
        connection_pk: keys.connection,
        reason: RefusalReason::Unsigned,
        refused: 1,
        last_refused_at: 1,
    };
    store.add_refused(&refused).await.unwrap();
    let found = store.refused_deliveries(&[keys.connection]).await.unwrap();
    assert_eq!(found[0].reason, refused.reason);
    let uses = store.secret_uses(&[keys.connection]).await.unwrap();
    assert_eq!(uses.len(), 1);
    let mut tx = begin(store, true).await;
    let back = tx.requeue_unmatched(keys.connection, &unknown, 90_000);
    assert_eq!(back.await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn operate(store: &Store, name: &str, connection: i64) {
    let latest = store.deliveries(connection, 9).await.unwrap();
    assert_eq!(latest.len(), 3);
    let (ours, code) = (rows::organization("org"), name.parse().unwrap());
    for (state, expected) in [(None, 3), (Some(DeliveryState::Parked), 0)] {
        let page = InboxPage {
            organization: &ours,
            connection: Some(&code),
            state,
            before: i64::MAX,
            limit: 9,
        };
        let page = store.delivery_page(page).await;
        assert_eq!(page.unwrap().len(), expected);
    }
    let one = store.delivery(connection, "waits").await.unwrap().unwrap();
    assert_eq!(one.state, DeliveryState::Pending);
    let parked = store
        .park_delivery(connection, "waits", "why", 12_000)
        .await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    let parked = store
        .park_delivery(connection, "waits", "why", 12_000)
        .await;
    let not = ParkOutcome::Not(DeliveryState::Parked);
    assert_eq!(parked.unwrap(), not);
    assert_eq!(store.retry_parked(connection, 1).await.unwrap(), 1);
    let parked = store
        .park_delivery(connection, "waits", "why", 12_000)
        .await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    assert!(store.retry_delivery(connection, "applied").await.unwrap());
    let parked = store
        .park_delivery(connection, "applied", "why", 12_000)
        .await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);
    let ended_by = 12_000;
    for (class, number) in [(DropClass::Applied, 0), (DropClass::Unapplied, 2)] {
        let dropped = store.drop_deliveries(class, ended_by, 9, 1).await;
        assert_eq!(dropped.unwrap(), number);
    }
    assert_eq!(store.remove_deliveries(ended_by, 9).await.unwrap(), 2);
    for due in store.lease_cancels(5, 9, 9).await.unwrap() {
        store.postpone_cancel(&due, "why", 900).await.unwrap();
        store.finish_cancel(&due).await.unwrap();
    }
    store.shorten_cancel_waits(10_000).await.unwrap();
    assert!(store.failing_cancels(None, 9).await.unwrap().is_empty());
}

async fn audit(store: &Store, keys: Keys) {
    let mut tx = begin(store, false).await;
    let before = keys.payable - 1;
    let payables = tx.audited_payables(None, before, 1).await;
    assert_eq!(payables.unwrap()[0].pk, keys.payable);
    let payments = tx.audited_payments(None, before, keys.payable).await;
    assert_eq!(payments.unwrap()[0].applied, 1_000);
    let refunds = tx.audited_refunds(None, before, keys.payable).await;
    assert_eq!(refunds.unwrap().len(), 1);
    let payment = rows::payment(keys.checkout, keys.connection, "p");
    let asked = [(keys.connection, payment.payment.dedup_key())];
    let found = tx.payments_of_dedup_keys(&asked).await.unwrap();
    assert!(found[0].is_some());
    assert!(tx.count_dedup_keys(None).await.unwrap() > 0);
    let dangling = tx.dangling_rows(None, 9).await.unwrap();
    assert_eq!(dangling, []);
    let incomplete = tx.incomplete_lists(None, 9, 9).await.unwrap();
    assert_eq!(incomplete, []);
    tx.commit().await.unwrap();
}

/// Returns the statements that the only connection of the pool has prepared.
async fn prepared(store: &Store) -> BTreeSet<String> {
    let sql = "SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%FROM pg_%'";
    let statements: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(store.postgres().unwrap())
        .await
        .unwrap();
    statements.into_iter().collect()
}

async fn add_a_column_to_every_table(schema: &Schema) {
    let mut later = PgConnection::connect(&schema.url).await.unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = $1")
            .bind(schema.name.as_str())
            .fetch_all(&mut later)
            .await
            .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    for table in tables {
        let sql = format!("ALTER TABLE {}.{table} ADD COLUMN later text", schema.name);
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut later)
            .await
            .unwrap();
    }
    later.close().await.unwrap();
}

#[tokio::test]
async fn prepared_statements_stay_valid_when_columns_are_added() {
    let schema = Schema::new();
    // The pool has one connection, so that each repeated statement is one that it has prepared.
    let options: PgConnectOptions = schema.url.parse().unwrap();
    let options = options.statement_cache_capacity(1_000);
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.unwrap();
    let store = DatabaseLocation::PostgresPool(pool, schema.name.clone())
        .open(crate::store::FileUse::Shared)
        .await
        .unwrap();
    use_everything(&store, "before").await;
    let before = prepared(&store).await;
    for (hot, ..) in HOT {
        let locked = [true, false].map(|locks| store.sql(*hot, locks));
        let has_run = locked.iter().any(|sql| before.contains(sql.as_str()));
        assert!(has_run, "never run: {hot:?}");
    }
    add_a_column_to_every_table(&schema).await;
    use_everything(&store, "after").await;
    assert_eq!(prepared(&store).await, before);
    for statement in before {
        let names = statement.replace("count(*)", "");
        assert!(!names.contains('*'), "columns are not named: {statement}");
    }
}
