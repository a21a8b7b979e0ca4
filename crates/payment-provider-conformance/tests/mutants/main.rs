//! Providers with one flaw each. Each is caught by the case that exists for it, and by as few
//! others as possible.

mod acme;
mod credentials;
mod flaw;
mod gateway;
mod list;
mod report;
mod under_test;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Arguments, Failed, Trial};
use list::{Mutant, mutants};
use payment_provider_conformance::{CaseFailure, CaseOutcome, ConformanceReport, check};

static CAUGHT: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    let all = mutants();
    let count = all.len();
    let mut trials: Vec<_> = all
        .into_iter()
        .map(|mutant| Trial::test(mutant.name, move || caught(&mutant)))
        .collect();
    trials.push(Trial::test("the-correct-providers-pass", || {
        expect_no_failure(|| under_test::Acme::correct(flaw::FeatureSet::Full))?;
        expect_no_failure(|| under_test::Acme::correct(flaw::FeatureSet::Minimal))?;
        expect_no_failure(|| under_test::Acme::correct(flaw::FeatureSet::InProcess))
    }));
    trials.push(Trial::test("most-cases-have-a-mutant", || {
        list_is_consistent(&mutants())
    }));
    trials.extend(report::trials());
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    let caught = CAUGHT.load(Ordering::Relaxed);
    // A run of a single mutant reports it by passing.
    if caught > 1 {
        eprintln!("{caught} of {count} caught");
    }
    conclusion.exit_code()
}

fn expect_no_failure(make: fn() -> under_test::Acme) -> Result<(), Failed> {
    let report = check(make);
    if report.passed() {
        Ok(())
    } else {
        Err(failures(&report).into())
    }
}

/// Fails unless the mutant fails the case that must catch it, all cases in `also`, and no other.
fn caught(mutant: &Mutant) -> Result<(), Failed> {
    let report = check(mutant.make);
    let mut wrong = unclear(&report);
    let failed: BTreeSet<_> = report.failed().into_iter().collect();
    let mut expected: BTreeSet<_> = mutant.also.iter().copied().collect();
    expected.insert(mutant.caught_by);
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

/// Returns failures that are not caused by the flaw.
fn unclear(report: &ConformanceReport) -> Vec<String> {
    let entries = report.entries.iter();
    let unclear = entries.filter_map(|entry| match &entry.outcome {
        CaseOutcome::Failed(
            failure @ (CaseFailure::Crashed(_) | CaseFailure::NotImplemented(_)),
        ) => Some(format!("{}: {failure}", entry.case.id)),
        _ => None,
    });
    unclear.collect()
}

fn failures(report: &ConformanceReport) -> String {
    let entries = report.entries.iter();
    let failures = entries.filter_map(|entry| match &entry.outcome {
        CaseOutcome::Failed(failure) => Some(format!("  {}: {failure}", entry.case.id)),
        _ => None,
    });
    failures.collect::<Vec<_>>().join("\n")
}

/// Fails unless every mutant has a unique name and names existing cases. Prints the cases that no
/// mutant exists for.
#[expect(clippy::print_stdout, reason = "the output of a test")]
fn list_is_consistent(mutants: &[Mutant]) -> Result<(), Failed> {
    let names: BTreeSet<_> = mutants.iter().map(|mutant| mutant.name).collect();
    if names.len() != mutants.len() || names.len() < 36 {
        let text = format!("{} mutants, {} names", mutants.len(), names.len());
        return Err(text.into());
    }
    let cases = payment_provider_conformance::cases();
    for mutant in mutants {
        let ids = mutant.also.iter().chain([&mutant.caught_by]);
        for id in ids {
            if !cases.iter().any(|case| case.id == *id) {
                return Err(format!("{}: there is no case {id}", mutant.name).into());
            }
        }
    }
    let without: Vec<_> = cases
        .iter()
        .map(|case| case.id)
        .filter(|id| !mutants.iter().any(|mutant| mutant.caught_by == *id))
        .collect();
    println!("{} mutants for {} cases", mutants.len(), cases.len());
    println!("cases without a mutant: {without:?}");
    Ok(())
}
