//! The report of all steps: their order, durations and outcomes.
//!
//! It is written to standard error, as the output of cargo and of the test runner is, so that the order is kept.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The step found no fault.
    Passed,
    /// The step found a fault and has printed it. The text summarizes the fault.
    Failed(String),
    /// The step could not run, for this reason. This is no failure, but is always printed.
    NotRun(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(reason) => write!(f, "FAILED: {reason}"),
            Self::NotRun(reason) => write!(f, "NOT RUN: {reason}"),
        }
    }
}

#[derive(Debug)]
struct Finished {
    name: &'static str,
    outcome: Outcome,
    elapsed: Duration,
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.1?}): {}", self.name, self.elapsed, self.outcome)
    }
}

/// The steps that have ended, in the order in which they ran.
#[derive(Debug, Default)]
pub(crate) struct Report {
    finished: Vec<Finished>,
}

impl Report {
    /// Runs a step, and prints when it begins and how it ends.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        let finished = finish(name, step);
        let mark = if finished.outcome == Outcome::Passed {
            "<=="
        } else {
            "!!!"
        };
        eprintln!("{mark} {finished}");
        self.finished.push(finished);
    }

    /// Runs a step without printing its outcome, so that the step's own last lines remain the last ones.
    pub(crate) fn run_last(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        self.finished.push(finish(name, step));
    }

    /// Prints a line for each step.
    pub(crate) fn print_steps(&self) {
        eprintln!("\nSteps:");
        for step in &self.finished {
            eprintln!("  {step}");
        }
    }

    /// Prints a line for each step that did not pass; nothing if all did.
    pub(crate) fn print_exceptions(&self) {
        let exceptions = self.finished.iter();
        for step in exceptions.filter(|step| step.outcome != Outcome::Passed) {
            eprintln!("!!! {step}");
        }
    }

    /// Returns failure if a step failed. A step that could not run is no failure.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.failures().next().is_none() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn failures(&self) -> impl Iterator<Item = &Finished> {
        self.finished
            .iter()
            .filter(|step| matches!(step.outcome, Outcome::Failed(_)))
    }
}

/// Runs a step and measures its duration.
fn finish(name: &'static str, step: impl FnOnce() -> Outcome) -> Finished {
    eprintln!("\n==> {name}");
    let start = Instant::now();
    let outcome = step();
    Finished {
        name,
        outcome,
        elapsed: start.elapsed(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::{Outcome, Report};

    fn report(outcomes: &[Outcome]) -> Report {
        let mut report = Report::default();
        for outcome in outcomes {
            report.run("step", || outcome.clone());
        }
        report
    }

    #[test]
    fn one_failed_step_fails_the_report() {
        let report = report(&[Outcome::Failed("broken".into()), Outcome::Passed]);
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn a_step_that_could_not_run_is_listed_and_is_no_failure() {
        let report = report(&[Outcome::Passed, Outcome::NotRun("no network".into())]);
        assert_eq!(report.exit_code(), ExitCode::SUCCESS);
        let line = report.finished[1].to_string();
        assert!(line.ends_with("NOT RUN: no network"), "{line}");
    }
}
