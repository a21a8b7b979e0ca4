//! A database, the application that serves on it, and the program of the operator.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use billing_host::{BillingHost, DatabasePlace, Options, Running};
use payment_provider_host::{PostgresStore, SchemaName, SqliteStore, Store};
use reqwest::{Client, RequestBuilder};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::server;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Books {
    pub(crate) directory: TempDir,
    /// The name of a database on the server; `None`: a file.
    on_server: Option<String>,
    running: Option<Running>,
    http: Client,
}

impl Books {
    /// In a file.
    pub(crate) async fn in_file() -> Self {
        Self::open(None).await
    }

    /// In a database of PostgreSQL of their own.
    pub(crate) async fn on_server() -> Self {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        run(&server::url(), format!("CREATE DATABASE {name}")).await;
        Self::open(Some(name)).await
    }

    async fn open(on_server: Option<String>) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE);
        let mut books = Self {
            directory: tempfile::tempdir().unwrap(),
            on_server,
            running: None,
            http: http.build().unwrap(),
        };
        let database = match &books.on_server {
            Some(_) => DatabasePlace::Postgres(SecretString::from(books.address())),
            None => DatabasePlace::File(books.file()),
        };
        let options = Options {
            database,
            key_file: Some(books.key_file()),
            ..Options::default()
        };
        books.running = Some(BillingHost::start(options).await.unwrap());
        books
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("billing.db")
    }

    fn key_file(&self) -> PathBuf {
        self.directory.path().join("sealing.key")
    }

    /// As `--database` takes it.
    pub(crate) fn address(&self) -> String {
        match &self.on_server {
            Some(name) => {
                let mut url: url::Url = server::url().parse().unwrap();
                url.set_path(name);
                url.into()
            }
            None => format!("sqlite:{}", self.file().display()),
        }
    }

    /// The program, on these books.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command
            .env("BILLING_HOST_DATABASE", self.address())
            .arg("--key-file")
            .arg(self.key_file());
        command
    }

    /// What the program prints when it ends well.
    pub(crate) fn tells(&self, arguments: &[&str]) -> String {
        let output = self.program(arguments).output().unwrap();
        let complaints = words(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaints}");
        assert_eq!(complaints, "", "{arguments:?}");
        words(&output.stdout)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.tells(&arguments)).unwrap()
    }

    /// What the program complains about when it ends with 1.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        refused(self.program(arguments))
    }

    /// Gives the program something to read.
    pub(crate) fn given(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.program(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    }

    /// Writes past the application; `@` stands before the name of each table of the runtime.
    pub(crate) async fn tamper(&self, statement: &str) {
        if self.on_server.is_some() {
            let statement = statement.replace('@', "payment_provider.");
            run(&self.address(), statement).await;
        } else {
            let store = SqliteStore::open_beside(self.file()).await.unwrap();
            let mut tx = store.begin().await.unwrap();
            let statement = AssertSqlSafe(statement.replace('@', ""));
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
            store.commit(tx).await.unwrap();
            store.close().await;
        }
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

    /// Asks the application that serves.
    pub(crate) async fn asked(&self, path: &str) -> Value {
        let url = format!("{}/api/v1{path}", self.running().url());
        let request = self.http.get(url).bearer_auth(self.running().api_key());
        self.send(request).await
    }

    /// What the application answers a reader with.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        let url = format!("{}{path}", self.running().url());
        let request = self.http.get(url).bearer_auth(self.running().api_key());
        request.send().await.unwrap().status().as_u16()
    }

    /// Sends a body to the API.
    pub(crate) async fn sent(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/api/v1{path}", self.running().url());
        let request = self.http.post(url).bearer_auth(self.running().api_key());
        let request = request.header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// Asks for the page of an invoice; its checkout's reference.
    pub(crate) async fn checkout_of(&self, invoice: &str) -> String {
        let url = format!(
            "{}/api/v1/invoices/{invoice}/payment_url",
            self.running().url()
        );
        let request = self.http.post(url).bearer_auth(self.running().api_key());
        self.send(request).await;
        let invoice = self.asked(&format!("/invoices/{invoice}")).await;
        let reference = invoice["checkouts"][0]["reference"].as_str();
        reference.unwrap().to_owned()
    }

    /// The first invoice of the seed; its id.
    pub(crate) async fn first_invoice(&self) -> String {
        let invoices = self.asked("/invoices?organization_id=acme").await;
        invoices["invoices"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Has the first invoice of the seed paid, until the webhook of that has taken effect; its id.
    pub(crate) async fn paid_invoice(&self) -> String {
        let id = self.first_invoice().await;
        let link = self.checkout_of(&id).await;
        let simulator = self.running().simulator_url().unwrap();
        let pay = format!("{simulator}/_simulator/links/{link}/pay");
        let request = self.http.post(pay).body("{}");
        self.send(request.header("content-type", "application/json"))
            .await;
        let begun = Instant::now();
        while self.asked(&format!("/invoices/{id}")).await["payment_status"] != "succeeded" {
            assert!(begun.elapsed() < PATIENCE, "the payment is not booked");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let is_over = |deliveries: &Value| {
            let all = deliveries["deliveries"].as_array().unwrap();
            all.iter().all(|delivery| delivery["state"] == "applied")
        };
        while !is_over(&self.json(&["inbox", "list"])) {
            assert!(begun.elapsed() < PATIENCE, "the webhooks are not applied");
        }
        id
    }

    /// Looks at a webhook until it stands like this.
    pub(crate) fn comes_to(&self, key: &str, state: &str) {
        let begun = Instant::now();
        loop {
            let found = self.json(&["inbox", "show", key]);
            if found["state"] == state {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "still {found}");
        }
    }

    pub(crate) async fn end(mut self) {
        self.running.take().unwrap().shutdown().await;
        if let Some(name) = &self.on_server {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            run(&server::url(), drop).await;
        }
    }
}

/// The program, with nothing of this process's environment that it would heed.
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

/// The one line that a program complains with when it ends with 1.
pub(crate) fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    let complaints = words(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    assert_eq!(words(&output.stdout), "");
    assert_eq!(complaints.lines().count(), 1, "{complaints}");
    let complaint = complaints.trim_end().strip_prefix("billing-host: ");
    complaint.unwrap().to_owned()
}

pub(crate) fn words(bytes: &[u8]) -> String {
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

/// A database in which nobody keeps books.
pub(crate) async fn empty_on_server() -> String {
    let books = format!("test_{}", uuid::Uuid::new_v4().simple());
    run(&server::url(), format!("CREATE DATABASE {books}")).await;
    let mut url: url::Url = server::url().parse().unwrap();
    url.set_path(&books);
    url.into()
}

/// Whether the runtime's tables were made there.
pub(crate) async fn has_tables(url: &str) -> bool {
    PostgresStore::connect_beside(url, SchemaName::default())
        .await
        .is_ok()
}
