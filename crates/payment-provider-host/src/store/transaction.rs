use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use sqlx::SqlStr;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteConnection;
use tokio::sync::Notify;

use super::query::Target;
use super::row::Row;
use super::statement::{Statement, Translator};
use super::{Result, StoreError};
use crate::crash_point::CommitStep;

/// A transaction of the runtime, which a host can write its own tables in as well.
///
/// [`sqlite`](Self::sqlite) and [`postgres`](Self::postgres) give access to sqlx's connection. Dropping
/// the transaction rolls it back.
///
/// On PostgreSQL, table names in the host's statements are resolved by the search path of the pool. A
/// statement that fails aborts the whole transaction, as always in PostgreSQL: to go on after an error,
/// run the statement in a savepoint (`connection.begin()`). The server ends a transaction that is idle
/// for 30 seconds.
pub struct Transaction {
    pub(super) connection: Connection,
    pub(super) translator: Arc<Translator>,
    writes: bool,
    /// Notified once the transaction is committed.
    wake: Option<Arc<Notify>>,
    /// Keys of the payables whose rows are locked.
    locked_payables: BTreeSet<i64>,
    /// Locks of the names that this transaction makes known.
    #[cfg(feature = "postgres")]
    pub(super) known_names: BTreeSet<i64>,
    /// The host had access to the connection.
    #[cfg(feature = "postgres")]
    lent: bool,
    /// The number of statements so far.
    #[cfg(test)]
    pub(super) statements: std::sync::atomic::AtomicUsize,
}

/// The transaction of sqlx.
pub(super) enum Connection {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Connection {
    pub(super) fn target(&mut self) -> Target<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(inner) => Target::Sqlite(inner),
            #[cfg(feature = "postgres")]
            Self::Postgres(inner) => Target::Postgres(inner),
        }
    }
}

impl Transaction {
    pub(super) fn new(connection: Connection, translator: &Arc<Translator>, writes: bool) -> Self {
        Self {
            connection,
            translator: Arc::clone(translator),
            writes,
            wake: None,
            locked_payables: BTreeSet::new(),
            #[cfg(feature = "postgres")]
            known_names: BTreeSet::new(),
            #[cfg(feature = "postgres")]
            lent: false,
            #[cfg(test)]
            statements: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// The connection of the transaction, if the store is SQLite.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.connection {
            Connection::Sqlite(inner) => Some(inner),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => None,
        }
    }

    /// The connection of the transaction, if the store is PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&mut PgConnection> {
        match &mut self.connection {
            Connection::Postgres(inner) => {
                self.lent = true;
                Some(inner)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => None,
        }
    }

    /// Notifies a task once the transaction is committed: before that, the task would not see what
    /// the transaction wrote.
    pub(crate) fn wake_after_commit(&mut self, wake: &Arc<Notify>) {
        self.wake = Some(Arc::clone(wake));
    }

    /// Makes everything in the transaction durable, as this step. Every commit of the runtime is a step.
    pub(crate) async fn commit_as(self, step: CommitStep) -> Result<()> {
        step.around(self.commit()).await
    }

    /// Makes everything in the transaction durable. This is for transactions of the host, and for those
    /// that only read: they are no steps of the runtime, and so have no crash points.
    pub(crate) async fn commit(self) -> Result<()> {
        let failed = |error| StoreError::new("commit a transaction", error);
        match self.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(inner) => inner.commit().await.map_err(failed)?,
            #[cfg(feature = "postgres")]
            Connection::Postgres(mut inner) => {
                if self.lent {
                    // PostgreSQL answers COMMIT with success, and rolls back, where a statement
                    // failed before. A host that ignored that error learns of it here.
                    let probe = sqlx::query("SELECT 1").execute(&mut *inner).await;
                    probe.map_err(failed)?;
                }
                inner.commit().await.map_err(failed)?;
            }
        }
        if let Some(wake) = self.wake {
            wake.notify_one();
        }
        Ok(())
    }

    pub(super) fn sql(&self, statement: &Statement<'_>) -> SqlStr {
        #[cfg(test)]
        self.statements
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.translator.sql(statement.text, self.writes)
    }

    /// Returns true if rows are locked as they are read.
    pub(super) fn locks_rows(&self) -> bool {
        match &self.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => self.writes,
        }
    }

    /// Returns true if the row of a payable is locked by this transaction, or need not be.
    pub(super) fn has_locked(&self, payable_pk: i64) -> bool {
        !self.locks_rows() || self.locked_payables.contains(&payable_pk)
    }

    /// Remembers that the row of a payable is locked.
    pub(super) fn note_locked(&mut self, payable_pk: i64) {
        if self.locks_rows() {
            self.locked_payables.insert(payable_pk);
        }
    }
}

impl Transaction {
    pub(in crate::store) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64> {
        let sql = self.sql(&statement);
        statement.execute_on(self.connection.target(), sql).await
    }

    pub(in crate::store) async fn fetch_optional<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        statement.fetch_optional_on(target, sql, read).await
    }

    /// Returns the only row. It is an error if there is none.
    pub(in crate::store) async fn fetch_one<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        let found = statement.fetch_optional_on(target, sql, read).await?;
        statement.found(found)
    }

    pub(in crate::store) async fn fetch_all<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let sql = self.sql(&statement);
        let target = self.connection.target();
        statement.fetch_all_on(target, sql, read).await
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("dialect", &self.translator.dialect)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}
