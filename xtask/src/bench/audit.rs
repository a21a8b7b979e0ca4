//! A money audit of 300 invoices on each database, with 100 kills and 40 stops of processes.

use crate::cargo::{cargo, run};
use crate::report::Report;

/// Runs the audit at its whole size, and prints its figures.
pub(super) fn measure(report: &mut Report) {
    report.run("the programs are built", || {
        run(&mut cargo([
            "build",
            "-p",
            "billing-host",
            "-p",
            "cashfree-simulator",
            "--all-features",
        ]))
    });
    report.run("what was taken is posted", || {
        run(cargo([
            "test",
            "-p",
            "cross-crate-tests",
            "--all-features",
            "--test",
            "audit",
            "--",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("AUDIT_INVOICES", "300")
        .env("AUDIT_KILLS", "100")
        .env("AUDIT_STOPS", "40"))
    });
}
