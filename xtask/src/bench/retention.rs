//! The time until a webhook is stored, beside the end of very many old deliveries and without it.

use crate::cargo::{cargo, run};
use crate::report::Report;

/// Fills each database with this many old deliveries, and measures with optimized code.
pub(super) fn measure(report: &mut Report, deliveries: u64) {
    report.run("webhooks beside old deliveries", || {
        run(cargo([
            "test",
            "--release",
            "-p",
            "cross-crate-tests",
            "--all-features",
            "--test",
            "isolation",
            "--",
            "--ignored",
            "--exact",
            "old_deliveries",
            "--nocapture",
        ])
        .env("OLD_DELIVERIES", deliveries.to_string()))
    });
}
