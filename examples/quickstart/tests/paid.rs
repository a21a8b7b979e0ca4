//! Runs the program against the local gateway until its invoice is paid, and compares it with the README.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use cashfree_simulator::{Endpoint, PaymentAttempt, RunningSimulator, Simulator, SimulatorConfig};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use test_support::{in_time, until};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Returns an address that no other process uses: on Linux every address in 127.0.0.0/8 is this machine, and
/// the process id selects one. Other systems have only 127.0.0.1.
fn address() -> String {
    let [.., high, low] = std::process::id().to_be_bytes();
    if cfg!(target_os = "linux") {
        format!("127.77.{high}.{low}:8080")
    } else {
        "127.0.0.1:8077".to_owned()
    }
}

/// The program, once it has printed its line.
struct Program {
    child: Child,
    line: String,
}

impl Program {
    async fn start(folder: &Path, simulator: &RunningSimulator) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_quickstart"))
            .current_dir(folder)
            .env_clear()
            .env("CASHFREE_CLIENT_ID", cashfree_simulator::DEFAULT_CLIENT_ID)
            .env(
                "CASHFREE_CLIENT_SECRET",
                cashfree_simulator::DEFAULT_CLIENT_SECRET,
            )
            .env("CASHFREE_ENVIRONMENT", "sandbox")
            .env("CASHFREE_BASE_URL", simulator.api_base_url())
            .env("LISTEN", address())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let output = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(output).lines();
        let line = in_time("its line", lines.next_line()).await;
        let line = line.expect("readable output");
        // The line is printed before webhooks are received and signals are handled.
        until(async || TcpStream::connect(address()).await).await;
        Self {
            child,
            line: line.expect("a line before its end"),
        }
    }

    /// Asks the program to end, and waits until it has.
    async fn end(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.expect("kill runs").success());
        let ended = in_time("its end", self.child.wait()).await;
        let ended = ended.expect("its status");
        assert!(ended.success(), "{ended}");
    }
}

async fn received(folder: &Path) -> i64 {
    let options = SqliteConnectOptions::new().filename(folder.join("billing.db"));
    let mut database: SqliteConnection = options.connect().await.expect("the database");
    let received =
        sqlx::query_scalar("SELECT received FROM payables WHERE payable_id = 'invoice-1'");
    received
        .fetch_one(&mut database)
        .await
        .expect("the invoice")
}

#[tokio::test]
async fn the_invoice_is_paid_on_the_page_that_both_runs_print() {
    let url = format!("http://{}/webhooks/cashfree/acme?code=main", address());
    let config = SimulatorConfig::new().with_endpoint(Endpoint::new(url));
    let simulator = Simulator::new(config).expect("a simulator");
    let running = simulator.start("127.0.0.1:0").await.expect("a server");
    let folder = tempfile::tempdir().expect("a folder");

    let first = Program::start(folder.path(), &running).await;
    let page = first.line.clone();
    assert!(page.starts_with("pay at http"), "{page}");
    first.end().await;

    let second = Program::start(folder.path(), &running).await;
    assert_eq!(second.line, page);
    let links = running.simulator().links();
    assert_eq!(links.len(), 1, "{links:?}");
    running
        .simulator()
        .pay(&links[0].link_id, PaymentAttempt::new())
        .expect("a payment");
    until(async || match received(folder.path()).await {
        20_012 => Ok(()),
        other => Err(format!("{other} paise received")),
    })
    .await;
    second.end().await;

    let third = Program::start(folder.path(), &running).await;
    assert_eq!(third.line, "nothing is due: it is paid");
    third.end().await;
    running.shutdown().await;
}

#[test]
fn the_readme_shows_the_program_as_it_is() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = std::fs::read_to_string(here.join("src/main.rs")).expect("the program");
    let readme = std::fs::read_to_string(here.join("../../README.md")).expect("the README");
    assert!(readme.contains(&format!("```rust,no_run\n{program}```\n")));
}

#[test]
fn the_program_is_short() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = std::fs::read_to_string(here.join("src/main.rs")).expect("the program");
    let uses = program
        .lines()
        .filter(|line| line.starts_with("use "))
        .count();
    let body = program.split_once("async fn main()").expect("a main").1;
    let lines = body.lines().skip(1).map(str::trim);
    let counted = lines
        .filter(|line| !matches!(*line, "" | "{" | "}"))
        .count();
    assert!(uses <= 6 && counted <= 15, "{uses} uses, {counted} lines");
}
