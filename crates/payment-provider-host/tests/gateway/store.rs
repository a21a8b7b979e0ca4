//! The store that a test runs on: PostgreSQL in the test program `on_postgres`, which is made of the
//! same test functions as the others, and SQLite in these.

use std::future::Future;

use payment_provider_host::*;
use tempfile::TempDir;

/// Chooses by whether a test program is the one for PostgreSQL.
pub struct Program<const ON_POSTGRES: bool>;

pub trait Choice {
    type Store: TestStore;
}

#[cfg(feature = "sqlite")]
impl Choice for Program<false> {
    type Store = SqliteStore;
}

#[cfg(not(feature = "sqlite"))]
impl Choice for Program<false> {
    type Store = PostgresStore;
}

#[cfg(feature = "postgres")]
impl Choice for Program<true> {
    type Store = PostgresStore;
}

/// Whether this is the test program for PostgreSQL.
pub const ON_POSTGRES: bool = {
    let (name, wanted) = (env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres");
    let mut same = name.len() == wanted.len();
    let mut at = 0;
    while same && at < wanted.len() {
        same = name[at] == wanted[at];
        at += 1;
    }
    same
};

/// The store of this test program.
pub type BenchStore = <Program<ON_POSTGRES> as Choice>::Store;

/// A transaction on it.
pub type BenchTx = <BenchStore as TestStore>::Transaction;

pub trait TestStore: Store<Tx = <Self as TestStore>::Transaction> + Clone + Sized {
    type Transaction: Send + 'static;
    type Database: sqlx::Database;

    /// Opens what is at a place, as another process would.
    fn open_at(place: &Place) -> impl Future<Output = Self> + Send;

    /// Until nobody works on a delivery any more: one that is taken is passed over, not waited for.
    fn wait_for_workers(&self) -> impl Future<Output = ()> + Send;

    /// For reads of a test's own.
    fn pool(&self) -> &sqlx::Pool<Self::Database>;

    /// Writes past the runtime, as somebody with the database open might, with no regard to what
    /// refers to what.
    fn tamper(&self, statements: &str) -> impl Future<Output = ()> + Send;
}

#[cfg(feature = "postgres")]
fn server() -> Option<String> {
    ON_POSTGRES.then(super::server::url)
}

#[cfg(not(feature = "postgres"))]
fn server() -> Option<String> {
    None
}

/// A place of a test's own for files and tables; what is there goes away with it.
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
}

#[cfg(feature = "sqlite")]
impl TestStore for SqliteStore {
    type Transaction = SqliteTx;
    type Database = sqlx::Sqlite;

    async fn open_at(place: &Place) -> Self {
        let file = place.directory.path().join("host.db");
        Self::open(file).await.unwrap()
    }

    async fn wait_for_workers(&self) {}

    fn pool(&self) -> &sqlx::Pool<sqlx::Sqlite> {
        self.readers()
    }

    async fn tamper(&self, statements: &str) {
        use sqlx::ConnectOptions;
        let options = self.readers().connect_options();
        let options = options.as_ref().clone().read_only(false);
        let mut connection = options.foreign_keys(false).connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

#[cfg(feature = "postgres")]
impl TestStore for PostgresStore {
    type Transaction = PostgresTx;
    type Database = sqlx::Postgres;

    /// Statements of the tests' own find the runtime's tables by the search path.
    async fn open_at(place: &Place) -> Self {
        let server = place.server.clone().unwrap_or_else(super::server::url);
        let options: sqlx::postgres::PgConnectOptions = server.parse().unwrap();
        let options = options
            .application_name(&place.schema)
            .options([("search_path", &place.schema)]);
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(20)
            .connect_with(options)
            .await
            .unwrap();
        let schema = SchemaName::new(&place.schema).unwrap();
        Self::with_pool(pool, schema).await.unwrap()
    }

    async fn wait_for_workers(&self) {
        sqlx::query("SELECT 1 FROM deliveries FOR UPDATE")
            .execute(Self::pool(self))
            .await
            .unwrap();
    }

    fn pool(&self) -> &sqlx::Pool<sqlx::Postgres> {
        Self::pool(self)
    }

    async fn tamper(&self, statements: &str) {
        let all =
            format!("BEGIN; SET LOCAL session_replication_role = replica; {statements}; COMMIT");
        sqlx::raw_sql(sqlx::AssertSqlSafe(all))
            .execute(Self::pool(self))
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
        let drop = sqlx::AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema));
        let gone = async move {
            use sqlx::Connection;
            let mut connection = sqlx::PgConnection::connect(&server).await?;
            // What a test that failed left in a transaction.
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
