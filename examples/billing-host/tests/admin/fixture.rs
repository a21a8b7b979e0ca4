//! A database, an application that serves on it, and the program for administration commands.

use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use billing_host::{BillingHost, DatabaseLocation, Options, Running};
use payment_provider_host::Host;
use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use test_support::{PATIENCE, postgres, until};

/// Defines each test once for a SQLite file and once for a PostgreSQL database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::fixture::AdminFixture::on_sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::fixture::AdminFixture::on_postgres().await).await;
            })+
        }
    };
}

pub(crate) use on_both_databases;

/// A database with a serving application.
pub(crate) struct AdminFixture {
    pub(crate) directory: TempDir,
    /// Name of the PostgreSQL database; `None` for a SQLite file.
    postgres_database: Option<String>,
    running: Option<Running>,
    http: Client,
}

impl AdminFixture {
    /// Starts the application on a SQLite file.
    pub(crate) async fn on_sqlite() -> Self {
        Self::open(None).await
    }

    /// Starts the application on a new PostgreSQL database.
    pub(crate) async fn on_postgres() -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        run(&postgres::url(), format!("CREATE DATABASE {name}")).await;
        Self::open(Some(name)).await
    }

    async fn open(postgres_database: Option<String>) -> Self {
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(PATIENCE);
        let mut fixture = Self {
            directory: tempfile::tempdir().unwrap(),
            postgres_database,
            running: None,
            http: http.build().unwrap(),
        };
        fixture.start().await;
        fixture
    }

    async fn start(&mut self) {
        let database = match &self.postgres_database {
            Some(_) => DatabaseLocation::Postgres(SecretString::from(self.address())),
            None => DatabaseLocation::File(self.file()),
        };
        let options = Options {
            database,
            key_file: Some(self.key_file()),
            trusted_proxies: vec![Ipv4Addr::LOCALHOST.into()],
            ..Options::default()
        };
        self.running = Some(BillingHost::start(options).await.unwrap());
    }

    /// Stops the application and starts it again on the same database, with another key.
    pub(crate) async fn restart(&mut self) {
        self.running.take().unwrap().shutdown().await;
        self.start().await;
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("billing.db")
    }

    fn key_file(&self) -> PathBuf {
        self.directory.path().join("encryption.key")
    }

    /// Returns the value for `--database`.
    pub(crate) fn address(&self) -> String {
        match &self.postgres_database {
            Some(name) => {
                let mut url: url::Url = postgres::url().parse().unwrap();
                url.set_path(name);
                url.into()
            }
            None => format!("sqlite:{}", self.file().display()),
        }
    }

    /// Returns the program with the arguments for this database.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command
            .env("BILLING_HOST_DATABASE", self.address())
            .arg("--key-file")
            .arg(self.key_file());
        command
    }

    /// Runs a command that exits with 0 and returns its standard output.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.program(arguments).output().unwrap();
        let errors = text(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert_eq!(errors, "", "{arguments:?}");
        text(&output.stdout)
    }

    /// Runs a command with `--json` and returns its parsed output.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.succeeds(&arguments)).unwrap()
    }

    /// Runs a command that exits with 1 and returns its error message.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        fails(self.program(arguments))
    }

    /// Runs a command with this standard input.
    pub(crate) fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.program(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    }

    /// Changes the database behind the back of the application. `@` marks the names of the runtime's
    /// tables.
    pub(crate) async fn tamper(&self, statement: &str) {
        if self.postgres_database.is_some() {
            let statement = statement.replace('@', "payment_provider.");
            run(&self.address(), statement).await;
        } else {
            let host = Host::sqlite(self.file()).open_beside();
            let host = host.with_encryption_keys(any_keys()).build().await.unwrap();
            let mut tx = host.begin().await.unwrap();
            let statement = AssertSqlSafe(statement.replace('@', ""));
            let connection = tx.sqlite().unwrap();
            sqlx::query(statement).execute(connection).await.unwrap();
            host.commit(tx).await.unwrap();
            host.store().close().await;
        }
    }

    /// Returns the result of a statement that counts rows of the application's tables.
    pub(crate) async fn count(&self, statement: &str) -> i64 {
        let statement = AssertSqlSafe(statement.to_owned());
        if self.postgres_database.is_some() {
            let mut connection = PgConnection::connect(&self.address()).await.unwrap();
            let count = sqlx::query_scalar(statement).fetch_one(&mut connection);
            count.await.unwrap()
        } else {
            let host = Host::sqlite(self.file()).open_beside();
            let host = host.with_encryption_keys(any_keys()).build().await.unwrap();
            let mut tx = host.begin().await.unwrap();
            let count = sqlx::query_scalar(statement).fetch_one(tx.sqlite().unwrap());
            let count = count.await.unwrap();
            drop(tx);
            host.store().close().await;
            count
        }
    }

    /// Returns a request to the serving application, without a key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.running().url());
        self.http.request(method, url)
    }

    /// Returns the key of the operator.
    pub(crate) fn operator_key(&self) -> &str {
        self.running().api_key()
    }

    /// Returns the URL of the serving application.
    pub(crate) fn url(&self) -> &str {
        self.running().url()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    async fn send(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Reads from the API of the serving application.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.running().url());
        let request = self.http.get(url).bearer_auth(self.running().api_key());
        self.send(request).await
    }

    /// Requests a path and returns the status.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        let url = format!("{}{path}", self.running().url());
        let request = self.http.get(url).bearer_auth(self.running().api_key());
        request.send().await.unwrap().status().as_u16()
    }

    /// Sends a body to the API of the serving application.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/api/v1{path}", self.running().url());
        let request = self.http.post(url).bearer_auth(self.running().api_key());
        let request = request.header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// Requests the payment URL of an invoice and returns the reference of its checkout.
    pub(crate) async fn checkout_of(&self, invoice: &str) -> String {
        let url = format!(
            "{}/api/v1/invoices/{invoice}/payment_url",
            self.running().url()
        );
        let request = self.http.post(url).bearer_auth(self.running().api_key());
        self.send(request).await;
        let invoice = self.get(&format!("/invoices/{invoice}")).await;
        let reference = invoice["checkouts"][0]["reference"].as_str();
        reference.unwrap().to_owned()
    }

    /// Returns the id of the first seeded invoice.
    pub(crate) async fn first_invoice(&self) -> String {
        let invoices = self.get("/invoices?organization_id=acme").await;
        invoices["invoices"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Pays the first seeded invoice, waits until its webhooks are applied and returns its id.
    pub(crate) async fn paid_invoice(&self) -> String {
        let id = self.first_invoice().await;
        let link = self.checkout_of(&id).await;
        let simulator = self.running().simulator_url().unwrap();
        let pay = format!("{simulator}/_simulator/links/{link}/pay");
        let request = self.http.post(pay).body("{}");
        self.send(request.header("content-type", "application/json"))
            .await;
        let sent = self.http.get(format!("{simulator}/_simulator/deliveries"));
        let sent = self.send(sent).await["deliveries"].clone();
        let sent = sent.as_array().unwrap().len();
        until(async || {
            let listed = self.json(&["inbox", "list"]);
            let all = listed["deliveries"].as_array().unwrap();
            let applied = |delivery: &Value| delivery["state"] == "applied";
            if all.len() == sent && all.iter().all(applied) {
                Ok(())
            } else {
                Err(format!("{sent} webhooks were sent: {listed}"))
            }
        })
        .await;
        let paid = self.get(&format!("/invoices/{id}")).await;
        assert_eq!(paid["payment_status"], "succeeded");
        id
    }

    /// Waits until a webhook is in this state.
    pub(crate) async fn wait_for_state(&self, key: &str, state: &str) {
        until(async || {
            let found = self.json(&["inbox", "show", key]);
            if found["state"] == state {
                Ok(())
            } else {
                Err(found)
            }
        })
        .await;
    }

    /// Stops the application and drops the PostgreSQL database.
    pub(crate) async fn close(mut self) {
        self.running.take().unwrap().shutdown().await;
        if let Some(name) = &self.postgres_database {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            run(&postgres::url(), drop).await;
        }
    }
}

/// Returns the program without the environment variables that it reads.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_billing-host"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in [
        "RUST_LOG",
        "BILLING_HOST_API_KEY",
        "BILLING_HOST_DATABASE",
        "BILLING_HOST_NEW_SECRET",
    ] {
        command.env_remove(variable);
    }
    command
}

/// A second process that serves on a database. Dropping this kills it.
pub(crate) struct ServingProgram {
    child: std::process::Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl ServingProgram {
    /// Starts the program and reads its output up to the line that says how to stop it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut program = Self {
            child,
            url: String::new(),
            token: String::new(),
        };
        for line in lines.by_ref().map(Result::unwrap) {
            if let Some(url) = line.strip_prefix("listening on ") {
                url.clone_into(&mut program.url);
            } else if let Some(token) = line.strip_prefix("api key ") {
                token.clone_into(&mut program.token);
            } else if line == "Press Ctrl-C to stop." {
                break;
            }
        }
        assert!(!program.url.is_empty(), "the program exited");
        program
    }
}

impl Drop for ServingProgram {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program that exits with 1 and returns the one line of its error message.
pub(crate) fn fails(mut command: Command) -> String {
    let output = command.output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let error = errors.trim_end().strip_prefix("billing-host: ");
    error.unwrap().to_owned()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn run(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Creates a PostgreSQL database without tables and returns its URL.
pub(crate) async fn empty_postgres_database() -> String {
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    run(&postgres::url(), format!("CREATE DATABASE {name}")).await;
    let mut url: url::Url = postgres::url().parse().unwrap();
    url.set_path(&name);
    url.into()
}

/// Returns true if the database has the tables of the payment runtime.
pub(crate) async fn has_tables(url: &str) -> bool {
    let host = Host::postgres(url).open_beside();
    host.with_encryption_keys(any_keys()).build().await.is_ok()
}

/// Returns keys for a host that decrypts nothing.
fn any_keys() -> EncryptionKeys {
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    EncryptionKeys::new(EncryptionKey::from_text(&key.into()).unwrap())
}
