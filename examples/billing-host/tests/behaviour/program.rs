//! The program as started from a terminal.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_billing-host");

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in [
        "RUST_LOG",
        "BILLING_HOST_API_KEY",
        "CASHFREE_CLIENT_ID",
        "CASHFREE_CLIENT_SECRET",
    ] {
        command.env_remove(variable);
    }
    command
}

fn output_of(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The serving program and the lines it printed. Dropping this kills it.
struct ServingProgram {
    child: Child,
    lines: Vec<String>,
    rest: Option<BufReader<std::process::ChildStdout>>,
}

impl ServingProgram {
    /// Starts the program and reads its output up to the line that says how to stop it.
    fn start(command: &mut Command) -> Self {
        let mut program = Self {
            child: command.spawn().unwrap(),
            lines: Vec::new(),
            rest: None,
        };
        let mut printed = BufReader::new(program.child.stdout.take().unwrap());
        loop {
            let mut line = String::new();
            let read = printed.read_line(&mut line).unwrap();
            assert!(read > 0, "the program exited after {:#?}", program.lines);
            let line = line.trim_end().to_owned();
            if line == "Press Ctrl-C to stop." {
                program.rest = Some(printed);
                return program;
            }
            program.lines.push(line);
        }
    }

    /// Returns the rest of the line that begins with `prefix`.
    fn line_after(&self, prefix: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(prefix));
        line.unwrap_or_else(|| panic!("no line with {prefix:?} in {:#?}", self.lines))
    }

    /// Sends a signal and returns the exit code and the rest of the output.
    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let mut text = String::new();
        self.rest.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for ServingProgram {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_demo_completes_its_round_trip() {
    let demo = output_of(&["demo"]);
    let (printed, errors) = (text(&demo.stdout), text(&demo.stderr));
    assert!(demo.status.success(), "{printed}{errors}");
    assert_eq!(errors, "");
    assert!((25..=40).contains(&printed.lines().count()), "{printed}");
    for part in [
        "two requests returned the same URL",
        "redirected to http://127.0.0.1:",
        "the return page shows: Thank you",
        "payment succeeded, paid ₹200.12 of ₹200.12, due ₹0.00, overpaid ₹0.00",
        "answered 200",
        "recorded as duplicate_ignored",
        "answered 401",
        "its payment link is CANCELLED",
        "paid ₹0.00 of ₹55.00, due ₹0.00, overpaid ₹55.00",
        "took ₹255.12; the application recorded ₹200.12 as paid and ₹55.00 as overpaid",
    ] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
    assert!(!printed.contains("cfsk_ma_test_simulator"), "{printed}");
}

#[cfg(unix)]
#[test]
fn the_printed_commands_work_and_a_signal_stops_the_program_in_order() {
    for signal in ["-TERM", "-INT"] {
        let served = ServingProgram::start(&mut program(&[
            "--listen",
            "127.0.0.1:0",
            "--simulator-listen",
            "127.0.0.1:0",
        ]));
        assert!(
            served
                .line_after("listening on ")
                .starts_with("http://127.0.0.1:")
        );
        assert!(
            served
                .line_after("simulator on ")
                .starts_with("http://127.0.0.1:")
        );
        let database = served
            .line_after("database ")
            .strip_suffix(", removed at shutdown")
            .unwrap();
        let directory = std::path::Path::new(database)
            .parent()
            .unwrap()
            .to_path_buf();
        assert!(directory.exists());
        let calls: Vec<_> = served
            .lines
            .iter()
            .filter(|line| line.starts_with("  curl "))
            .collect();
        assert!(calls.len() >= 7, "{:#?}", served.lines);
        for call in calls {
            let response = Command::new("sh")
                .args(["-c", call])
                .env("no_proxy", "*")
                .output()
                .unwrap();
            let response: Value = serde_json::from_slice(&response.stdout).unwrap();
            assert!(
                response.is_object() && response.get("title").is_none(),
                "{call}: {response}"
            );
        }
        let (code, last) = served.stop(signal);
        assert_eq!(
            (code, last.as_str()),
            (Some(0), "shutting down after the requests in progress\n"),
            "{signal}"
        );
        assert!(!directory.exists());
    }
}

#[cfg(unix)]
#[test]
fn a_token_from_the_environment_is_not_printed() {
    let mut command = program(&[
        "--listen",
        "127.0.0.1:0",
        "--simulator-listen",
        "127.0.0.1:0",
    ]);
    command
        .env("BILLING_HOST_API_KEY", "canary-token-of-the-operator")
        .env("RUST_LOG", "trace");
    command.stderr(Stdio::null());
    let served = ServingProgram::start(&mut command);
    assert!(
        served
            .lines
            .iter()
            .all(|line| !line.contains("canary-token-of-the-operator"))
    );
    let call = served
        .lines
        .iter()
        .find(|line| line.starts_with("  curl "))
        .unwrap();
    let response = Command::new("sh")
        .args(["-c", call])
        .envs([
            ("BILLING_HOST_API_KEY", "canary-token-of-the-operator"),
            ("no_proxy", "*"),
        ])
        .output()
        .unwrap();
    let response: Value = serde_json::from_slice(&response.stdout).unwrap();
    assert_eq!(response["usable"], true);
    assert_eq!(served.stop("-TERM").0, Some(0));
}

#[test]
fn a_short_operator_key_is_refused_at_the_start() {
    // A program that accepts the key ends as well: the address is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = program(&["--listen", &address]);
    command.env("BILLING_HOST_API_KEY", "x".repeat(23));
    let output = command.output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("the API key must be 24 to 512 visible ASCII characters"),
        "{errors}"
    );
    assert!(!errors.contains("xxx"), "{errors}");
}

#[test]
fn a_second_process_on_a_database_file_is_refused_until_the_first_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("billing.db").display().to_string();
    let database = format!("sqlite:{file}");
    let free = "127.0.0.1:0";
    let arguments = [
        "--listen",
        free,
        "--simulator-listen",
        free,
        "--database",
        &database,
    ];
    let mut first = ServingProgram::start(&mut program(&arguments));
    let second = output_of(&arguments);
    let errors = text(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("another process runs as a host on"),
        "{errors}"
    );
    assert!(errors.contains(&file), "{errors}");
    // The lock of a process that was killed is gone at once.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let third = ServingProgram::start(&mut program(&arguments));
    assert_eq!(third.stop("-TERM").0, Some(0));
}

#[test]
fn a_failed_start_exits_with_1_and_prints_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (arguments, error) in [
        (
            &["--listen", &address, "--simulator-listen", free][..],
            "choose another address with --listen",
        ),
        (
            &["--listen", free, "--simulator-listen", &address],
            "choose another address with --simulator-listen",
        ),
        (
            &["--listen", free, "--gateway", "sandbox"],
            "set CASHFREE_CLIENT_ID and CASHFREE_CLIENT_SECRET",
        ),
        (
            &[
                "--listen",
                free,
                "--simulator-listen",
                free,
                "--database",
                "sqlite:/nowhere/at/all.db",
            ],
            "cannot use the database /nowhere/at/all.db",
        ),
    ] {
        let output = output_of(arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with("billing-host: "), "{errors}");
        assert!(errors.contains(error), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
    let contradictory = output_of(&[
        "--gateway",
        "sandbox",
        "--simulator-url",
        "http://127.0.0.1:1",
    ]);
    assert_eq!(contradictory.status.code(), Some(2));
    assert!(text(&contradictory.stderr).contains("require --gateway simulator"));
}
