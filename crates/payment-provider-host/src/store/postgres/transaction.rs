//! A transaction, and what it has to itself.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::{Deref, DerefMut};

use payment_provider_core::OrganizationId;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::schema::SchemaName;
use super::{Result, StoreError, TargetName};
use crate::PayableId;

/// A transaction on a [`PostgresStore`](super::PostgresStore), for statements of the host's own:
/// `.execute(&mut **tx)`. Names in them are found by the search path of the host's pool.
///
/// A statement that fails takes the whole transaction with it, as always in PostgreSQL: a handler that
/// wants to go on after one runs it in a savepoint (`tx.begin()`). One that leaves the transaction idle
/// for thirty seconds finds it ended by the server.
pub struct PostgresTx {
    inner: Transaction<'static, Postgres>,
    schema: SchemaName,
    writes: bool,
    /// The payables whose rows are locked.
    payables: BTreeSet<i64>,
    /// The names that become known here: keys of their locks.
    names: BTreeSet<i64>,
    /// Effects that were looked for here and not found.
    absent: HashSet<(i64, String)>,
    /// Whether somebody else may have run statements.
    lent: bool,
}

/// With limits for this transaction alone, in the same message: who waits for a lock gives its
/// connection back after a while, and who holds one and was frozen or cut off loses it.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL idle_in_transaction_session_timeout = '30s'";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = '30s'";

impl PostgresTx {
    /// In a task of its own: where the future of sqlx's `begin` is dropped half-way, the connection
    /// goes back to the pool with a transaction open, and what others write on it later is never
    /// committed (<https://github.com/transact-rs/sqlx/issues/4393>, in 0.9.0). The task goes on, and
    /// drops a transaction that nobody waits for any more.
    pub(super) async fn begin(pool: &PgPool, schema: &SchemaName, writes: bool) -> Result<Self> {
        let pool = pool.clone();
        let statement = if writes { WRITE } else { READ };
        let begun = tokio::spawn(async move { pool.begin_with(statement).await })
            .await
            .map_err(|error| StoreError::new("begin a transaction", error))?;
        Ok(Self {
            inner: begun.map_err(|error| StoreError::new("begin a transaction", error))?,
            schema: schema.clone(),
            writes,
            payables: BTreeSet::new(),
            names: BTreeSet::new(),
            absent: HashSet::new(),
            lent: false,
        })
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        let failed = |error| StoreError::new("commit a transaction", error);
        if self.lent {
            // A transaction in which a statement failed, and somebody did not tell, ends with COMMIT
            // as well, but by being undone. Here that comes out.
            sqlx::query("SELECT 1")
                .execute(&mut *self.inner)
                .await
                .map_err(failed)?;
        }
        self.inner.commit().await.map_err(failed)
    }

    pub(super) fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        self.schema.sql(text)
    }

    /// The connection, for the statements of the store.
    pub(super) fn own(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Whether rows are to be locked as they are read.
    pub(super) const fn writes(&self) -> bool {
        self.writes
    }

    /// Whether a payable's row is locked here, or need not be.
    pub(super) fn holds(&self, payable_pk: i64) -> bool {
        !self.writes || self.payables.contains(&payable_pk)
    }

    pub(super) fn holds_any(&self) -> bool {
        !self.writes || !self.payables.is_empty()
    }

    /// Remembers that a payable's row is locked here.
    pub(super) fn note_held(&mut self, payable_pk: i64) {
        if self.writes {
            self.payables.insert(payable_pk);
        }
    }

    /// Waits until no other transaction has this payable, and then has it. What was read of it before
    /// is to be read again.
    pub(super) async fn hold(&mut self, payable_pk: i64) -> Result<()> {
        if !self.holds(payable_pk) {
            let sql = self
                .sql("SELECT payable_pk FROM @payables WHERE payable_pk = $1 FOR NO KEY UPDATE");
            sqlx::query(sql)
                .bind(payable_pk)
                .execute(self.own())
                .await
                .map_err(|error| StoreError::new("take hold of a payable", error))?;
            self.note_held(payable_pk);
        }
        Ok(())
    }

    /// Waits until no other transaction makes a payable of this name, where there is none: there is
    /// no row to lock yet.
    pub(super) async fn hold_missing(
        &mut self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<()> {
        let parts = ["payable", organization.as_str(), payable.as_str()];
        let key = self.schema.lock_key(&parts);
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(key)
            .execute(self.own())
            .await
            .map_err(|error| StoreError::new("take hold of a payable", error))?;
        Ok(())
    }

    fn name_keys(&self, connection_pk: i64, names: &[TargetName]) -> BTreeSet<i64> {
        let connection = connection_pk.to_string();
        names
            .iter()
            .map(|name| {
                let parts = ["name", &connection, &name.to_string()];
                self.schema.lock_key(&parts)
            })
            .collect()
    }

    /// Says that these names become known here: until the end of the transaction nobody concludes
    /// that they are not.
    pub(super) async fn make_known(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<()> {
        let keys = self.name_keys(connection_pk, names);
        let new: Vec<i64> = keys.difference(&self.names).copied().collect();
        if !new.is_empty() {
            sqlx::query(
                "SELECT pg_advisory_xact_lock_shared(key) FROM unnest($1::bigint[]) AS key",
            )
            .bind(&new)
            .execute(self.own())
            .await
            .map_err(|error| StoreError::new("make a name known", error))?;
            self.names.extend(new);
        }
        Ok(())
    }

    /// Makes sure that these names become known nowhere else until the end of this transaction.
    /// Does not wait: `false` if one of them may be becoming known just now.
    pub(super) async fn keep_unknown(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<bool> {
        let keys: Vec<i64> = self.name_keys(connection_pk, names).into_iter().collect();
        sqlx::query_scalar(
            "SELECT coalesce(bool_and(pg_try_advisory_xact_lock(key)), true)
             FROM unnest($1::bigint[]) AS key",
        )
        .bind(&keys)
        .fetch_one(self.own())
        .await
        .map_err(|error| StoreError::new("look whether names are unknown", error))
    }

    /// Remembers that an effect was looked for and not found.
    pub(super) fn note_absent(&mut self, connection_pk: i64, key: &str) {
        self.absent.insert((connection_pk, key.to_owned()));
    }

    /// Whether an effect was looked for and not found; asks once.
    pub(super) fn was_absent(&mut self, connection_pk: i64, key: &str) -> bool {
        self.absent.remove(&(connection_pk, key.to_owned()))
    }
}

impl Deref for PostgresTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for PostgresTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.lent = true;
        &mut self.inner
    }
}

impl fmt::Debug for PostgresTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresTx")
            .field("schema", &self.schema)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use futures_util::future::poll_fn;
    use sqlx::postgres::{PgConnection, PgPoolOptions};

    use crate::store::contract::postgres::Schema;
    use crate::store::contract::rows;
    use crate::store::{Backend, PostgresStore, Received, Store};

    /// On a pool of one connection, which is met again and again.
    async fn with_one_connection(schema: &Schema) -> PostgresStore {
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect(&schema.url).await.unwrap();
        PostgresStore::with_pool(pool, schema.name.clone())
            .await
            .unwrap()
    }

    async fn poll_and_drop<F: Future>(future: F, polls: usize) {
        let mut future = pin!(future);
        for _ in 0..polls {
            let done = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
            if done.await {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_begin_that_nobody_waits_for_leaves_no_transaction_behind() {
        let schema = Schema::new();
        let (store, others) = (with_one_connection(&schema).await, schema.open().await);
        let connection_pk = rows::connected(&store, "main").await;
        for polls in 0..40 {
            poll_and_drop(store.begin(), polls).await;
            let key = format!("{polls}");
            let row = rows::delivery(connection_pk, &key);
            let received = store.receive_delivery(&row, false).await.unwrap();
            assert_eq!(received, Received::New);
            // A read of a connection's own sees what is committed, and nothing else.
            let seen = others.deliveries(connection_pk, 100).await.unwrap();
            assert_eq!(seen.len(), polls + 1);
        }
        let open: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE application_name = $1 AND state LIKE 'idle in transaction%'",
        )
        .bind(schema.name.to_string())
        .fetch_one(others.pool())
        .await
        .unwrap();
        assert_eq!(open, 0);
    }

    #[tokio::test]
    async fn a_transaction_waits_and_is_waited_for_only_so_long() {
        let schema = Schema::new();
        let store = with_one_connection(&schema).await;
        let shown = async |connection: &mut PgConnection, what| -> String {
            let show = sqlx::query_scalar(what);
            show.fetch_one(connection).await.unwrap()
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(shown(&mut tx, "SHOW lock_timeout").await, "5s");
        let idle = "SHOW idle_in_transaction_session_timeout";
        assert_eq!(shown(&mut tx, idle).await, "30s");
        drop(tx);
        let mut reading = store.begin_read().await.unwrap();
        assert_eq!(shown(&mut reading, idle).await, "30s");
        drop(reading);
        let mut outside = store.pool().acquire().await.unwrap();
        assert_eq!(shown(&mut outside, "SHOW lock_timeout").await, "0");
        assert_eq!(shown(&mut outside, idle).await, "0");
    }

    #[tokio::test]
    async fn what_a_frozen_process_holds_is_let_go_in_the_end() {
        let schema = Schema::new();
        let (frozen, other) = (with_one_connection(&schema).await, schema.open().await);
        let payable_pk = rows::owed(&other, "inv").await;
        let mut tx = frozen.begin().await.unwrap();
        let mut row = frozen.payable_by_pk(&mut tx, payable_pk).await.unwrap();
        sqlx::query("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            .execute(&mut *tx)
            .await
            .unwrap();
        // Waits for the row until the server has ended the other's transaction.
        let mut others = other.begin().await.unwrap();
        other.payable_by_pk(&mut others, payable_pk).await.unwrap();
        row.received = 1;
        let too_late = frozen.put_payable(&mut tx, &row).await;
        assert!(too_late.unwrap_err().is_transient());
    }

    #[tokio::test]
    async fn what_is_promised_is_durable_where_other_code_left_a_transaction_open() {
        let schema = Schema::new();
        let (store, others) = (with_one_connection(&schema).await, schema.open().await);
        let connection_pk = rows::connected(&store, "main").await;
        sqlx::raw_sql("BEGIN; SELECT 1")
            .execute(store.pool())
            .await
            .unwrap();
        let row = rows::delivery(connection_pk, "told");
        store.receive_delivery(&row, false).await.unwrap();
        assert_eq!(others.deliveries(connection_pk, 9).await.unwrap().len(), 1);
    }
}
