//! All tests: documentation tests first, so that the test runner's summary is printed last.

use std::process::ExitCode;

use crate::cargo::{cargo, run};
use crate::install::ensure;
use crate::postgres;
use crate::report::{Outcome, Report};
use crate::tools::{
    AXE_CORE, C_COMPILER, CASHFREE_SDK_5, CASHFREE_SDK_6, CHROMIUM, FONTS, NEXTEST, POSTGRESQL,
    RAZORPAY_SDK, axe_core_program, cashfree_sdk_pythons, razorpay_sdk_python,
};

/// Variables that name the folders of the gateways' published samples.
const REFERENCES: [&str; 2] = ["CASHFREE_REFERENCE_DIR", "RAZORPAY_REFERENCE_DIR"];

/// The variable that names the script of the accessibility rules; browser tests run where it is set.
const AXE_CORE_JS: &str = "AXE_CORE_JS";

/// The variables that name interpreters with Cashfree's own SDK; tests with it run where they are set.
const CASHFREE_SDKS: [&str; 2] = ["CASHFREE_SDK_5", "CASHFREE_SDK_6"];

/// The variable that names an interpreter with Razorpay's own SDK; tests with it run where it is set.
const RAZORPAY_SDK_PYTHON: &str = "RAZORPAY_SDK";

/// Runs all tests and returns the exit code of the report with all its steps. The arguments go to the test runner.
pub(crate) fn run_all(mut report: Report, runner_args: &[String]) -> ExitCode {
    let tools = ensure(&[
        &C_COMPILER,
        &NEXTEST,
        &POSTGRESQL,
        &CHROMIUM,
        &FONTS,
        &AXE_CORE,
        &CASHFREE_SDK_5,
        &CASHFREE_SDK_6,
        &RAZORPAY_SDK,
    ]);
    if let Err(missing) = tools {
        report.run("tests", || Outcome::Failed(missing));
        report.print_steps();
        return report.exit_code();
    }
    // The server is stopped when this function returns, and at the latest when this process ends.
    let server = if postgres::is_named() {
        None
    } else {
        match postgres::Server::start() {
            Ok(server) => Some(server),
            Err(problem) => {
                report.run("tests", || Outcome::Failed(problem));
                report.print_steps();
                return report.exit_code();
            }
        }
    };
    report.run("documentation tests", || {
        run(&mut cargo([
            "test",
            "--doc",
            "--workspace",
            "--all-features",
        ]))
    });
    // All other steps build with every feature.
    if runner_args.is_empty() {
        for store in ["sqlite", "postgres"] {
            report.run("the host with one store", || {
                let alone = ["--no-default-features", "--features", store];
                run(cargo(["check", "--package", "payment-provider-host"]).args(alone))
            });
        }
        report.run("a provider without its feature `metrics`", || {
            run(&mut cargo([
                "test",
                "--package",
                "provider-cashfree",
                "--test",
                "numbers",
            ]))
        });
    }

    report.print_steps();
    for reference in REFERENCES
        .into_iter()
        .filter(|reference| !is_set(reference))
    {
        eprintln!(
            "\n{reference} is not set: tests against the published samples will report that they were not run"
        );
    }
    report.run_last("tests", || {
        run(cargo(nextest_args(is_set("CI")))
            .args(runner_args)
            .env(AXE_CORE_JS, axe_core_program())
            .env(RAZORPAY_SDK_PYTHON, razorpay_sdk_python())
            .envs(CASHFREE_SDKS.into_iter().zip(cashfree_sdk_pythons()))
            .envs(server.iter().map(|server| (postgres::URL, server.url()))))
    });
    report.print_failures();
    report.exit_code()
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn nextest_args(ci: bool) -> impl Iterator<Item = &'static str> {
    let profile: &[&str] = if ci { &["--profile", "ci"] } else { &[] };
    ["nextest", "run", "--workspace", "--all-features"]
        .into_iter()
        .chain(profile.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::nextest_args;

    #[test]
    fn continuous_integration_uses_its_own_profile() {
        let line = |ci| nextest_args(ci).collect::<Vec<_>>().join(" ");
        assert_eq!(line(false), "nextest run --workspace --all-features");
        assert_eq!(
            line(true),
            "nextest run --workspace --all-features --profile ci"
        );
    }
}
