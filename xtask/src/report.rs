//! Which steps ran, how long each took, and how it ended.
//!
//! All of it goes to standard error, where cargo and the test runner write too, so that the order is kept.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It found nothing wrong.
    Passed,
    /// It found something wrong, which it has printed; the text says what to look for.
    Failed(String),
    /// It could not look, and why. Not a failure, and never silent.
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

/// The steps so far, in the order they ran.
#[derive(Debug, Default)]
pub(crate) struct Report {
    finished: Vec<Finished>,
}

impl Report {
    /// Runs a step and prints its beginning and its end.
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

    /// Runs a step whose own last lines are to stay the last ones: prints its beginning only.
    pub(crate) fn run_last(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        self.finished.push(finish(name, step));
    }

    /// Prints a line for each step that ran.
    pub(crate) fn print_steps(&self) {
        eprintln!("\nSteps:");
        for step in &self.finished {
            eprintln!("  {step}");
        }
    }

    /// Prints a line for each step that failed; nothing if none did.
    pub(crate) fn print_failures(&self) {
        for step in self.failures() {
            eprintln!("!!! {step}");
        }
    }

    /// Failure if any step failed. A step that could not run does not count as one.
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

/// Runs a step to its end.
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
    fn one_failure_fails_the_whole() {
        let report = report(&[Outcome::Failed("broken".into()), Outcome::Passed]);
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn a_step_that_could_not_run_fails_nothing_but_is_listed() {
        let report = report(&[Outcome::Passed, Outcome::NotRun("no network".into())]);
        assert_eq!(report.exit_code(), ExitCode::SUCCESS);
        let line = report.finished[1].to_string();
        assert!(line.ends_with("NOT RUN: no network"), "{line}");
    }
}
