//! `cargo deny`: the rules of `deny.toml` about dependencies.
//!
//! If the tool or the database of advisories cannot be fetched, as on a machine without network, the step is reported as
//! not run: a missing network is no fault of the code.

use std::time::Duration;

use crate::cargo::{cargo, run, run_within};
use crate::install::ensure;
use crate::report::{Outcome, Report};
use crate::tools::{C_COMPILER, DENY};

/// The limit of fetching the database, which is a small repository: after it, the host counts as unreachable.
const FETCH_LIMIT: Duration = Duration::from_mins(2);

/// Runs the checks that are possible on this machine.
pub(crate) fn run_all(report: &mut Report) {
    let tool = ensure(&[&C_COMPILER, &DENY]);

    report.run("cargo-deny: bans, licenses, sources", || match &tool {
        Ok(()) => run(&mut cargo([
            "deny",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ])),
        Err(missing) => Outcome::NotRun(missing.clone()),
    });
    report.run("cargo-deny: advisories", || match &tool {
        Ok(()) => advisories(),
        Err(missing) => Outcome::NotRun(missing.clone()),
    });
}

fn advisories() -> Outcome {
    match run_within(FETCH_LIMIT, &mut cargo(["deny", "fetch", "db"])) {
        Outcome::Passed => run(&mut cargo([
            "deny",
            "check",
            "--disable-fetch",
            "advisories",
        ])),
        Outcome::Failed(_) | Outcome::NotRun(_) => {
            Outcome::NotRun("the database of advisories could not be fetched".to_owned())
        }
    }
}
