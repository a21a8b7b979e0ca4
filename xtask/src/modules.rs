//! The modules of each crate: which file uses which, read from `use` declarations and paths.
//!
//! Two checks are built on it: the rooms of the host crate, which depend on each other in one direction only, and
//! cycles of files in every crate. Code that is compiled only for tests is exempt from both.

mod callbacks;
mod crate_tree;
mod cycles;
mod facade;
mod impl_blocks;
mod names;
mod references;
mod resolve;
mod room_table;
mod rooms;

#[cfg(test)]
mod planted;

use std::fmt;

use crate::report::{Outcome, Report};
use crate::workspace::{Crate, crates, rust_files};
use crate_tree::CrateTree;
use cycles::Cycles;
use references::References;

/// The crate with rooms.
const HOST: &str = "crates/payment-provider-host";

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// The file, relative to the workspace.
    path: String,
    line: usize,
    problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.problem)
    }
}

/// Checks the rooms of the host crate and the cycles of all crates.
pub(crate) fn run_all(report: &mut Report) {
    report.run("rooms of payment-provider-host", || outcome(check_rooms()));
    report.run("cycles of files", || outcome(check_cycles()));
}

/// Returns the outcome of a check that counts its findings and has printed them.
fn outcome(findings: Result<usize, String>) -> Outcome {
    match findings {
        Ok(0) => Outcome::Passed,
        Ok(count) => Outcome::Failed(format!("{count} findings, listed above")),
        Err(error) => Outcome::Failed(error),
    }
}

fn check_rooms() -> Result<usize, String> {
    let krate = Crate {
        folder: HOST.to_owned(),
    };
    let tree = load(&krate)?;
    let references = References::of(&tree);
    let findings = rooms::findings(&tree, &references);
    for finding in &findings {
        eprintln!("error: {finding}");
    }
    Ok(findings.len())
}

fn check_cycles() -> Result<usize, String> {
    let mut count = 0;
    for krate in crates()? {
        let tree = load(&krate)?;
        let cycles = Cycles::of(&tree, &References::of(&tree));
        eprintln!(
            "{}: {} forbidden, {} allowed: what lies below a module uses the module",
            krate.folder,
            cycles.forbidden.len(),
            cycles.recursions.len()
        );
        for recursion in &cycles.recursions {
            eprintln!("  allowed: {}", recursion.join(", "));
        }
        for cycle in &cycles.forbidden {
            eprintln!("  error: cycle: {cycle}");
        }
        count += cycles.forbidden.len();
    }
    Ok(count)
}

fn load(krate: &Crate) -> Result<CrateTree, String> {
    CrateTree::parse(&rust_files(&krate.path().join("src"))?)
}
