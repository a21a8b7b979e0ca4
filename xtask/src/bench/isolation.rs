//! The delay of one organization beside the load of another: a gateway that hangs with 1 000 deliveries, 200 events a
//! second for a minute, and a checkout of 3 000 payments. On SQLite in one process, on PostgreSQL in three.

use crate::cargo::{cargo, run};
use crate::report::Report;

/// Measures with optimized programs, and asserts the targets.
pub(super) fn measure(report: &mut Report) {
    report.run("the application is built", || {
        run(&mut cargo([
            "build",
            "--release",
            "-p",
            "billing-host",
            "-p",
            "cashfree-simulator",
            "-p",
            "cross-crate-tests",
            "--all-features",
            "--bins",
        ]))
    });
    report.run("one organization beside another's load", || {
        run(cargo([
            "test",
            "--release",
            "-p",
            "billing-host",
            "-p",
            "cashfree-simulator",
            "-p",
            "cross-crate-tests",
            "--all-features",
            "--test",
            "isolation",
            "--",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("ISOLATION_WHOLE", "1"))
    });
}
