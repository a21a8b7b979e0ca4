use std::sync::Arc;

use crate::store::*;

/// A database of a case's own, opened twice, as by two processes.
pub(crate) struct World<S> {
    pub(crate) one: Arc<S>,
    pub(crate) two: Arc<S>,
    /// Removes it at the end.
    _place: Place,
}

enum Place {
    #[cfg(feature = "sqlite")]
    Directory { _kept: tempfile::TempDir },
    #[cfg(feature = "postgres")]
    Schema { _kept: super::postgres::Schema },
}

impl<S: Store> World<S> {
    /// The two processes in turn.
    pub(crate) fn process(&self, number: usize) -> Arc<S> {
        Arc::clone(if number.is_multiple_of(2) {
            &self.one
        } else {
            &self.two
        })
    }
}

#[cfg(feature = "sqlite")]
impl World<SqliteStore> {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("contract.db");
        Self {
            one: Arc::new(SqliteStore::open(&file).await.unwrap()),
            two: Arc::new(SqliteStore::open(&file).await.unwrap()),
            _place: Place::Directory { _kept: directory },
        }
    }
}

#[cfg(feature = "postgres")]
impl World<PostgresStore> {
    pub(crate) async fn postgres() -> Self {
        let schema = super::postgres::Schema::new();
        Self {
            one: Arc::new(schema.open().await),
            two: Arc::new(schema.open().await),
            _place: Place::Schema { _kept: schema },
        }
    }
}

/// Writes that a case makes past the store.
pub(crate) trait Meddle: Store {
    async fn execute(&self, statement: &'static str);

    /// Runs a statement that fails.
    async fn fail_in(tx: &mut Self::Tx);
}

#[cfg(feature = "sqlite")]
impl Meddle for SqliteStore {
    async fn execute(&self, statement: &'static str) {
        let mut tx = self.begin().await.unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        self.commit(tx).await.unwrap();
    }

    async fn fail_in(tx: &mut Self::Tx) {
        let failed = sqlx::query("SELECT * FROM no_such_table");
        assert!(failed.execute(&mut **tx).await.is_err());
    }
}

#[cfg(feature = "postgres")]
impl Meddle for PostgresStore {
    async fn execute(&self, statement: &'static str) {
        let mut tx = self.begin().await.unwrap();
        let path = format!("SET LOCAL search_path = {}", self.schema());
        let path = sqlx::AssertSqlSafe(path);
        sqlx::query(path).execute(&mut *tx).await.unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        self.commit(tx).await.unwrap();
    }

    async fn fail_in(tx: &mut Self::Tx) {
        let failed = sqlx::query("SELECT * FROM no_such_table");
        assert!(failed.execute(&mut **tx).await.is_err());
    }
}
