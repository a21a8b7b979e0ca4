//! Rows of the payments table.

use payment_provider_core::Pii;
use payment_provider_host::payable::KnownPayment;

use super::super::display_time::DisplayTime;
use crate::money_text::{self, Prose};

/// A payment or failed payment attempt of an invoice.
pub(super) struct PaymentRow {
    pub(super) id: String,
    /// Text and CSS class of the status.
    pub(super) status: (&'static str, &'static str),
    pub(super) amount: String,
    pub(super) method: String,
    pub(super) bank_reference: String,
    pub(super) paid_at: Option<DisplayTime>,
    /// Allocation of the money, or the reason of the failure.
    pub(super) result: Prose,
}

impl PaymentRow {
    pub(super) fn new(known: &KnownPayment) -> Self {
        let payment = &known.payment;
        let result = match (&known.allocation, &payment.failure) {
            (Some(allocation), _) => {
                let (applied, overpaid) = (allocation.applied, allocation.overpaid);
                let split = if allocation.overpaid.is_zero() {
                    format!("applied {applied}")
                } else if allocation.applied.is_zero() {
                    format!("overpaid {overpaid}")
                } else {
                    format!("applied {applied}, overpaid {overpaid}")
                };
                format!("{split}: {}", allocation.outcome.meaning())
            }
            (None, Some(failure)) => {
                let message = failure.message.as_ref().map(Pii::expose);
                let texts = [message, failure.code.as_deref()];
                let texts: Vec<_> = texts.into_iter().flatten().collect();
                texts.join(", ")
            }
            (None, None) => String::new(),
        };
        Self {
            id: payment.id.to_string(),
            status: status_badge(payment.status.as_str()),
            amount: money_text::format(payment.amount),
            method: payment.method.clone().unwrap_or_default(),
            bank_reference: payment.bank_reference.clone().unwrap_or_default(),
            paid_at: payment.paid_at.map(DisplayTime::of),
            result: Prose::of(&result),
        }
    }
}

fn status_badge(status: &str) -> (&'static str, &'static str) {
    match status {
        "succeeded" => ("Succeeded", "good"),
        "failed" => ("Failed", "bad"),
        "dropped" => ("Abandoned by the payer", "bad"),
        "cancelled" => ("Cancelled", "quiet"),
        "pending" => ("Pending", "busy"),
        _ => ("Unknown status", "plain"),
    }
}
