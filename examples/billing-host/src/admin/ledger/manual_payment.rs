use std::fmt::Write as _;

use clap::Args;
use payment_provider_core::{CheckoutReference, Currency, Money, PaymentId};
use payment_provider_host::{HandBooked, HandBooking, HandName, PayableId};
use serde_json::json;

use super::super::output;
use super::super::runtime::{AdminRuntime, SecretAccess, Target};
use super::super::{CommandError, CommandOutput};

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
        (Some(id), _) => HandName::Payment(id),
        (None, key) => HandName::Key(key.unwrap_or_default()),
    };
    let manual_payment = HandBooking::new(checkout, amount, identity, by, note);
    let runtime = AdminRuntime::open(target, SecretAccess::Required).await?;
    let recorded = runtime
        .host
        .book_by_hand(&target.organization, &payable, &manual_payment)
        .await?;
    runtime.close().await?;
    let text = if target.json {
        json_output(&recorded, currency)
    } else {
        text_output(&recorded)
    };
    Ok(CommandOutput::success(text))
}

fn json_output(recorded: &HandBooked, currency: Currency) -> String {
    let booking = &recorded.booking;
    let still_payable: Vec<_> = recorded
        .still_payable
        .iter()
        .map(|(reference, error)| json!({"reference": reference, "error": error.to_string()}))
        .collect();
    output::json(&json!({
        "is_new": recorded.is_new,
        "verdict": booking.verdict,
        "credited_cents": booking.credited.minor_units(),
        "surplus_cents": booking.surplus.minor_units(),
        "currency": currency.code(),
        "still_payable": still_payable,
    }))
}

fn text_output(recorded: &HandBooked) -> String {
    let result = if recorded.is_new {
        "recorded"
    } else {
        "already recorded"
    };
    let booking = &recorded.booking;
    let meaning = booking.verdict.meaning();
    let (applied, overpaid) = (booking.credited, booking.surplus);
    let mut text = format!("{result}: {meaning}; applied {applied}, overpaid {overpaid}\n");
    for (reference, error) in &recorded.still_payable {
        let _ = writeln!(
            text,
            "still payable although nothing is due: {reference}: {error}"
        );
    }
    text
}
