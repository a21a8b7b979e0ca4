//! Migrations, applied by one process at a time.

use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::schema_name::SchemaName;
use super::{Result, StoreError};
use crate::crash_point::CommitStep;

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Migration {
    pub(in crate::store) version: i64,
    pub(in crate::store) sql: &'static str,
}

/// All steps, in order. A released step is never changed.
pub(in crate::store) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../../../migrations/postgres/0001_initial.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../../../migrations/postgres/0002_fair_queue.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../../../migrations/postgres/0003_encryption_keys.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../../../migrations/postgres/0004_refused_deliveries.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../../../migrations/postgres/0005_incomplete_lists.sql"),
    },
    Migration {
        version: 6,
        sql: include_str!("../../../migrations/postgres/0006_disputes.sql"),
    },
    Migration {
        version: 7,
        sql: include_str!("../../../migrations/postgres/0007_retention.sql"),
    },
    Migration {
        version: 8,
        sql: include_str!("../../../migrations/postgres/0008_cancels.sql"),
    },
    Migration {
        version: 9,
        sql: include_str!("../../../migrations/postgres/0009_long_lists.sql"),
    },
    Migration {
        version: 10,
        sql: include_str!("../../../migrations/postgres/0010_installation_key.sql"),
    },
    Migration {
        version: 12,
        sql: include_str!("../../../migrations/postgres/0012_delivery_keys.sql"),
    },
];

const ACTION: &str = "migrate its tables";

fn failed(error: sqlx::Error) -> StoreError {
    StoreError::new(ACTION, error)
}

/// Applies the steps that are not applied yet, all of them or none. Processes that start at once wait
/// for each other. If all are applied, nothing is changed, and no right to change anything is needed.
pub(in crate::store) async fn run(
    pool: &PgPool,
    schema: &SchemaName,
    migrations: &[Migration],
) -> Result<()> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    if pending(&mut connection, schema, migrations)
        .await?
        .is_empty()
    {
        return Ok(());
    }
    drop(connection);
    let mut tx: Transaction<'_, Postgres> = pool
        .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        .await
        .map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(schema.lock_key(&["migrations"]))
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    // Another process may have applied them meanwhile.
    let pending = pending(&mut tx, schema, migrations).await?;
    if pending.is_empty() {
        return Ok(());
    }
    create_schema(&mut tx, schema).await?;
    // This holds in this transaction alone: the pool's connections keep their search path.
    sqlx::query("SELECT set_config('search_path', $1, true)")
        .bind(schema.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS migrations (
             version    bigint PRIMARY KEY,
             digest     bytea NOT NULL,
             applied_at timestamptz NOT NULL DEFAULT now()
         )",
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    for migration in pending {
        sqlx::raw_sql(migration.sql)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query("INSERT INTO migrations (version, digest) VALUES ($1, $2)")
            .bind(migration.version)
            .bind(digest(migration.sql))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    CommitStep::Tables.around(tx.commit()).await.map_err(failed)
}

async fn create_schema(tx: &mut PgConnection, schema: &SchemaName) -> Result<()> {
    let known: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(schema.as_str())
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
    // CREATE SCHEMA IF NOT EXISTS needs a right that the owner of an existing schema may lack.
    if !known {
        let create = AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""));
        sqlx::query(create).execute(tx).await.map_err(failed)?;
    }
    Ok(())
}

/// Returns the steps that are not applied yet.
///
/// # Errors
/// An applied step is unknown to this crate, or differs from the one it knows.
async fn pending<'a>(
    connection: &mut PgConnection,
    schema: &SchemaName,
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>> {
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'migrations')",
    )
    .bind(schema.as_str())
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    if !known {
        return Ok(migrations.iter().collect());
    }
    let applied = format!("SELECT version, digest FROM \"{schema}\".migrations ORDER BY version");
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(applied))
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    for (version, found) in &applied {
        match migrations.iter().find(|known| known.version == *version) {
            None => {
                let problem =
                    format!("they are of version {version}, which is newer than this crate");
                return Err(StoreError::new(ACTION, problem));
            }
            Some(known) if digest(known.sql) != *found => {
                let problem = format!("step {version} differs from the one of this crate");
                return Err(StoreError::new(ACTION, problem));
            }
            Some(_) => {}
        }
    }
    let is_applied = |migration: &&Migration| {
        applied
            .iter()
            .any(|(version, _)| *version == migration.version)
    };
    Ok(migrations
        .iter()
        .filter(|migration| !is_applied(migration))
        .collect())
}

/// Returns the digest of a step, independent of line endings.
fn digest(sql: &str) -> Vec<u8> {
    Sha256::digest(sql.replace("\r\n", "\n")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::postgres::Schema;
    use crate::store::contract::rows::*;
    use crate::store::{DatabaseLocation, Store};

    const NEXT: &str = "ALTER TABLE payables ADD COLUMN note text NOT NULL DEFAULT 'none';
                        UPDATE payables SET note = 'old' WHERE payable_pk = 1;";

    /// Returns the version after the latest one.
    fn next() -> i64 {
        MIGRATIONS.iter().map(|known| known.version).max().unwrap() + 1
    }

    fn known() -> Vec<i64> {
        MIGRATIONS.iter().map(|known| known.version).collect()
    }

    fn with(sql: &'static str) -> Vec<Migration> {
        let version = next();
        [MIGRATIONS, &[Migration { version, sql }]].concat()
    }

    fn pool(store: &Store) -> &PgPool {
        store.postgres().unwrap()
    }

    async fn versions(store: &Store) -> Vec<i64> {
        let sql = "SELECT version FROM @migrations ORDER BY version";
        sqlx::query_scalar(store.sql(sql.into(), false))
            .fetch_all(pool(store))
            .await
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn concurrent_starts_create_the_tables_once() {
        let schema = Schema::new();
        let start = (0..8).map(|_| schema.open());
        let stores = futures_util::future::join_all(start).await;
        assert_eq!(versions(&stores[0]).await, known());
        let ids = stores.iter().map(Store::installation_id);
        let mut ids = futures_util::future::try_join_all(ids).await.unwrap();
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }

    #[tokio::test]
    async fn a_migration_keeps_stored_rows() {
        let schema = Schema::new();
        let store = schema.open().await;
        let connection_pk = connected(&store, "main").await;
        let payable_pk = owed(&store, "inv").await;
        let checkout_pk = asked(&store, &checkout(payable_pk, connection_pk, 1)).await;
        leased(&store, connection_pk, &["d"]).await;
        let installation = store.installation_id().await.unwrap();

        run(pool(&store), &schema.name, &with(NEXT)).await.unwrap();
        run(pool(&store), &schema.name, &with(NEXT)).await.unwrap();
        assert_eq!(versions(&store).await, [known(), vec![next()]].concat());
        let note: String =
            sqlx::query_scalar(store.sql("SELECT note FROM @payables".into(), false))
                .fetch_one(pool(&store))
                .await
                .unwrap();
        assert_eq!(note, "old");
        assert_eq!(store.installation_id().await.unwrap(), installation);
        let mut tx = store.begin().await.unwrap();
        let found = tx.checkout_by_pk(checkout_pk).await.unwrap();
        assert_eq!(found.payable_pk, payable_pk);
        assert_eq!(stored(&store, connection_pk, "d").await.attempts, 1);
    }

    #[tokio::test]
    async fn a_failed_migration_changes_nothing() {
        let schema = Schema::new();
        let store = schema.open().await;
        let pk = owed(&store, "inv").await;
        let broken = with("DELETE FROM payables; SELECT no_such_column;");
        assert!(run(pool(&store), &schema.name, &broken).await.is_err());
        assert_eq!(versions(&store).await, known());
        let mut tx = store.begin().await.unwrap();
        tx.payable_by_pk(pk).await.unwrap();
    }

    #[tokio::test]
    async fn tables_of_another_crate_version_are_refused() {
        let schema = Schema::new();
        let store = schema.open().await;
        run(pool(&store), &schema.name, &with(NEXT)).await.unwrap();
        let reason = |error: StoreError| error.reason().to_string();
        let newer = run(pool(&store), &schema.name, MIGRATIONS).await;
        assert_eq!(
            reason(newer.unwrap_err()),
            format!(
                "they are of version {}, which is newer than this crate",
                next()
            )
        );
        let changed = run(pool(&store), &schema.name, &with("SELECT 1")).await;
        assert_eq!(
            reason(changed.unwrap_err()),
            format!("step {} differs from the one of this crate", next())
        );
    }

    #[tokio::test]
    async fn other_schemas_and_the_search_path_are_unchanged() {
        let schema = Schema::new();
        let store = schema.open().await;
        let foreign: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_tables WHERE tablename = 'migrations' AND schemaname = 'public'",
        )
        .fetch_one(pool(&store))
        .await
        .unwrap();
        assert_eq!(foreign, 0);
        let path: String = sqlx::query_scalar("SELECT current_setting('search_path')")
            .fetch_one(pool(&store))
            .await
            .unwrap();
        assert_eq!(path, "\"$user\", public");
        let mut tx = store.begin().await.unwrap();
        let path: String = sqlx::query_scalar("SELECT current_setting('search_path')")
            .fetch_one(tx.postgres().unwrap())
            .await
            .unwrap();
        assert_eq!(
            path, "\"$user\", public",
            "in the host's transactions as well"
        );
    }

    #[tokio::test]
    async fn a_role_without_rights_on_the_schema_can_use_migrated_tables() {
        let schema = Schema::new();
        let store = schema.open().await;
        let name = &schema.name;
        let role = format!("role_{name}");
        let grants = [
            format!("CREATE ROLE {role}"),
            format!("GRANT USAGE ON SCHEMA {name} TO {role}"),
            format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {role}"
            ),
        ];
        for grant in grants {
            let grant = sqlx::raw_sql(AssertSqlSafe(grant));
            grant.execute(pool(&store)).await.unwrap();
        }
        let url = format!("{}&options=-c%20role={role}", schema.url);
        let restricted = DatabaseLocation::PostgresUrl(url.into(), name.clone())
            .open(crate::store::FileUse::Shared)
            .await
            .unwrap();
        assert_eq!(
            restricted.installation_id().await.unwrap(),
            store.installation_id().await.unwrap()
        );
        owed(&restricted, "inv").await;
        let more = run(pool(&restricted), name, &with(NEXT)).await;
        assert!(more.is_err(), "altering needs more rights");
        drop(restricted);
        let clean_up = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        let clean_up = sqlx::raw_sql(AssertSqlSafe(clean_up));
        clean_up.execute(pool(&store)).await.unwrap();
    }

    #[tokio::test]
    async fn no_error_and_no_debug_output_contains_the_password() {
        let schema = Schema::new();
        for url in [
            "postgres://user:hunter2@127.0.0.1:1/db",
            "postgres://user:hunter2@127.0.0.1:hunter2/db",
            "hunter2",
            "postgres://user:hunter2@127.0.0.1:1/db?sslmode=hunter2",
        ] {
            let error = DatabaseLocation::PostgresUrl(url.into(), schema.name.clone())
                .open(crate::store::FileUse::Shared)
                .await;
            let error = error.unwrap_err();
            let shown = format!("{error} {error:?} {}", error.reason());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let store = format!("{:?}", schema.open().await);
        assert_eq!(
            store,
            format!(
                "Store {{ dialect: Postgres {{ schema: \"{}\" }}, .. }}",
                schema.name
            )
        );
    }
}
