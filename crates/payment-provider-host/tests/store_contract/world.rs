use sqlx::AssertSqlSafe;

use crate::store::*;

/// A database for one test case, opened twice, as by two processes.
pub(crate) struct World {
    pub(crate) one: Store,
    pub(crate) two: Store,
    /// Removes the database at the end.
    _place: Place,
}

enum Place {
    #[cfg(feature = "sqlite")]
    Directory { _kept: tempfile::TempDir },
    #[cfg(feature = "postgres")]
    Schema { _kept: super::postgres::Schema },
}

impl World {
    /// Returns the two processes in turn.
    pub(crate) fn process(&self, number: usize) -> Store {
        let stores = [&self.one, &self.two];
        stores[number % 2].clone()
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("contract.db");
        let open = || DatabaseLocation::SqliteFile(file.clone()).open(FileUse::Shared);
        Self {
            one: open().await.unwrap(),
            two: open().await.unwrap(),
            _place: Place::Directory { _kept: directory },
        }
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Self {
        let schema = super::postgres::Schema::new();
        Self {
            one: schema.open().await,
            two: schema.open().await,
            _place: Place::Schema { _kept: schema },
        }
    }
}

/// Runs statements past the operations of the store.
pub(super) async fn execute(store: &Store, statements: &str) {
    let mut tx = store.begin().await.unwrap();
    run(store, &mut tx, statements).await.unwrap();
    tx.commit().await.unwrap();
}

/// Runs statements in a transaction, on the tables of the runtime.
pub(super) async fn run(
    store: &Store,
    tx: &mut Transaction,
    statements: &str,
) -> std::result::Result<(), sqlx::Error> {
    let statements = AssertSqlSafe(statements.to_owned());
    #[cfg(feature = "sqlite")]
    if let Some(connection) = tx.sqlite() {
        return sqlx::raw_sql(statements)
            .execute(connection)
            .await
            .map(drop);
    }
    #[cfg(feature = "postgres")]
    if let (Some(connection), Some(schema)) = (tx.postgres(), store.schema()) {
        let path = AssertSqlSafe(format!("SET LOCAL search_path = {schema}"));
        sqlx::raw_sql(path).execute(&mut *connection).await?;
        return sqlx::raw_sql(statements)
            .execute(connection)
            .await
            .map(drop);
    }
    unreachable!("the store is of one of the databases: {store:?}")
}
