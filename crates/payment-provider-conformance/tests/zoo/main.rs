//! Providers with one thing wrong with them: each is caught by the case that is there for it, and
//! by as few others as can be.

mod acorn;
mod animals;
mod flaw;
mod gateway;
mod report;
mod subject;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use animals::{Animal, animals};
use libtest_mimic::{Arguments, Failed, Trial};
use payment_provider_conformance::{Failure, Outcome, Report, check};

static CAUGHT: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let all = animals();
    let count = all.len();
    let mut trials: Vec<_> = all
        .into_iter()
        .map(|animal| Trial::test(animal.name, move || caught(&animal)))
        .collect();
    trials.push(Trial::test("the-specimens-fail-nothing", || {
        healthy(|| subject::Acorn::good(flaw::Flavour::Rich))?;
        healthy(|| subject::Acorn::good(flaw::Flavour::Plain))?;
        healthy(|| subject::Acorn::good(flaw::Flavour::Local))
    }));
    trials.push(Trial::test("the-zoo-is-large", || is_large(&animals())));
    trials.extend(report::trials());
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    let caught = CAUGHT.load(Ordering::Relaxed);
    // A run of one animal says it by passing.
    if caught > 1 {
        eprintln!("{caught} of {count} caught");
    }
    conclusion.exit_code()
}

fn healthy(make: fn() -> subject::Acorn) -> Result<(), Failed> {
    let report = check(make);
    if report.passed() {
        Ok(())
    } else {
        Err(failures(&report).into())
    }
}

/// The animal fails the case that must catch it, those that may, and no other.
fn caught(animal: &Animal) -> Result<(), Failed> {
    let report = check(animal.make);
    let mut wrong = unclear(&report);
    let failed: BTreeSet<_> = report.failed().into_iter().collect();
    let mut expected: BTreeSet<_> = animal.also.iter().copied().collect();
    expected.insert(animal.caught_by);
    let missed: Vec<_> = expected.difference(&failed).collect();
    if !missed.is_empty() {
        wrong.push(format!("not caught by {missed:?}"));
    }
    let more: Vec<_> = failed.difference(&expected).collect();
    if !more.is_empty() {
        wrong.push(format!("also caught by {more:?}"));
    }
    if wrong.is_empty() {
        CAUGHT.fetch_add(1, Ordering::Relaxed);
        return Ok(());
    }
    wrong.push(failures(&report));
    Err(wrong.join("\n").into())
}

/// What says nothing about an animal.
fn unclear(report: &Report) -> Vec<String> {
    let entries = report.entries.iter();
    let unclear = entries.filter_map(|entry| match &entry.outcome {
        Outcome::Failed(failure @ (Failure::Crashed(_) | Failure::NotStaged(_))) => {
            Some(format!("{}: {failure}", entry.case.id))
        }
        _ => None,
    });
    unclear.collect()
}

fn failures(report: &Report) -> String {
    let entries = report.entries.iter();
    let failures = entries.filter_map(|entry| match &entry.outcome {
        Outcome::Failed(failure) => Some(format!("  {}: {failure}", entry.case.id)),
        _ => None,
    });
    failures.collect::<Vec<_>>().join("\n")
}

/// Every animal has a name and a flaw of its own, and nearly every case has an animal.
#[expect(clippy::print_stdout, reason = "the output of a test")]
fn is_large(animals: &[Animal]) -> Result<(), Failed> {
    let names: BTreeSet<_> = animals.iter().map(|animal| animal.name).collect();
    if names.len() != animals.len() || names.len() < 36 {
        let text = format!("{} animals, {} names", animals.len(), names.len());
        return Err(text.into());
    }
    let cases = payment_provider_conformance::cases();
    for animal in animals {
        let ids = animal.also.iter().chain([&animal.caught_by]);
        for id in ids {
            if !cases.iter().any(|case| case.id == *id) {
                return Err(format!("{}: no case is called {id}", animal.name).into());
            }
        }
    }
    let without: Vec<_> = cases
        .iter()
        .map(|case| case.id)
        .filter(|id| !animals.iter().any(|animal| animal.caught_by == *id))
        .collect();
    println!("{} animals for {} cases", animals.len(), cases.len());
    println!("no animal of its own: {without:?}");
    Ok(())
}
