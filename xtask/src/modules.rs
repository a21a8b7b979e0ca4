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
use crate::workspace::{Crate, crates, root, rust_files};
use crate_tree::CrateTree;
use cycles::Cycles;
use references::References;

/// The crate with rooms.
const HOST: &str = "crates/payment-provider-host";

/// True once the host crate follows the order of its rooms; until then the findings are printed and nothing fails.
const ROOMS_ARE_BINDING: bool = false;

/// True once no crate has a cycle of files but that of a module and its parent.
const CYCLES_ARE_BINDING: bool = false;

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
    report.run("rooms of payment-provider-host", || {
        if root().join(HOST).join("src/accounting").exists() {
            unless_failed(check_rooms(), ROOMS_ARE_BINDING)
        } else {
            Outcome::NotRun(format!("{HOST}/src has no folder `accounting` yet"))
        }
    });
    report.run("cycles of files", || {
        unless_failed(check_cycles(), CYCLES_ARE_BINDING)
    });
}

fn unless_failed(findings: Result<usize, String>, binding: bool) -> Outcome {
    match findings {
        Ok(0) => Outcome::Passed,
        Ok(count) if binding => Outcome::Failed(format!("{count} findings, listed above")),
        Ok(count) => Outcome::NotRun(format!("{count} findings, listed above, do not fail yet")),
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
