//! Starts of the program that fail: each error names the thing and says what to do next.

use std::net::TcpListener;
use std::process::{Command, Stdio};

fn failed(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cashfree-simulator"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CASHFREE_SIMULATOR_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), errors)
}

#[test]
fn each_error_of_a_start_names_the_thing_and_the_next_step() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    let cases: [(&[&str], i32, &[&str]); 7] = [
        (
            &["--listen", &address],
            1,
            &[
                "cannot listen on ",
                &address,
                "choose another address with --listen",
            ],
        ),
        (
            &["--listen", "3001"],
            2,
            &["3001", "--listen", "must be an IP address with a port"],
        ),
        (
            &["--listen", free, "--public-url", "nowhere"],
            1,
            &["the public URL must be", "correct --public-url"],
        ),
        (
            &["--listen", free, "--webhook-url", "nowhere"],
            1,
            &["webhook endpoint", "correct --webhook-url"],
        ),
        (
            &["--listen", free, "--client-secret", ""],
            1,
            &["client_secret", "correct --client-id and --client-secret"],
        ),
        (&["--retry-scale", "never"], 2, &["never", "--retry-scale"]),
        (&["--chaos", "1:wild"], 2, &["1:wild", "--chaos"]),
    ];
    for (arguments, code, parts) in cases {
        let (status, errors) = failed(arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {errors}");
        for part in parts {
            assert!(errors.contains(part), "{part:?} is not in {errors}");
        }
        if code == 1 {
            assert_eq!(errors.lines().count(), 1, "{errors}");
            assert!(errors.starts_with("cashfree-simulator: "), "{errors}");
        }
    }
}
