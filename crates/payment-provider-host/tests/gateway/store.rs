//! The database that a test runs on: PostgreSQL in the test program `on_postgres`, which contains the
//! same test functions as the others, and SQLite in these.

use std::path::PathBuf;

use payment_provider_host::HostBuilder;
#[cfg(feature = "postgres")]
use payment_provider_host::SchemaName;
use payment_provider_host::prelude::*;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

/// True in the test program for PostgreSQL, and without the feature `sqlite`.
pub const ON_POSTGRES: bool = {
    let (name, wanted) = (env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres");
    let mut same = name.len() == wanted.len();
    let mut at = 0;
    while same && at < wanted.len() {
        same = name[at] == wanted[at];
        at += 1;
    }
    same || !cfg!(feature = "sqlite")
};

/// Runs an expression on the connection of a transaction, on either database.
macro_rules! in_tx {
    ($tx:expr, $connection:ident => $run:expr) => {
        'done: {
            let tx: &mut Transaction = $tx;
            #[cfg(feature = "sqlite")]
            if let Some($connection) = tx.sqlite() {
                break 'done ($run);
            }
            #[cfg(feature = "postgres")]
            if let Some($connection) = tx.postgres() {
                break 'done ($run);
            }
            unreachable!("{tx:?}")
        }
    };
}
#[allow(unused_imports, reason = "each test uses a part of it")]
pub(crate) use in_tx;

/// Runs an expression on the pool of a host, on either database.
macro_rules! on_pool {
    ($host:expr, $pool:ident => $run:expr) => {
        'done: {
            let store = $host.store();
            #[cfg(feature = "sqlite")]
            if let Some($pool) = store.sqlite() {
                break 'done ($run);
            }
            #[cfg(feature = "postgres")]
            if let Some($pool) = store.postgres() {
                break 'done ($run);
            }
            unreachable!("{store:?}")
        }
    };
}
#[allow(unused_imports, reason = "each test uses a part of it")]
pub(crate) use on_pool;

#[cfg(feature = "postgres")]
fn server() -> Option<String> {
    ON_POSTGRES.then(super::server::url)
}

#[cfg(not(feature = "postgres"))]
fn server() -> Option<String> {
    None
}

/// A place for the files and tables of one test. Everything in it is removed with it.
#[derive(Debug)]
pub struct Place {
    pub directory: TempDir,
    schema: String,
    server: Option<String>,
}

impl Place {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            schema: format!("test_{}", uuid::Uuid::new_v4().simple()),
            server: server(),
        }
    }

    /// The database of this place, for one more process.
    pub async fn open(&self) -> HostBuilder {
        self.address().open().await
    }

    pub fn address(&self) -> Address {
        Address {
            directory: self.directory.path().to_owned(),
            schema: self.schema.clone(),
            server: self.server.clone(),
        }
    }
}

/// The parts of a place that another process needs.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Address {
    pub directory: PathBuf,
    schema: String,
    server: Option<String>,
}

impl Address {
    pub async fn open(&self) -> HostBuilder {
        #[cfg(feature = "postgres")]
        if let Some(server) = &self.server {
            return self.open_postgres(server).await;
        }
        #[cfg(feature = "sqlite")]
        return Host::sqlite(self.directory.join("host.db"));
        #[cfg(not(feature = "sqlite"))]
        unreachable!("no server")
    }

    /// Statements of the tests find the runtime's tables by the search path.
    #[cfg(feature = "postgres")]
    async fn open_postgres(&self, server: &str) -> HostBuilder {
        let options: sqlx::postgres::PgConnectOptions = server.parse().unwrap();
        let options = options
            .application_name(&self.schema)
            .options([("search_path", &self.schema)]);
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(20)
            .connect_with(options)
            .await
            .unwrap();
        Host::postgres_pool(pool, SchemaName::new(&self.schema).unwrap())
    }
}

/// Waits until no worker is working on a delivery: a delivery that is leased is skipped, not waited for.
pub async fn wait_for_workers(host: &Host) {
    #[cfg(feature = "postgres")]
    if let Some(pool) = host.store().postgres() {
        let wait = sqlx::query("SELECT 1 FROM deliveries FOR UPDATE");
        wait.execute(pool).await.unwrap();
    }
    let _ = host;
}

/// Runs statements in a transaction of the runtime.
pub async fn execute(host: &Host, statements: &str) {
    let mut tx = host.begin().await.unwrap();
    let statements = AssertSqlSafe(statements.to_owned());
    in_tx!(&mut tx, connection => {
        sqlx::raw_sql(statements).execute(connection).await.map(drop)
    })
    .unwrap();
    host.commit(tx).await.unwrap();
}

/// Reads a column of numbers.
pub async fn numbers(host: &Host, query: &'static str) -> Vec<i64> {
    let found = on_pool!(host, pool => sqlx::query_scalar(query).fetch_all(pool).await);
    found.unwrap()
}

/// Reads a column of texts.
pub async fn texts(host: &Host, query: &'static str) -> Vec<String> {
    let found = on_pool!(host, pool => sqlx::query_scalar(query).fetch_all(pool).await);
    found.unwrap()
}

/// Writes past the runtime, without regard to foreign keys.
pub async fn tamper(host: &Host, statements: &str) {
    #[cfg(feature = "sqlite")]
    if let Some(pool) = host.store().sqlite() {
        use sqlx::ConnectOptions;
        let options = pool.connect_options();
        let options = options.as_ref().clone().read_only(false);
        let mut connection = options.foreign_keys(false).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    #[cfg(feature = "postgres")]
    if let Some(pool) = host.store().postgres() {
        let all =
            format!("BEGIN; SET LOCAL session_replication_role = replica; {statements}; COMMIT");
        sqlx::raw_sql(AssertSqlSafe(all))
            .execute(pool)
            .await
            .unwrap();
    }
}

#[cfg(feature = "postgres")]
impl Drop for Place {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        let schema = self.schema.clone();
        let drop = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema));
        let gone = async move {
            use sqlx::Connection;
            let mut connection = sqlx::PgConnection::connect(&server).await?;
            // A test that failed may have left a transaction open.
            sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
                .bind(schema)
                .execute(&mut connection)
                .await?;
            sqlx::query(drop).execute(&mut connection).await?;
            connection.close().await
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(gone).map_err(std::io::Error::other)
        });
        if let Ok(Err(error)) = thread.join() {
            eprintln!("the tables of a test are left behind: {error}");
        }
    }
}
