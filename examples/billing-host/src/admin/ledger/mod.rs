//! `billing-host ledger`: audit, manual payments and write-offs.

mod audit;
mod manual_payment;
mod write_off;

use clap::Subcommand;

use super::command_result::{CommandError, CommandOutput};
use super::runtime::Target;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Recomputes every total from its payments and reports each difference. Exits with 1 if it finds
    /// any.
    #[command(alias = "verify")]
    Audit {
        /// Audits all organizations.
        #[arg(long)]
        all_organizations: bool,
    },
    /// Records a manual payment: money that the gateway states or shows in its dashboard, but reported by
    /// no webhook. Only for gateways without a status API.
    #[command(alias = "book")]
    RecordPayment(manual_payment::ManualPaymentArgs),
    /// Writes off money that the gateway states but does not list. Posts what the gateway lists first,
    /// then stops waiting for the rest.
    WriteOff(write_off::WriteOffArgs),
}

pub(super) async fn run(target: &Target, command: Command) -> Result<CommandOutput, CommandError> {
    match command {
        Command::Audit { all_organizations } => audit::run(target, all_organizations).await,
        Command::RecordPayment(arguments) => manual_payment::run(target, arguments).await,
        Command::WriteOff(arguments) => write_off::run(target, arguments).await,
    }
}
