//! Hundreds of invoices paid at once while the application is killed again and again.
//!
//! The application runs as a process of its own, or as several on one database, and so does the
//! gateway's simulator. Payers pay once, in parts, twice, late, on links that have run out and on
//! invoices that were withdrawn. Calls to the gateway fail in every way it can fail; webhooks come
//! twice, late, in the wrong order, with old time stamps, with wrong signatures at first, beside
//! forgeries, and their answers get lost. In the end every unit of money that the gateway took is
//! booked once on the invoice it was paid for, or is told to be nobody's here.
//!
//! A missed webhook is not repaired by anything yet, so none may be missed: the simulator repeats
//! each one for a minute and a half, which outlasts the restarts. That this was enough is asserted.
//!
//! What happens follows from a seed, which is printed; which process does it when does not. So
//! `CHAOS_SEED=<seed>` repeats a run as far as a test of several processes can be repeated.
//! `CHAOS_INVOICES` and `CHAOS_KILLS` make it longer.

mod audit;
mod client;
mod front;
mod gateway;
mod hosts;
mod run;
mod script;
mod troubles;

use cross_crate_tests::Database;
use run::Plan;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_one_process_on_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let plan = Plan::from_environment(1, 50);
    run::run(&plan, Database::file_in(directory.path()), directory.path()).await;
}
