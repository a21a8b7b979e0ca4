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
use crate::harness::{ProviderUnderTest, Transport};
use crate::report::{CaseOutcome, CaseReport, ConformanceReport};

type Maker<P> = fn() -> P;

/// The `main` of a test target with `harness = false`: every case that applies is a test of its own,
/// by its id, for `cargo test` and for `cargo nextest`.
///
/// With `--report text` or `--report json` as arguments all cases are run and the report is printed.
pub fn run<P: ProviderUnderTest + 'static>(make: fn() -> P) -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--report", form @ ("text" | "json")] => print_report(make, form),
        ["--report", ..] => {
            eprintln!("error: --report takes `text` or `json`, and nothing else");
            ExitCode::from(2)
        }
        _ => libtest_mimic::run(&Arguments::from_args(), trials(make)).exit_code(),
    }
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
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

/// Runs all cases, on twice as many threads as the machine has processors: a case mostly waits.
pub fn check<P: ProviderUnderTest + 'static>(make: fn() -> P) -> ConformanceReport {
    let (descriptor, transport) = describe(&make());
    let cases = all();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let threads = 2 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = match case.unmet(&descriptor, transport) {
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

/// Runs one case, whether it applies or not.
pub fn check_case<P: ProviderUnderTest + 'static>(make: fn() -> P, case: &Case) -> CaseOutcome {
    outcome(case, Box::new(make()))
}

fn outcome(case: &Case, under_test: Box<dyn ProviderUnderTest>) -> CaseOutcome {
    match verdict(case, under_test) {
        Ok(()) => CaseOutcome::Passed,
        Err(failure) => CaseOutcome::Failed(failure),
    }
}

/// Makes sure that a case that listens to what is logged hears it, whichever thread comes by the place
/// first. What a place has to tell is asked once for the whole process: with no more than one
/// subscriber about, of the thread that comes by alone, and one without a subscriber answers "never".
/// With two that cannot say beforehand, each thread is asked each time.
fn let_all_places_be_heard() {
    static UNDECIDED: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
        [(); 2].map(|()| Dispatch::new(Registry::default().with(dynamic_filter_fn(|_, _| false))))
    });
    LazyLock::force(&UNDECIDED);
}

fn verdict(case: &Case, under_test: Box<dyn ProviderUnderTest>) -> CaseResult {
    let_all_places_be_heard();
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

/// A panic that no call of the provider's is to blame for.
fn crashed(panic: &(dyn Any + Send)) -> CaseFailure {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    CaseFailure::Crashed(text.unwrap_or_else(|| "no message".to_owned()))
}

fn describe(under_test: &dyn ProviderUnderTest) -> (ProviderDescriptor, Transport) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let _inside = runtime.as_ref().ok().map(tokio::runtime::Runtime::enter);
    let factory = under_test.factory(std::sync::Arc::new(TestClock::new()));
    (factory.descriptor().clone(), under_test.transport())
}

fn trials<P: ProviderUnderTest + 'static>(make: Maker<P>) -> Vec<Trial> {
    let (descriptor, transport) = describe(&make());
    let applies = |case: &Case| case.unmet(&descriptor, transport).is_none();
    let mut trials: Vec<_> = all()
        .into_iter()
        .filter(applies)
        .map(|case| Trial::test(case.id, move || trial(&case, make)))
        .collect();
    trials.push(Trial::test("applicability", move || {
        applicability(&descriptor, transport);
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

/// Says how many cases there are for this provider, and why the others are not for it.
#[expect(clippy::print_stdout, reason = "the output of a test")]
fn applicability(descriptor: &ProviderDescriptor, transport: Transport) {
    let cases = all();
    let unmet: Vec<_> = cases
        .iter()
        .filter_map(|case| Some((case.id, case.unmet(descriptor, transport)?)))
        .collect();
    let apply = cases.len() - unmet.len();
    println!("{}: {apply} of {} cases apply", descriptor.id, cases.len());
    for (id, why) in unmet {
        println!("  not {id}: {why}");
    }
}
