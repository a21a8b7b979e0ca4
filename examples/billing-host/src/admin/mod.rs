//! Administration commands, run in a terminal beside serving processes: inspect the inbox, audit the
//! ledger, record payments, rotate secrets, create API keys.

mod api_keys;
mod command_result;
mod connections;
mod inbox;
mod ledger;
mod output;
mod runtime;
mod secret_input;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use command_result::{CommandError, CommandOutput};
use runtime::Target;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Lists, shows, replays and parks the webhooks that were received.
    Inbox(Inbox),
    /// Audits the ledger, records manual payments and writes off amounts.
    Ledger(Ledger),
    /// Lists the merchant accounts; rotates and retires their secrets.
    Connections(Connections),
    /// Creates, lists and revokes the API keys of an organization.
    ApiKeys(ApiKeys),
}

#[derive(Debug, Args)]
pub(crate) struct Inbox {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: inbox::Command,
}

#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: ledger::Command,
}

#[derive(Debug, Args)]
pub(crate) struct Connections {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: connections::Command,
}

#[derive(Debug, Args)]
pub(crate) struct ApiKeys {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: api_keys::Command,
}

/// Runs a command, prints its output and returns the exit code.
pub(crate) async fn run(command: AdminCommand) -> Result<ExitCode, CommandError> {
    let output = match command {
        AdminCommand::Inbox(Inbox { target, command }) => inbox::run(&target, command).await,
        AdminCommand::Ledger(Ledger { target, command }) => ledger::run(&target, command).await,
        AdminCommand::Connections(Connections { target, command }) => {
            connections::run(&target, command).await
        }
        AdminCommand::ApiKeys(ApiKeys { target, command }) => api_keys::run(&target, command).await,
    };
    let CommandOutput { text, code } = output?;
    output::print(&text)?;
    Ok(code)
}
