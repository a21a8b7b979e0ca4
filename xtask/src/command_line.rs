//! The command line.

use std::fmt;

use crate::bench::Bench;

/// The output of `cargo xtask help`.
pub(crate) const HELP: &str = "\
cargo xtask <command>

  test [-- <args>]  run all tests: documentation tests, then cargo-nextest with <args>
                      cargo xtask test -- -E 'test(webhook)'
  lint              formatting, English, modules, tree, clippy, documentation, README links, packages, cargo-deny
  tree              check which crates may depend on which
  modules           check the rooms of the host crate, and that no crate has a cycle of files
  english           check the English of comments; print every finding, also those within the limits
  links [--fix]     check the links of READMEs to the built documentation; --fix writes their addresses
  histories         play a million random histories of payments without a database
  bench <name>      measure, and print the figures: `audit` compares the books of gateway and application while
                      everything fails; `edge` floods the application with unfinished connections;
                      `isolation` measures the delay of one organization beside another's load; `retention
                      [--deliveries N]` measures the intake of webhooks while N old deliveries are dropped
  packages          list the files and sizes of the packages to publish, and check their manifests
  api [--refresh]   compare the public API of each published crate with its snapshot; --refresh writes the snapshots
  ci [-- <args>]    lint, api, histories, test
  help              print this

A tool that is missing is installed, or printed together with the one command that installs it.

Environment:
  CI                      when set, cargo-nextest runs with the profile `ci`
  CASHFREE_REFERENCE_DIR  folder of the published Cashfree samples that tests read
  RAZORPAY_REFERENCE_DIR  folder of the published Razorpay samples that tests read
  REQUIRE_REFERENCES      when set, tests fail that lack one of these folders; else they say that they were not run
  REQUIRE_TOOLS           when set, all tools must be there; else tests that lack one say that they were not run
  TEST_DATABASE_URL       a PostgreSQL server for tests; by default a temporary one is started
  CHROMIUM, CHROMEDRIVER  the browser for tests and its driver, if they are not on the path";

/// One command and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Formatting, lints, documentation, dependency rules.
    Lint,
    /// The allowed dependencies between crates.
    Tree,
    /// The order of the host's modules, and cycles of files.
    Modules,
    /// The English of comments.
    English,
    /// Random histories of payments.
    Histories,
    /// A measurement.
    Bench(Bench),
    /// The packages to publish.
    Packages,
    /// Links of READMEs.
    Links { fix: bool },
    /// Snapshots of the public API.
    Api { refresh: bool },
    /// All tests; the arguments go to the test runner.
    Test { runner_args: Vec<String> },
    /// Lint, API, histories and tests.
    Ci { runner_args: Vec<String> },
    /// The list of commands.
    Help,
}

/// An invalid command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// No command has this name.
    UnknownCommand(String),
    /// The command does not take this argument. Arguments for the test runner follow a `--`.
    UnexpectedArgument { command: String, argument: String },
    /// The command `bench` needs the name of a measurement.
    MissingBench,
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand(name) => write!(f, "there is no command `{name}`"),
            Self::UnexpectedArgument { command, argument } => {
                write!(f, "`{command}` does not take the argument `{argument}`")
            }
            Self::MissingBench => write!(f, "`bench` needs one of: {}", Bench::NAMES.join(", ")),
        }
    }
}

impl std::error::Error for UsageError {}

impl Command {
    /// Parses the arguments behind the program's name. Without arguments the command is [`Command::Help`].
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut args = args.into_iter();
        let Some(name) = args.next() else {
            return Ok(Self::Help);
        };
        let mut own_args: Vec<String> = args.collect();
        let runner_args = match own_args.iter().position(|argument| argument == "--") {
            Some(separator) => own_args.split_off(separator).split_off(1),
            None => Vec::new(),
        };

        let takes_runner_args = matches!(name.as_str(), "test" | "ci");
        let mut take_flag = |flag: &str| {
            let position = own_args.iter().position(|argument| argument == flag);
            position.map(|position| own_args.remove(position)).is_some()
        };
        let fix = name == "links" && take_flag("--fix");
        let refresh = name == "api" && take_flag("--refresh");
        let bench = match own_args.first().and_then(|name| Bench::named(name)) {
            Some(bench) if name == "bench" => {
                own_args.remove(0);
                Some(sized(bench, &mut own_args))
            }
            _ => None,
        };
        let unexpected = own_args
            .into_iter()
            .chain(runner_args.iter().filter(|_| !takes_runner_args).cloned())
            .next();
        let command = match name.as_str() {
            "help" | "--help" | "-h" => return Ok(Self::Help),
            "lint" => Self::Lint,
            "tree" => Self::Tree,
            "modules" => Self::Modules,
            "english" => Self::English,
            "histories" => Self::Histories,
            "bench" => match bench {
                Some(bench) => Self::Bench(bench),
                None if unexpected.is_none() => return Err(UsageError::MissingBench),
                // Names the argument that is no measurement.
                None => Self::Help,
            },
            "packages" => Self::Packages,
            "links" => Self::Links { fix },
            "api" => Self::Api { refresh },
            "test" => Self::Test { runner_args },
            "ci" => Self::Ci { runner_args },
            _ => return Err(UsageError::UnknownCommand(name)),
        };
        match unexpected.as_deref() {
            None => Ok(command),
            Some("--help" | "-h") => Ok(Self::Help),
            Some(_) => Err(UsageError::UnexpectedArgument {
                command: name,
                argument: unexpected.unwrap_or_default(),
            }),
        }
    }
}

/// Takes the size of a measurement from its arguments, if it has one and it is a number.
fn sized(bench: Bench, arguments: &mut Vec<String>) -> Bench {
    let size = match (bench, &arguments[..]) {
        (Bench::Retention { .. }, [flag, size]) if flag == "--deliveries" => size.parse().ok(),
        _ => None,
    };
    let Some(deliveries) = size else { return bench };
    arguments.clear();
    Bench::Retention { deliveries }
}

#[cfg(test)]
mod tests {
    use super::{Bench, Command, HELP, UsageError};

    fn parse(line: &str) -> Result<Command, UsageError> {
        Command::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn an_empty_command_line_prints_the_help() {
        assert_eq!(parse(""), Ok(Command::Help));
        assert_eq!(parse("test --help"), Ok(Command::Help));
    }

    #[test]
    fn arguments_behind_two_dashes_go_to_the_test_runner() {
        let runner_args = vec![
            "-E".into(),
            "test(webhook)".into(),
            "--".into(),
            "--ignored".into(),
        ];
        assert_eq!(
            parse("test -- -E test(webhook) -- --ignored"),
            Ok(Command::Test { runner_args })
        );
        assert_eq!(
            parse("ci"),
            Ok(Command::Ci {
                runner_args: Vec::new()
            })
        );
    }

    #[test]
    fn an_argument_without_two_dashes_is_rejected() {
        let error = parse("test webhook").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`test` does not take the argument `webhook`"
        );
        assert!(parse("tree -- webhook").is_err());
    }

    #[test]
    fn a_flag_belongs_to_one_command() {
        assert_eq!(parse("api"), Ok(Command::Api { refresh: false }));
        assert_eq!(parse("api --refresh"), Ok(Command::Api { refresh: true }));
        assert_eq!(parse("links --fix"), Ok(Command::Links { fix: true }));
        assert!(parse("lint --fix").is_err());
        assert!(parse("api --fix").is_err());
    }

    #[test]
    fn a_measurement_is_named() {
        assert_eq!(parse("bench edge"), Ok(Command::Bench(Bench::Edge)));
        let isolation = Command::Bench(Bench::Isolation);
        assert_eq!(parse("bench isolation"), Ok(isolation));
        let error = parse("bench").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`bench` needs one of: audit, edge, isolation, retention"
        );
        let error = parse("bench egde").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`bench` does not take the argument `egde`"
        );
        assert!(parse("bench edge edge").is_err());
        let deliveries = 5;
        let sized = Command::Bench(Bench::Retention { deliveries });
        assert_eq!(parse("bench retention --deliveries 5"), Ok(sized));
        assert!(parse("bench retention --deliveries five").is_err());
        assert!(parse("bench edge --deliveries 5").is_err());
        assert!(parse("lint edge").is_err());
    }

    #[test]
    fn an_unknown_command_is_named() {
        assert_eq!(
            parse("tset"),
            Err(UsageError::UnknownCommand("tset".into()))
        );
    }

    #[test]
    fn help_names_every_command() {
        for command in [
            "test", "lint", "tree", "modules", "english", "bench", "packages", "links", "api",
            "ci", "help",
        ] {
            assert!(HELP.contains(&format!("\n  {command} ")), "{command}");
        }
    }
}
