use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};
use payment_provider_core::ProviderDescriptor;
use tracing::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::case::Case;
use crate::cases::all;
use crate::failure::{CaseFailure, CaseResult};
use crate::fixture::{Fixture, TestClock};
use crate::harness::{HarnessAbilities, ProviderUnderTest};
use crate::report::{CaseOutcome, CaseReport, ConformanceReport};

type Maker<P> = fn() -> P;

/// Runs the kit as the `main` function of a test target with `harness = false`.
///
/// Each applicable case is one test, named by its id, for `cargo test` and `cargo nextest`. `make`
/// creates the provider under test and is called once for each case. The arguments `--report text`
/// and `--report json` run all cases and print the report instead.
///
/// # Examples
/// ```
/// use std::process::ExitCode;
///
/// use payment_provider_conformance::ProviderUnderTest;
///
/// /// Runs the cases for one provider: the body of `main`.
/// fn run_cases<Acme: ProviderUnderTest + Default + 'static>() -> ExitCode {
///     payment_provider_conformance::run(Acme::default)
/// }
/// ```
pub fn run<P: ProviderUnderTest + 'static>(make: fn() -> P) -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--report", form @ ("text" | "json")] => print_report(make, form),
        ["--report", ..] => {
            eprintln!("error: --report takes one argument, `text` or `json`");
            ExitCode::from(2)
        }
        _ => libtest_mimic::run(&Arguments::from_args(), trials(make)).exit_code(),
    }
}

#[expect(clippy::print_stdout, reason = "the requested output")]
fn print_report<P: ProviderUnderTest + 'static>(make: Maker<P>, form: &str) -> ExitCode {
    let report = check(make);
    if form == "json" {
        println!("{}", report.to_json());
    } else {
        println!("{report}");
    }
    if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs all applicable cases and returns the report.
///
/// It uses twice as many threads as the machine has processors, since a case mostly waits.
pub fn check<P: ProviderUnderTest + 'static>(make: fn() -> P) -> ConformanceReport {
    let (descriptor, harness) = describe(&make());
    let cases = all();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let threads = 2 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = match case.unmet(&descriptor, harness) {
                        Some(why) => CaseOutcome::NotApplicable(why),
                        None => outcome(case, Box::new(make())),
                    };
                    let mut outcomes = outcomes
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner);
                    outcomes.push((case.id, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let entries = cases.into_iter().filter_map(|case| {
        let position = outcomes.iter().position(|(id, _)| *id == case.id)?;
        let (_, outcome) = outcomes.swap_remove(position);
        Some(CaseReport { case, outcome })
    });
    ConformanceReport::new(descriptor.id.clone(), entries.collect())
}

/// Runs one case, even if it does not apply.
pub fn check_case<P: ProviderUnderTest + 'static>(make: fn() -> P, case: &Case) -> CaseOutcome {
    outcome(case, Box::new(make()))
}

fn outcome(case: &Case, under_test: Box<dyn ProviderUnderTest>) -> CaseOutcome {
    match verdict(case, under_test) {
        Ok(()) => CaseOutcome::Passed,
        Err(failure) => CaseOutcome::Failed(failure),
    }
}

/// Makes the log output of every case visible to its own subscriber, whichever thread reaches a
/// callsite first. `tracing` caches each callsite's interest for the whole process. With at most
/// one subscriber, it asks only the thread that reaches the callsite first, and caches "never" if
/// that thread has none. With two subscribers whose interest is dynamic, it asks each thread each
/// time.
fn disable_callsite_cache() {
    static DYNAMIC: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
        [(); 2].map(|()| Dispatch::new(Registry::default().with(dynamic_filter_fn(|_, _| false))))
    });
    LazyLock::force(&DYNAMIC);
}

fn verdict(case: &Case, under_test: Box<dyn ProviderUnderTest>) -> CaseResult {
    disable_callsite_cache();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| CaseFailure::Broken(format!("no runtime: {error}")))?;
    let run = || {
        runtime.block_on(async {
            let fixture = Fixture::start(under_test).await?;
            (case.run)(fixture).await
        })
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(crashed(&*panic)))
}

/// A panic outside of the provider's calls.
fn crashed(panic: &(dyn Any + Send)) -> CaseFailure {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    CaseFailure::Crashed(text.unwrap_or_else(|| "no message".to_owned()))
}

fn describe(under_test: &dyn ProviderUnderTest) -> (ProviderDescriptor, HarnessAbilities) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let _inside = runtime.as_ref().ok().map(tokio::runtime::Runtime::enter);
    let factory = under_test.factory(std::sync::Arc::new(TestClock::new()));
    (
        factory.descriptor().clone(),
        HarnessAbilities::of(under_test),
    )
}

fn trials<P: ProviderUnderTest + 'static>(make: Maker<P>) -> Vec<Trial> {
    let (descriptor, harness) = describe(&make());
    let applies = |case: &Case| case.unmet(&descriptor, harness).is_none();
    let mut trials: Vec<_> = all()
        .into_iter()
        .filter(applies)
        .map(|case| Trial::test(case.id, move || trial(&case, make)))
        .collect();
    trials.push(Trial::test("applicability", move || {
        applicability(&descriptor, harness);
        Ok(())
    }));
    trials
}

fn trial<P: ProviderUnderTest + 'static>(case: &Case, make: Maker<P>) -> Result<(), Failed> {
    verdict(case, Box::new(make())).map_err(|failure| {
        let Case {
            reason,
            contract_url,
            ..
        } = case;
        Failed::from(format!("{failure}\n  why: {reason}\n  see: {contract_url}"))
    })
}

/// Prints the number of cases that apply to this provider, and the reason for each that does not.
#[expect(clippy::print_stdout, reason = "the output of a test")]
fn applicability(descriptor: &ProviderDescriptor, harness: HarnessAbilities) {
    let cases = all();
    let unmet: Vec<_> = cases
        .iter()
        .filter_map(|case| Some((case.id, case.unmet(descriptor, harness)?)))
        .collect();
    let apply = cases.len() - unmet.len();
    println!("{}: {apply} of {} cases apply", descriptor.id, cases.len());
    for (id, why) in unmet {
        println!("  not applicable: {id}: {why}");
    }
}
