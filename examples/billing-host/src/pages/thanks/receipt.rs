//! Receipts of the payments that were received.

use payment_provider_core::PaymentStatus;
use payment_provider_host::payable::KnownPayment;

use super::super::display_time::DisplayTime;
use crate::money_text;

/// A payment that was received.
pub(super) struct Receipt {
    pub(super) amount: String,
    pub(super) paid_at: Option<DisplayTime>,
    pub(super) payment: String,
    pub(super) reference: String,
    pub(super) method: Option<String>,
    pub(super) bank_reference: Option<String>,
}

impl Receipt {
    /// Returns the receipt of a payment, if it brought money.
    pub(super) fn new(known: &KnownPayment) -> Option<Self> {
        let payment = &known.payment;
        let is_received = payment.status == PaymentStatus::Succeeded && known.allocation.is_some();
        is_received.then(|| Self {
            amount: money_text::format(payment.amount),
            paid_at: payment.paid_at.map(DisplayTime::of),
            payment: payment.id.to_string(),
            reference: known.checkout.to_string(),
            method: payment.method.as_deref().map(method_name),
            bank_reference: payment.bank_reference.clone(),
        })
    }
}

/// Returns the usual spelling of a payment method, or the gateway's name of it.
fn method_name(method: &str) -> String {
    let known = match method {
        "upi" => "UPI",
        "card" | "credit_card" | "debit_card" => "Card",
        "netbanking" | "net_banking" => "Net banking",
        "wallet" | "app" => "Wallet",
        other => other,
    };
    known.to_owned()
}
