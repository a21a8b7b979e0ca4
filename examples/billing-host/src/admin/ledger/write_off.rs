use clap::Args;
use payment_provider_core::CheckoutReference;
use payment_provider_host::PayableId;
use payment_provider_host::workflows::{WriteOff, WriteOffReport};
use serde_json::json;

use super::super::command_result::{CommandError, CommandOutput};
use super::super::output;
use super::super::runtime::{AdminRuntime, SecretAccess, Target};
use crate::money_text;

#[derive(Debug, Args)]
pub(in crate::admin) struct WriteOffArgs {
    /// Id of the invoice.
    payable: PayableId,
    /// Reference of the checkout with the amount that the gateway states.
    #[arg(long, value_name = "REFERENCE")]
    checkout: CheckoutReference,
    /// Your name.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Reason, and the evidence that the money did not come in.
    #[arg(long, value_name = "TEXT")]
    note: String,
}

pub(super) async fn run(
    target: &Target,
    arguments: WriteOffArgs,
) -> Result<CommandOutput, CommandError> {
    let WriteOffArgs {
        payable,
        checkout,
        by,
        note,
    } = arguments;
    let write_off = WriteOff::new(checkout, by, note);
    let runtime = AdminRuntime::open(target, SecretAccess::Required).await?;
    let report = runtime
        .host
        .write_off(&target.organization, &payable, &write_off)
        .await?;
    runtime.close().await?;
    let WriteOffReport {
        is_new,
        reported,
        posted,
        written_off,
        ..
    } = report;
    let text = if target.json {
        output::json(&json!({
            "is_new": is_new,
            "stated_cents": reported.minor_units(),
            "booked_cents": posted.minor_units(),
            "written_off_cents": written_off.minor_units(),
            "currency": written_off.currency().code(),
        }))
    } else {
        let result = if is_new {
            "written off"
        } else {
            "already written off"
        };
        let text =
            format!("{result}: {written_off}; the gateway states {reported}, posted {posted}\n");
        money_text::in_text(&text)
    };
    Ok(CommandOutput::success(text))
}
