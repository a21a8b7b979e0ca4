//! All checks that do not run the code.

use crate::cargo::{cargo, run};
use crate::install::ensure;
use crate::report::{Outcome, Report};
use crate::tool::Tool;
use crate::tools::{C_COMPILER, CLIPPY, RUSTFMT};
use crate::{deny, english, links, modules, packages, tree};

/// Runs all checks.
pub(crate) fn run_all(report: &mut Report) {
    report.run("formatting", || {
        with(&[&RUSTFMT], || run(&mut cargo(["fmt", "--all", "--check"])))
    });
    english::run_all(report);
    modules::run_all(report);
    tree::run_all(report);
    report.run("clippy", || {
        with(&[&CLIPPY, &C_COMPILER], || {
            run(&mut cargo([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]))
        })
    });
    report.run("documentation", || {
        with(&[&C_COMPILER], || {
            let mut doc = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
            run(doc.env("RUSTDOCFLAGS", "-D warnings"))
        })
    });
    links::check(report);
    packages::run_all(report);
    deny::run_all(report);
}

/// Runs a step if its tools are present or can be installed.
fn with(tools: &[&Tool], step: impl FnOnce() -> Outcome) -> Outcome {
    match ensure(tools) {
        Ok(()) => step(),
        Err(missing) => Outcome::Failed(missing),
    }
}
