//! Result of a command: its output or an error.

use std::error::Error;
use std::process::ExitCode;

/// Error of a command. It is printed with its causes on standard error.
pub(super) type CommandError = Box<dyn Error>;

/// Output of a command: text for standard output and the exit code.
pub(super) struct CommandOutput {
    pub(super) text: String,
    pub(super) code: ExitCode,
}

impl CommandOutput {
    /// Returns the output of a command that succeeded.
    pub(super) const fn success(text: String) -> Self {
        let code = ExitCode::SUCCESS;
        Self { text, code }
    }
}
