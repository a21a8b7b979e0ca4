//! Running cargo, with the environment a user's own cargo would have.

use std::ffi::OsString;
use std::io;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::Outcome;

/// Variables that `cargo run` sets for the program it starts. Handed on, they would make build scripts that watch them
/// run again, and all that depends on those compile again, each time the user changes between `cargo` and `cargo xtask`.
const SET_BY_CARGO_RUN: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The path of the cargo that started this program.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A cargo command, to be run.
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

/// Runs a command to its end; its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(format!("`{}` ended with {status}", line(command))),
        Err(error) => Outcome::Failed(format!("`{}` could not be started: {error}", line(command))),
    }
}

/// Runs a command to its end, or stops it once the limit is over.
///
/// Processes that the command has started itself end with their current work.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Outcome {
    match wait_within(limit, command) {
        Ok(Some(true)) => Outcome::Passed,
        Ok(Some(false)) => Outcome::Failed(format!("`{}` failed", line(command))),
        Ok(None) => Outcome::Failed(format!("`{}` took longer than {limit:?}", line(command))),
        Err(error) => Outcome::Failed(format!("`{}` could not be run: {error}", line(command))),
    }
}

/// Whether the command succeeded, or `None` when it took too long.
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

/// What a command prints on standard output, or what went wrong.
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

/// A command as one would type it.
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
    fn a_command_is_shown_as_one_would_type_it() {
        assert_eq!(line(&cargo(["tree", "-p", "xtask"])), "cargo tree -p xtask");
    }

    #[test]
    fn what_cargo_run_sets_is_not_handed_on() {
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
