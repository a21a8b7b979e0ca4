//! The program as it is started from a terminal.

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

fn ended(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The program while it serves, with the lines it printed. It does not outlive the test.
struct Served {
    child: Child,
    lines: Vec<String>,
    rest: Option<BufReader<std::process::ChildStdout>>,
}

impl Served {
    /// Reads until the program says how to end it.
    fn start(command: &mut Command) -> Self {
        let mut served = Self {
            child: command.spawn().unwrap(),
            lines: Vec::new(),
            rest: None,
        };
        let mut printed = BufReader::new(served.child.stdout.take().unwrap());
        loop {
            let mut line = String::new();
            let read = printed.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended after {:#?}", served.lines);
            let line = line.trim_end().to_owned();
            if line == "Ctrl-C ends it." {
                served.rest = Some(printed);
                return served;
            }
            served.lines.push(line);
        }
    }

    fn after(&self, words: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(words));
        line.unwrap_or_else(|| panic!("no line with {words:?} in {:#?}", self.lines))
    }

    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let mut text = String::new();
        self.rest.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_demo_does_what_it_tells() {
    let demo = ended(&["demo"]);
    let (told, complaints) = (words(&demo.stdout), words(&demo.stderr));
    assert!(demo.status.success(), "{told}{complaints}");
    assert_eq!(complaints, "");
    assert!((25..=40).contains(&told.lines().count()), "{told}");
    for part in [
        "asked for twice and the same",
        "then back to http://127.0.0.1:",
        "the payer is told: Thank you",
        "payment succeeded, paid INR 200.12 of INR 200.12, due INR 0.00, surplus INR 0.00",
        "answered 200",
        "noted as duplicate_ignored",
        "answered 401",
        "its link is CANCELLED",
        "paid INR 0.00 of INR 55.00, due INR 0.00, surplus INR 55.00",
        "took in INR 255.12; booked are INR 200.12 as paid and INR 55.00 as surplus",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains("cfsk_ma_test_simulator"), "{told}");
}

#[cfg(unix)]
#[test]
fn the_lines_it_prints_work_as_they_are_and_a_signal_ends_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let served = Served::start(&mut program(&[
            "--listen",
            "127.0.0.1:0",
            "--simulator-listen",
            "127.0.0.1:0",
        ]));
        assert!(
            served
                .after("listening on ")
                .starts_with("http://127.0.0.1:")
        );
        assert!(
            served
                .after("simulator on ")
                .starts_with("http://127.0.0.1:")
        );
        let database = served
            .after("database ")
            .strip_suffix(", removed at the end")
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
            let answer = Command::new("sh")
                .args(["-c", call])
                .env("no_proxy", "*")
                .output()
                .unwrap();
            let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
            assert!(
                answer.is_object() && answer.get("title").is_none(),
                "{call}: {answer}"
            );
        }
        let (code, last) = served.end(signal);
        assert_eq!(
            (code, last.as_str()),
            (Some(0), "finishing what is under way\n"),
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
        .env("BILLING_HOST_API_KEY", "canary-token")
        .env("RUST_LOG", "trace");
    command.stderr(Stdio::null());
    let served = Served::start(&mut command);
    assert!(
        served
            .lines
            .iter()
            .all(|line| !line.contains("canary-token"))
    );
    let call = served
        .lines
        .iter()
        .find(|line| line.starts_with("  curl "))
        .unwrap();
    let answer = Command::new("sh")
        .args(["-c", call])
        .envs([("BILLING_HOST_API_KEY", "canary-token"), ("no_proxy", "*")])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["usable"], true);
    assert_eq!(served.end("-TERM").0, Some(0));
}

#[test]
fn what_keeps_it_from_starting_is_said_and_the_exit_code_shows_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (arguments, complaint) in [
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
            "sealing key file cannot be read or written",
        ),
    ] {
        let output = ended(arguments);
        let complaints = words(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{complaints}");
        assert!(complaints.starts_with("billing-host: "), "{complaints}");
        assert!(complaints.contains(complaint), "{complaints}");
        assert_eq!(complaints.lines().count(), 1, "{complaints}");
    }
    let misused = ended(&[
        "--gateway",
        "sandbox",
        "--simulator-url",
        "http://127.0.0.1:1",
    ]);
    assert_eq!(misused.status.code(), Some(2));
    assert!(words(&misused.stderr).contains("need --gateway simulator"));
}
