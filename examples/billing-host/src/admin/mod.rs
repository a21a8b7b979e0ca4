//! What an operator does from a terminal, beside servers that run: see the inbox, prove the books,
//! rotate secrets.

mod connections;
mod inbox;
mod ledger;
mod output;
mod runtime;
mod secret_input;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use runtime::Where;

/// Why not: printed with its causes, on standard error.
type Failure = Box<dyn Error>;

/// What comes to standard output, and how the program ends.
struct Done {
    text: String,
    code: ExitCode,
}

impl Done {
    const fn well(text: String) -> Self {
        let code = ExitCode::SUCCESS;
        Self { text, code }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Operation {
    /// Webhooks that were received: list, show, try again, take out.
    Inbox(Inbox),
    /// The books: prove that they add up, book by hand what nothing tells of.
    Ledger(Ledger),
    /// Merchant accounts: list, rotate and retire secrets.
    Connections(Connections),
}

#[derive(Debug, Args)]
pub(crate) struct Inbox {
    #[command(flatten)]
    at: Where,
    #[command(subcommand)]
    command: inbox::Command,
}

#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(flatten)]
    at: Where,
    #[command(subcommand)]
    command: ledger::Command,
}

#[derive(Debug, Args)]
pub(crate) struct Connections {
    #[command(flatten)]
    at: Where,
    #[command(subcommand)]
    command: connections::Command,
}

/// Does it, prints what came out, and says how to end.
pub(crate) async fn run(operation: Operation) -> Result<ExitCode, Failure> {
    let done = match operation {
        Operation::Inbox(Inbox { at, command }) => inbox::run(&at, command).await,
        Operation::Ledger(Ledger { at, command }) => ledger::run(&at, command).await,
        Operation::Connections(Connections { at, command }) => connections::run(&at, command).await,
    };
    let Done { text, code } = done?;
    output::print(&text)?;
    Ok(code)
}
