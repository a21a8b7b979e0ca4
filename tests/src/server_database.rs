use reqwest::Url;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use test_support::postgres;

/// A PostgreSQL database of one test; removed when dropped.
#[derive(Debug)]
pub struct ServerDatabase {
    server: String,
    name: String,
}

impl ServerDatabase {
    /// Creates an empty database.
    ///
    /// # Panics
    /// Panics if there is no server, or it rejects the statement.
    pub async fn create() -> Self {
        let server = postgres::url();
        let name = format!("test_{:032x}", rand::random::<u128>());
        let created = run(&server, format!("CREATE DATABASE {name}")).await;
        created.expect("the database is created");
        Self { server, name }
    }

    /// Returns the address of the database.
    ///
    /// # Panics
    /// Panics if the server's address is not an address.
    pub fn url(&self) -> String {
        let mut url: Url = self.server.parse().expect("an address");
        url.set_path(&self.name);
        url.into()
    }

    /// Runs a statement in the database.
    ///
    /// # Panics
    /// Panics if the database rejects it.
    pub async fn run(&self, statement: &str) {
        let done = run(&self.url(), statement.to_owned()).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Returns the number that a query results in.
    ///
    /// # Panics
    /// Panics if the database rejects it.
    pub async fn number(&self, query: &'static str) -> i64 {
        let connection = PgConnection::connect(&self.url()).await;
        let mut connection = connection.expect("a connection");
        let number = sqlx::query_scalar(query).fetch_one(&mut connection).await;
        number.unwrap_or_else(|error| panic!("{query}: {error}"))
    }
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let dropped = runtime.block_on(run(&server, drop));
            dropped.map_err(std::io::Error::other)
        });
        if let Ok(Err(error)) = thread.join() {
            eprintln!("the database of a test is left behind: {error}");
        }
    }
}

async fn run(url: &str, statement: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await
}
