//! Hundreds of invoices paid at once while the application is killed again and again.
//!
//! The application runs as one process on a file, or as three on a PostgreSQL server that crashes in the middle of the
//! run, and the gateway's simulator is a process too. All calls, webhooks among them, reach the processes that are
//! running. Payers pay once, in parts, twice, late, on links that have expired and on invoices that were voided. Calls
//! to the gateway fail in every way they can fail; webhooks arrive twice, late, in the wrong order, with old time
//! stamps, with wrong signatures at first, beside forgeries, and their responses get lost. In the end every unit of
//! money that the gateway collected is posted once on the invoice it was paid for, or is reported as belonging to no
//! invoice of the application.
//!
//! No mechanism repairs a missed webhook yet, so none may be missed: the simulator repeats each one for more than five
//! minutes, which outlasts the restarts. The test asserts that this was enough.
//!
//! The events follow from a seed, which is printed; the process that handles each event does not. So
//! `CHAOS_SEED=<seed>` repeats a run as far as a test of several processes can be repeated. `CHAOS_INVOICES` and
//! `CHAOS_KILLS` make it longer; a run of thousands needs the test program alone (`cargo test -p cross-crate-tests
//! --test chaos postgresql`), since a run of all tests stops a test that takes ten minutes. The server is always one
//! that the test started, so that it can crash it.

mod audit;
mod client;
mod front;
mod gateway;
mod hosts;
mod run;
mod script;
mod troubles;

use std::sync::Arc;

use cross_crate_tests::Database;
use run::{Ground, Plan};
use test_support::postgres::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_one_process_on_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let ground = Ground {
        database: Database::file_in(directory.path()),
        server: None,
        key_file: directory.path().join("sealing.key"),
    };
    run::run(&Plan::from_environment(1, 300, 50), ground).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_three_processes_on_postgresql() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start().unwrap_or_else(|problem| panic!("{problem}"));
    let ground = Ground {
        database: Database::Server(server.url()),
        server: Some(Arc::new(server)),
        key_file: directory.path().join("sealing.key"),
    };
    run::run(&Plan::from_environment(3, 150, 30), ground).await;
}
