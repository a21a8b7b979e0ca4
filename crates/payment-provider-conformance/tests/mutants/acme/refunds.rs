//! Listing the refunds of payments.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use payment_provider_core::{
    CheckoutLocator, Effect, Operation, Payment, PaymentStatus, ProviderError, ProviderErrorKind,
    ProviderId, Refund, RefundInquiry, RefundStatus,
};
use serde_json::Value;

use super::amount;
use super::call_error::CallError;
use super::client::{Api, Call};
use crate::flaw::{Flaw, Profile};

/// More pages than any payment has refunds.
const MAX_PAGES: usize = 1000;

pub(super) struct Refunds {
    api: Arc<Api>,
    provider: ProviderId,
    profile: Profile,
    listings: AtomicUsize,
}

impl Refunds {
    pub(super) const fn new(api: Arc<Api>, provider: ProviderId, profile: Profile) -> Self {
        Self {
            api,
            provider,
            profile,
            listings: AtomicUsize::new(0),
        }
    }

    async fn list(&self, payments: &[Payment]) -> Result<Vec<Refund>, CallError> {
        let mut refunds = Vec::new();
        for payment in payments {
            let received = payment.status == PaymentStatus::Succeeded;
            if received || self.profile.has(Flaw::ListsRefundsOfUnpaid) {
                self.of_payment(payment, &mut refunds).await?;
            }
        }
        if refunds.is_empty() && self.profile.has(Flaw::NoRefundsAreAnError) {
            let kind = ProviderErrorKind::NotFound;
            return Err(CallError::new(kind, Effect::Rejected));
        }
        Ok(self.with_flaws(refunds))
    }

    async fn of_payment(
        &self,
        payment: &Payment,
        refunds: &mut Vec<Refund>,
    ) -> Result<(), CallError> {
        let mut from = "0".to_owned();
        for _ in 0..MAX_PAGES {
            let query = [("from", from.as_str()), ("payment", payment.id.as_str())];
            let mixed = self.profile.has(Flaw::MixesRefunds);
            let mut call = Call::get(&["refunds"]);
            call.query = if mixed { &query[..1] } else { &query };
            let answer = self.api.send(&call).await?;
            let page = answer.document["refunds"].as_array();
            for document in page.ok_or_else(CallError::unreadable)? {
                let refund = self.refund(document).ok_or_else(CallError::unreadable)?;
                if !refunds.contains(&refund) {
                    refunds.push(refund);
                }
            }
            match answer.document["next"].as_str() {
                Some(next) if !self.profile.has(Flaw::OmitsSecondRefundPage) => {
                    next.clone_into(&mut from);
                }
                _ => return Ok(()),
            }
        }
        Err(CallError::unreadable())
    }

    fn refund(&self, document: &Value) -> Option<Refund> {
        let text = |name: &str| document[name].as_str();
        let amount = amount::read(&document["amount"], &document["currency"], self.profile)?;
        let status = match text("state")? {
            "returned" => RefundStatus::Succeeded,
            other => RefundStatus::Unknown(other.to_owned()),
        };
        let mut refund = Refund::new(text("id")?.parse().ok()?, status, amount);
        refund.payment_id = text("payment")?.parse().ok();
        Some(refund)
    }

    /// Applies the flaws of mutants to the list.
    fn with_flaws(&self, mut refunds: Vec<Refund>) -> Vec<Refund> {
        if self.profile.has(Flaw::RepeatsRefunds) && refunds.len() < 50 {
            refunds.extend_from_within(..refunds.len().min(1));
        }
        let number = self.listings.fetch_add(1, Ordering::Relaxed);
        if self.profile.has(Flaw::NewRefundIdsEachListing) && number > 0 {
            for refund in &mut refunds {
                let other = format!("{}-{number}", refund.id);
                refund.id = other.parse().unwrap_or_else(|_| refund.id.clone());
            }
        }
        refunds
    }
}

impl fmt::Debug for Refunds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refunds").finish_non_exhaustive()
    }
}

#[async_trait]
impl RefundInquiry for Refunds {
    async fn list_refunds(
        &self,
        _: &CheckoutLocator,
        payments: &[Payment],
    ) -> Result<Vec<Refund>, ProviderError> {
        let operation = if self.profile.has(Flaw::RefundErrorNamesWrongOperation) {
            Operation::ListPayments
        } else {
            Operation::ListRefunds
        };
        let listed = self.list(payments).await;
        listed.map_err(|error| error.into_error(operation, self.provider.clone()))
    }
}
