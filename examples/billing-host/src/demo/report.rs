//! Terminal output and expectations of the demo.

use std::io::{self, Write};

use crate::money_text;

/// An expectation of the demo that failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct DemoError(String);

impl DemoError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Returns an error with this message unless `holds` is true.
pub(super) fn expect(holds: bool, message: impl Into<String>) -> Result<(), DemoError> {
    if holds {
        Ok(())
    } else {
        Err(DemoError::new(message))
    }
}

/// Report in the terminal: numbered steps with a few lines each.
#[derive(Debug)]
pub(super) struct Report {
    steps: u32,
}

impl Report {
    pub(super) const fn new() -> Self {
        Self { steps: 0 }
    }

    pub(super) fn step(&mut self, title: &str) -> io::Result<()> {
        self.steps += 1;
        writeln!(io::stdout(), "{}. {title}", self.steps)
    }

    #[expect(
        clippy::unused_self,
        reason = "lines belong to the report that is printed"
    )]
    pub(super) fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout(), "   {}", money_text::in_text(text))
    }
}
