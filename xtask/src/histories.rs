//! A million random histories of payments, in the pure core that decides about money.
//!
//! The test itself runs with all tests, with fewer histories and without optimization. Here its crate and the one
//! below it are optimized, so that a million takes about a minute.

use crate::cargo::{cargo, run};
use crate::report::Report;

const HISTORIES: &str = "1000000";

const TEST: &str = "accounting::tests::random";

/// Plays the histories.
pub(crate) fn run_all(report: &mut Report) {
    report.run("random histories", || {
        run(cargo([
            "--config",
            "profile.dev.package.payment-provider-host.opt-level=2",
            "--config",
            "profile.dev.package.payment-provider-core.opt-level=2",
            "test",
            "-p",
            "payment-provider-host",
            "--lib",
            "--all-features",
            TEST,
            "--",
            "--nocapture",
        ])
        .env("RANDOM_HISTORIES", HISTORIES))
    });
}
