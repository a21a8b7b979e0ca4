//! Parsing of responses.

use payment_provider_core::{
    Checkout, CheckoutReference, CheckoutStatus, Fingerprint, GatewayCheckoutId, NextAction,
};
use serde_json::Value;

use super::amount;
use super::call_error::CallError;
use crate::flaw::{Flaw, Profile};

/// A successful response.
pub(super) struct ApiResponse {
    pub(super) document: Value,
    /// True if the gateway repeated an earlier response to the same idempotency key.
    pub(super) replayed: bool,
    /// The attempt that it answers, counted from 1.
    pub(super) attempt: u32,
}

impl ApiResponse {
    pub(super) fn checkout(&self, profile: Profile) -> Result<Checkout, CallError> {
        checkout(&self.document, profile).ok_or_else(CallError::unreadable)
    }
}

/// Parses a checkout of a response or a delivery.
pub(super) fn checkout(document: &Value, profile: Profile) -> Option<Checkout> {
    let text = |name: &str| document[name].as_str();
    let reference = CheckoutReference::new(text("reference")?).ok()?;
    let status = status(text("status")?, profile);
    let amount = amount::read(&document["amount"], &document["currency"], profile)?;
    let page = text("page").and_then(|page| page.parse().ok());
    let leads_on = status == CheckoutStatus::Paid && profile.has(Flaw::PaidKeepsNextAction);
    let may_lead_on = status.is_payable() || leads_on;
    let page = match page {
        None if leads_on => "https://pay.acme.example/replayed".parse().ok(),
        page => page,
    };
    let next = page
        .filter(|_| may_lead_on)
        .map_or(NextAction::None, NextAction::Redirect);
    let mut checkout = Checkout::new(reference, status, amount, next);
    checkout.gateway_id = GatewayCheckoutId::new(text("id")?).ok();
    checkout.amount_paid = amount::read(&document["amount_paid"], &document["currency"], profile)?;
    if profile.has(Flaw::ReadsThroughFloats) {
        checkout.amount_paid = amount::through_float(checkout.amount_paid);
    }
    if profile.has(Flaw::InfersAmountFromPaidStatus) && checkout.status == CheckoutStatus::Paid {
        checkout.amount_paid = checkout.amount;
    }
    checkout.expires_at = text("ends").and_then(|at| at.parse().ok());
    checkout.fingerprint = text("tag").and_then(|tag| Fingerprint::new(tag).ok());
    Some(checkout)
}

fn status(name: &str, profile: Profile) -> CheckoutStatus {
    match name {
        "waiting" => CheckoutStatus::Open,
        "part_paid" if profile.has(Flaw::PartiallyPaidIsPaid) => CheckoutStatus::Paid,
        "part_paid" => CheckoutStatus::PartiallyPaid,
        "paid" => CheckoutStatus::Paid,
        "lapsed" if profile.has(Flaw::ExpiredIsOpen) => CheckoutStatus::Open,
        "lapsed" => CheckoutStatus::Expired,
        "void" => CheckoutStatus::Cancelled,
        _ if profile.has(Flaw::UnknownStatusIsCancelled) => CheckoutStatus::Cancelled,
        _ if profile.has(Flaw::UnknownStatusIsPaid) => CheckoutStatus::Paid,
        other => CheckoutStatus::Unknown(other.to_owned()),
    }
}
