//! Listing the payments of a checkout.

use std::sync::atomic::Ordering;

use payment_provider_core::{
    CheckoutLocator, Effect, Payment, PaymentFailure, PaymentId, PaymentStatus, ProviderErrorKind,
};
use serde_json::Value;

use super::amount;
use super::call_error::CallError;
use super::client::Call;
use super::provider::AcmeProvider;
use crate::flaw::{Flaw, Profile};

/// More pages than any checkout has.
const MAX_PAGES: usize = 1000;

/// Parses a payment of a list or a delivery.
pub(super) fn payment(document: &Value, profile: Profile) -> Option<Payment> {
    let text = |name: &str| document[name].as_str();
    let id = PaymentId::new(text("id")?).ok()?;
    let status = match text("state")? {
        "captured" => PaymentStatus::Succeeded,
        "declined" => PaymentStatus::Failed,
        "pending" => PaymentStatus::Pending,
        other => PaymentStatus::Unknown(other.to_owned()),
    };
    let amount = amount::read(&document["amount"], &document["currency"], profile)?;
    let mut payment = Payment::new(id, status, amount);
    payment.method = text("method").map(str::to_owned);
    let failure = &document["failure"];
    if failure.is_object() {
        let code = failure["code"].as_str().map(str::to_owned);
        let message = failure["text"].as_str().map(Into::into);
        payment.failure = Some(PaymentFailure::new(code, message));
    }
    Some(payment)
}

impl AcmeProvider {
    pub(super) async fn list(&self, locator: &CheckoutLocator) -> Result<Vec<Payment>, CallError> {
        if !self.descriptor.capabilities.status_inquiry {
            return Err(Self::undeclared());
        }
        let mut payments = Vec::new();
        let mut from = "0".to_owned();
        for _ in 0..MAX_PAGES {
            let query = [
                ("from", from.as_str()),
                ("reference", locator.reference.as_str()),
            ];
            let mixed = self.profile.has(Flaw::MixesCheckouts);
            let mut call = Call::get(&["payments"]);
            call.query = if mixed { &query[..1] } else { &query };
            let answer = self.api.send(&call).await?;
            let page = answer.document["payments"].as_array();
            for document in page.ok_or_else(CallError::unreadable)? {
                let payment = payment(document, self.profile);
                payments.push(payment.ok_or_else(CallError::unreadable)?);
            }
            match answer.document["next"].as_str() {
                Some(next) if !self.profile.has(Flaw::OmitsSecondPage) => {
                    next.clone_into(&mut from);
                }
                _ if payments.is_empty() && self.profile.has(Flaw::NoPaymentsAreAnError) => {
                    return Err(CallError::new(
                        ProviderErrorKind::NotFound,
                        Effect::Rejected,
                    ));
                }
                _ => return Ok(self.with_flaws(payments)),
            }
        }
        Err(CallError::new(
            ProviderErrorKind::UnreadableAnswer,
            Effect::Rejected,
        ))
    }

    /// Applies the flaws of mutants to the list.
    fn with_flaws(&self, mut payments: Vec<Payment>) -> Vec<Payment> {
        let profile = self.profile;
        if profile.has(Flaw::OmitsFailedAttempts) {
            payments.retain(|payment| payment.status != PaymentStatus::Failed);
        }
        if profile.has(Flaw::RepeatsPayments) && payments.len() > 50 {
            payments.extend_from_within(..1);
        }
        if profile.has(Flaw::MergesInstalments) && payments.len() == 2 {
            let [first, second] = [payments[0].amount, payments[1].amount];
            let both_in = payments
                .iter()
                .all(|payment| payment.status == PaymentStatus::Succeeded);
            if let (true, Ok(sum)) = (both_in, first.checked_add(second)) {
                payments.truncate(1);
                payments[0].amount = sum;
            }
        }
        let number = self.memory.calls.fetch_add(1, Ordering::Relaxed);
        for payment in &mut payments {
            if profile.has(Flaw::FailedListingIsSuccess) {
                payment.status = PaymentStatus::Succeeded;
            }
            let other = if profile.has(Flaw::NewIdsEachListing) && number > 0 {
                format!("{}-{number}", payment.id)
            } else if profile.has(Flaw::ListsUnderDifferentIds) {
                format!("listed-{}", payment.id)
            } else {
                continue;
            };
            payment.id = other.parse().unwrap_or_else(|_| payment.id.clone());
        }
        payments
    }
}
