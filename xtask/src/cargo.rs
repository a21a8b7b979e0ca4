//! Runs cargo in the environment that cargo has when a user starts it.

use std::ffi::OsString;
use std::io;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::Outcome;

/// Prefixes of variables that `cargo run` sets for the program it starts.
///
/// Build scripts that watch them would run again each time the user changes between `cargo` and `cargo xtask`, and
/// everything that depends on these scripts would be compiled again.
const SET_BY_CARGO_RUN: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The path of the cargo that started this program.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns a cargo command with these arguments.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program());
    command.args(args);
    for (name, _) in std::env::vars_os() {
        let set_by_cargo_run = name.to_str().is_some_and(|name| {
            SET_BY_CARGO_RUN
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        if set_by_cargo_run {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command until it ends. Its output goes to this program's output.
pub(crate) fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(format!("`{}` ended with {status}", line(command))),
        Err(error) => Outcome::Failed(format!("`{}` could not be started: {error}", line(command))),
    }
}

/// Runs a command until it ends, and stops it after the limit.
///
/// Processes that the command has started are not stopped.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Outcome {
    match wait_within(limit, command) {
        Ok(Some(true)) => Outcome::Passed,
        Ok(Some(false)) => Outcome::Failed(format!("`{}` failed", line(command))),
        Ok(None) => Outcome::Failed(format!("`{}` took longer than {limit:?}", line(command))),
        Err(error) => Outcome::Failed(format!("`{}` could not be run: {error}", line(command))),
    }
}

/// Returns true if the command succeeded, and `None` if it took too long.
fn wait_within(limit: Duration, command: &mut Command) -> io::Result<Option<bool>> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Runs a command and returns its standard output.
///
/// # Errors
///
/// The command cannot be started, fails, or prints something other than text; the error holds its standard error.
pub(crate) fn read(command: &mut Command) -> Result<String, String> {
    match command.output() {
        Ok(Output { status, stdout, .. }) if status.success() => String::from_utf8(stdout)
            .map_err(|_| format!("`{}` printed something other than text", line(command))),
        Ok(Output { status, stderr, .. }) => Err(format!(
            "`{}` ended with {status}: {}",
            line(command),
            String::from_utf8_lossy(&stderr).trim()
        )),
        Err(error) => Err(format!("`{}` could not be started: {error}", line(command))),
    }
}

/// Returns the command line that a user would type.
fn line(command: &Command) -> String {
    let program = if command.get_program() == program() {
        "cargo".into()
    } else {
        command.get_program().to_string_lossy()
    };
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    std::iter::once(program)
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{cargo, line};

    #[test]
    fn a_command_is_shown_as_a_command_line() {
        assert_eq!(line(&cargo(["tree", "-p", "xtask"])), "cargo tree -p xtask");
    }

    #[test]
    fn variables_of_cargo_run_are_not_passed_on() {
        // Cargo sets this one for test programs too.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo(["--version"]);
        assert!(
            command
                .get_envs()
                .any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_none())
        );
    }
}
