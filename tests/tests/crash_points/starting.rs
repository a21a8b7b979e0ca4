//! The application as a process: started, crashed at a place, started again.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use cross_crate_tests::{Api, Output, Program, Stage};
use payment_provider_host::crash_points::{LAST_WORDS, VARIABLE};

use crate::database::TestDatabase;
use crate::relay::Relay;
use crate::scene::{PAID, Scene};

const ABORTED: i32 = 6;

/// Crashes while the application creates its tables; the next start creates them.
pub(crate) async fn first_start(scene: &mut Scene, point: &str) {
    let database = scene.database.others().await;
    let other = Scene::start_again(database, point).await;
    let invoice = other.invoice(point).await;
    let url = other.ask(&invoice).await;
    other.on_link(&url, "pay").await;
    other.expect(&invoice, &PAID).await;
    other.close().await;
}

/// Starts the application and waits until it serves. It crashes at the place that the file names.
pub(crate) async fn start_host(
    database: &TestDatabase,
    gate: &Relay,
    door: &Relay,
    armed: &Path,
) -> (Program, Api) {
    let mut host = run_host(database, gate, door, armed);
    let url = host.line_after("listening on ").await;
    door.lead_to(&url);
    (host, Api::new(url, Stage::KEY))
}

/// Starts the application, without waiting for it to serve.
pub(crate) fn run_host(
    database: &TestDatabase,
    gate: &Relay,
    door: &Relay,
    armed: &Path,
) -> Program {
    let key_file = database.key_file().display().to_string();
    let database = database.argument();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database,
        "--key-file",
        &key_file,
        "--simulator-url",
        gate.url(),
        "--public-url",
        door.url(),
        "--seed",
        "none",
    ];
    let armed = armed.display().to_string();
    let environment = [
        ("BILLING_HOST_API_KEY", Stage::KEY),
        ("RUST_LOG", "error"),
        (VARIABLE, &armed),
    ];
    Program::start("billing-host", &arguments, &environment)
}

/// Asserts that the process ended at this place, and for no other reason.
pub(crate) fn assert_died(point: &str, status: ExitStatus, output: &Output) {
    let last = output.stderr.lines().last().unwrap_or_default();
    assert_eq!(last, format!("{LAST_WORDS}{point}"), "{}", output.stderr);
    assert_eq!(status.signal(), Some(ABORTED), "{status}");
}
