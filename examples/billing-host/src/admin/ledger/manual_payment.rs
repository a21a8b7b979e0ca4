use std::fmt::Write as _;

use clap::Args;
use payment_provider_core::{CheckoutReference, Currency, Money, PaymentId};
use payment_provider_host::PayableId;
use payment_provider_host::workflows::{ManualPayment, PaymentIdentity, RecordedPayment};
use serde_json::json;

use super::super::command_result::{CommandError, CommandOutput};
use super::super::output;
use super::super::runtime::{AdminRuntime, SecretAccess, Target};
use crate::money_text;

#[derive(Debug, Args)]
pub(in crate::admin) struct ManualPaymentArgs {
    /// Id of the invoice.
    payable: PayableId,
    /// Reference of the checkout that was paid.
    #[arg(long, value_name = "REFERENCE")]
    checkout: CheckoutReference,
    /// Amount, such as 200.12.
    #[arg(long, value_name = "DECIMAL")]
    amount: String,
    /// Currency of the amount.
    #[arg(long, value_name = "CODE", default_value = "INR")]
    currency: Currency,
    /// The gateway's id of the payment.
    #[arg(long, value_name = "ID", required_unless_present = "key")]
    payment: Option<PaymentId>,
    /// Your own key, if the gateway's id is not known. A payment is recorded once for each key.
    #[arg(long, value_name = "KEY", conflicts_with = "payment")]
    key: Option<String>,
    /// Your name.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Reason, and the evidence for the payment.
    #[arg(long, value_name = "TEXT")]
    note: String,
}

pub(super) async fn run(
    target: &Target,
    arguments: ManualPaymentArgs,
) -> Result<CommandOutput, CommandError> {
    let ManualPaymentArgs {
        payable,
        checkout,
        amount,
        currency,
        payment,
        key,
        by,
        note,
    } = arguments;
    let amount = Money::from_decimal(&amount, currency)?;
    let identity = match (payment, key) {
        (Some(id), _) => PaymentIdentity::GatewayId(id),
        (None, key) => PaymentIdentity::OperatorKey(key.unwrap_or_default()),
    };
    let manual_payment = ManualPayment::new(checkout, amount, identity, by, note);
    let runtime = AdminRuntime::open(target, SecretAccess::Required).await?;
    let recorded = runtime
        .host
        .record_manual_payment(&target.organization, &payable, &manual_payment)
        .await?;
    runtime.close().await?;
    let text = if target.json {
        json_output(&recorded, currency)
    } else {
        money_text::in_text(&text_output(&recorded))
    };
    Ok(CommandOutput::success(text))
}

fn json_output(recorded: &RecordedPayment, currency: Currency) -> String {
    let allocation = &recorded.allocation;
    let still_payable: Vec<_> = recorded
        .still_payable
        .iter()
        .map(|(reference, error)| json!({"reference": reference, "error": error.to_string()}))
        .collect();
    output::json(&json!({
        "is_new": recorded.is_new,
        "verdict": allocation.outcome,
        "credited_cents": allocation.applied.minor_units(),
        "surplus_cents": allocation.overpaid.minor_units(),
        "currency": currency.code(),
        "still_payable": still_payable,
    }))
}

fn text_output(recorded: &RecordedPayment) -> String {
    let result = if recorded.is_new {
        "recorded"
    } else {
        "already recorded"
    };
    let allocation = &recorded.allocation;
    let meaning = allocation.outcome.meaning();
    let (applied, overpaid) = (allocation.applied, allocation.overpaid);
    let mut text = format!("{result}: {meaning}; applied {applied}, overpaid {overpaid}\n");
    for (reference, error) in &recorded.still_payable {
        let _ = writeln!(
            text,
            "still payable although nothing is due: {reference}: {error}"
        );
    }
    for (reference, error) in &recorded.unreconciled {
        let _ = writeln!(
            text,
            "money that the gateway reports is not posted: {reference}: {error}"
        );
    }
    text
}
