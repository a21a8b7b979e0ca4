//! A money audit from the outside: what the gateway took is compared with what the application posted.
//!
//! The application runs as one process on a file, or as three on PostgreSQL. Invoices are paid in every way: as a
//! whole, in parts, twice, after a decline, after the link expired, and after the invoice was voided. Payments are
//! refunded and disputed, and an operator records a manual payment. Meanwhile processes are killed, and stopped for
//! longer than the lease of a delivery. A proxy of this test stands between the application and the gateway, and makes
//! calls fail; a courier stands between the gateway and the application, and reorders, repeats, delays, ages and damages
//! webhooks. No genuine webhook is dropped: the courier repeats it until it is answered with success.
//!
//! In the end only what each side shows by HTTP counts. Nothing of the application's database or code is read.
//!
//! `cargo xtask bench audit` runs the whole size. `AUDIT_SEED` sets the seed of all choices, which is printed.
#![cfg(target_os = "linux")]

mod biller;
mod books;
mod courier;
mod findings;
mod fleet;
mod gateway;
mod invoice;
mod run;
mod size;
mod ways;

use cross_crate_tests::{Database, ServerDatabase};

use size::Size;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_taken_is_posted_by_one_process_on_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = Database::file_in(directory.path());
    run::run(Size::of_this_run(1), &database, directory.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_taken_is_posted_by_three_processes_on_postgresql() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = ServerDatabase::create().await;
    let database = Database::Server(server.url());
    run::run(Size::of_this_run(3), &database, directory.path()).await;
}
