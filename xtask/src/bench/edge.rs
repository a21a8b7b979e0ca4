//! Genuine webhooks, sent to the application while 2 000 connections at 1 024 descriptors send no complete request.

use crate::cargo::{cargo, run};
use crate::report::Report;

const CONNECTIONS: &str = "2000";
const SECONDS: &str = "30";

/// Floods the application, and prints how it answers genuine webhooks.
pub(super) fn measure(report: &mut Report) {
    report.run("the application is built", || {
        run(&mut cargo([
            "build",
            "-p",
            "billing-host",
            "-p",
            "cashfree-simulator",
        ]))
    });
    report.run("webhooks among unfinished connections", || {
        run(cargo([
            "test",
            "-p",
            "cross-crate-tests",
            "--all-features",
            "--test",
            "edge",
            "--",
            "--nocapture",
        ])
        .env("EDGE_CONNECTIONS", CONNECTIONS)
        .env("EDGE_SECONDS", SECONDS))
    });
}
