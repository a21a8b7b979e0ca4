use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use test_support::tool_path;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A gateway's own SDK for Python, in an environment that has nothing else.
#[derive(Debug)]
pub struct Sdk {
    /// The package's name, such as `cashfree-pg`.
    package: &'static str,
    /// The package's version, such as `5.0.6`.
    pub version: &'static str,
    python: PathBuf,
}

impl Sdk {
    /// Returns the version with the models of the API 2023-08-01, if `CASHFREE_SDK_5` names its Python.
    ///
    /// # Panics
    /// Panics if it is missing and `REQUIRE_TOOLS` is set.
    pub fn five() -> Option<Self> {
        Self::of_environment("cashfree-pg", "5.0.6", "CASHFREE_SDK_5")
    }

    /// Returns the version with the models of the API 2026-01-01, if `CASHFREE_SDK_6` names its Python.
    ///
    /// # Panics
    /// Panics if it is missing and `REQUIRE_TOOLS` is set.
    pub fn six() -> Option<Self> {
        Self::of_environment("cashfree-pg", "6.0.1", "CASHFREE_SDK_6")
    }

    /// Returns Razorpay's SDK, if `RAZORPAY_SDK` names its Python.
    ///
    /// # Panics
    /// Panics if it is missing and `REQUIRE_TOOLS` is set.
    pub fn razorpay() -> Option<Self> {
        Self::of_environment("razorpay", "2.0.1", "RAZORPAY_SDK")
    }

    /// Runs a script of `tests/python` and returns the lines of JSON that it prints.
    ///
    /// # Panics
    /// Panics if it fails, or prints anything else.
    pub async fn run(&self, script: &str, arguments: &[&str], input: Vec<u8>) -> Vec<Value> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
        let mut child = Command::new(&self.python)
            // Writes no folders of compiled code beside the scripts, and loads no modules from the user's own
            // environment.
            .args(["-B", "-E", "-s", script])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.python.display()));
        let mut stdin = child.stdin.take().expect("a pipe");
        let feed = tokio::spawn(async move {
            // A script that ends early gives the reason itself.
            let _ = stdin.write_all(&input).await;
        });
        let output = child.wait_with_output().await.expect("an end");
        feed.await.expect("fed");
        let (said, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "{script} with {} {} fails: {errors}\n{said}",
            self.package,
            self.version
        );
        said.lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{script} prints {line:?}: {error}"))
            })
            .collect()
    }

    /// Returns the Python that the environment names, if any. `cargo xtask test` sets it.
    fn of_environment(
        package: &'static str,
        version: &'static str,
        variable: &str,
    ) -> Option<Self> {
        let missing = format!("{package} {version} was not used; `cargo xtask test` installs it");
        let python = tool_path(variable, &missing)?;
        Some(Self {
            package,
            version,
            python,
        })
    }
}
