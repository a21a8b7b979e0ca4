//! All tests: documentation tests first, so that the test runner's summary is printed last.

use std::process::ExitCode;

use test_support::postgres;

use crate::cargo::{cargo, run};
use crate::install::ensure;
use crate::report::{Outcome, Report};
use crate::tool::Tool;
use crate::tools::{
    AXE_CORE, C_COMPILER, CASHFREE_SDK_5, CASHFREE_SDK_6, CHROMIUM, FONTS, NEXTEST, POSTGRESQL,
    RAZORPAY_SDK, axe_core_program, cashfree_sdk_pythons, razorpay_sdk_python,
};

/// Variables that name the folders of the gateways' published samples.
const REFERENCES: [&str; 2] = ["CASHFREE_REFERENCE_DIR", "RAZORPAY_REFERENCE_DIR"];

/// Variables that, as in the workspace's own CI, make a missing reference or tool fail the run.
const REQUIRE_REFERENCES: &str = "REQUIRE_REFERENCES";
const REQUIRE_TOOLS: &str = "REQUIRE_TOOLS";

/// The variable that names the script of the accessibility rules; browser tests run where it is set.
const AXE_CORE_JS: &str = "AXE_CORE_JS";

/// The variables that name interpreters with Cashfree's own SDK; tests with it run where they are set.
const CASHFREE_SDKS: [&str; 2] = ["CASHFREE_SDK_5", "CASHFREE_SDK_6"];

/// The variable that names an interpreter with Razorpay's own SDK; tests with it run where it is set.
const RAZORPAY_SDK_PYTHON: &str = "RAZORPAY_SDK";

/// Tests that need tools of their own, with these tools.
const OPTIONAL_TOOLS: [(&str, &[&Tool]); 3] = [
    ("tests in the browser", &[&CHROMIUM, &FONTS, &AXE_CORE]),
    (
        "tests with Cashfree's own SDK",
        &[&CASHFREE_SDK_5, &CASHFREE_SDK_6],
    ),
    ("tests with Razorpay's own SDK", &[&RAZORPAY_SDK]),
];

/// Runs all tests and returns the exit code of the report with all its steps. The arguments go to the test runner.
pub(crate) fn run_all(mut report: Report, runner_args: &[String]) -> ExitCode {
    if let Err(missing) = ensure(&[&C_COMPILER, &NEXTEST, &POSTGRESQL]) {
        report.run("tests", || Outcome::Failed(missing));
        report.print_steps();
        return report.exit_code();
    }
    let [browser, cashfree_sdks, razorpay_sdk] = OPTIONAL_TOOLS.map(|(name, tools)| {
        let found = ensure(tools);
        if let Err(missing) = &found {
            let missing = missing.clone();
            report.run(name, || absent(missing, is_set(REQUIRE_TOOLS)));
        }
        found.is_ok()
    });
    for reference in REFERENCES {
        if !is_set(reference) {
            let missing = format!("{reference} is not set");
            let name = "tests with published samples";
            report.run(name, || absent(missing, is_set(REQUIRE_REFERENCES)));
        }
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
                "metrics",
            ]))
        });
    }

    report.print_steps();
    report.run_last("tests", || {
        let mut tests = cargo(nextest_args(is_set("CI")));
        tests.args(runner_args);
        if browser {
            tests.env(AXE_CORE_JS, axe_core_program());
        }
        if cashfree_sdks {
            tests.envs(CASHFREE_SDKS.into_iter().zip(cashfree_sdk_pythons()));
        }
        if razorpay_sdk {
            tests.env(RAZORPAY_SDK_PYTHON, razorpay_sdk_python());
        }
        run(tests.envs(server.iter().map(|server| (postgres::URL, server.url()))))
    });
    report.print_exceptions();
    report.exit_code()
}

/// Returns the outcome of tests whose tool or reference is missing: a failure if it is required.
fn absent(missing: String, is_required: bool) -> Outcome {
    if is_required {
        Outcome::Failed(missing)
    } else {
        Outcome::NotRun(missing)
    }
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
    use super::{absent, nextest_args};
    use crate::report::Outcome;

    #[test]
    fn what_is_missing_fails_a_run_only_where_it_is_required() {
        let missing = || "missing: chromium".to_owned();
        assert_eq!(absent(missing(), true), Outcome::Failed(missing()));
        assert_eq!(absent(missing(), false), Outcome::NotRun(missing()));
    }

    #[test]
    fn a_run_reports_every_failure() {
        let config = include_str!("../../.config/nextest.toml");
        assert!(config.contains("[profile.default]"), "{config}");
        assert_eq!(config.matches("fail-fast = false").count(), 1);
        assert!(!config.contains("fail-fast = true"));
    }

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
