//! Creation, lookup and cancellation of checkouts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutStatus, CreatedCheckout, Difference, Effect,
    NextAction, PreparedCheckout, ProviderErrorKind,
};

use super::call_error::CallError;
use super::client::Call;
use super::memory::lock;
use super::provider::AcmeProvider;
use crate::flaw::Flaw;

/// Creates a checkout within the process. The payer names its reference to the bank.
fn create_locally(prepared: &PreparedCheckout) -> Result<Checkout, CallError> {
    let page = format!("https://bank.example/transfer/{}", prepared.reference);
    let page = page.parse().map_err(|_| CallError::unreadable())?;
    let (reference, next) = (prepared.reference.clone(), NextAction::Redirect(page));
    let mut checkout = Checkout::new(reference, CheckoutStatus::Open, prepared.amount, next);
    checkout.fingerprint = Some(prepared.fingerprint.clone());
    checkout.expires_at = Some(prepared.expires_at);
    Ok(checkout)
}

/// Number of lookups of a checkout that must exist.
const MAX_LOOKUPS: u32 = 3;

impl AcmeProvider {
    pub(super) async fn create(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, CallError> {
        let foreign = self.descriptor.check_prepared(prepared, self.environment);
        let passes = (foreign.names("environment")
            && self.profile.has(Flaw::AcceptsOtherEnvironment))
            || (foreign.names("provider") && self.profile.has(Flaw::AcceptsOtherProvider));
        if !passes {
            foreign.into_result(()).map_err(CallError::invalid)?;
        }
        if self.profile.has(Flaw::LeaksLockWhenDropped) {
            return self.create_locked(prepared).await;
        }
        let known = lock(&self.memory.prepared).contains(prepared.reference.as_str());
        if !known && self.profile.has(Flaw::CreatesOnlyOwnPreparations) {
            return Err(CallError::new(ProviderErrorKind::NotFound, Effect::NotSent));
        }
        let under_way = self.memory.under_way.fetch_add(1, Ordering::Relaxed);
        let suffix = if self.profile.has(Flaw::IdempotencyKeyPerConnection) {
            self.api.number.to_string()
        } else if under_way > 0 && self.profile.has(Flaw::ConcurrentCallsCreateTwo) {
            under_way.to_string()
        } else {
            String::new()
        };
        let mut created = self.send_creation(prepared, &suffix).await;
        self.memory.under_way.fetch_sub(1, Ordering::Relaxed);
        if let Ok(created) = &mut created {
            let reference = prepared.reference.to_string();
            let checkout = created.checkout().clone();
            lock(&self.api.shared.checkouts).insert(reference, checkout);
            if let CreatedCheckout::Created(made) = created
                && self.profile.has(Flaw::OmitsNextAction)
            {
                made.next_action = NextAction::None;
            }
        }
        created
    }

    /// Lets one caller at a time create a checkout with a reference. The lock leaks if a caller is
    /// dropped.
    async fn create_locked(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, CallError> {
        let reference = prepared.reference.to_string();
        let mut lookups = 0;
        while !lock(&self.memory.locked).insert(reference.clone()) {
            lookups += 1;
            if lookups > 300 {
                return Err(CallError::new(
                    ProviderErrorKind::Conflict,
                    Effect::Rejected,
                ));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let created = self.send_creation(prepared, "").await;
        lock(&self.memory.locked).remove(&reference);
        created
    }

    async fn send_creation(
        &self,
        prepared: &PreparedCheckout,
        suffix: &str,
    ) -> Result<CreatedCheckout, CallError> {
        let reference = prepared.reference.as_str();
        let path = ["checkouts", reference];
        let mut call = Call::new(Method::POST, &path);
        call.body = Some(prepared.body.clone());
        call.key = Some(format!("acme-{reference}{suffix}"));
        if self.profile.is_in_process() {
            if self.profile.has(Flaw::SendsDespiteInProcess) {
                let _ = self.api.send(&call).await;
            }
            return Ok(CreatedCheckout::Created(create_locally(prepared)?));
        }
        match self.api.send(&call).await {
            Ok(answer) if answer.replayed && !self.profile.has(Flaw::TrustsReplayedResponse) => {
                let found = self.find_existing(prepared).await?;
                // The lost response may have been that to an earlier attempt of this call.
                let made = answer.attempt > 1 || self.profile.has(Flaw::AdoptionReportedAsCreation);
                Ok(if made {
                    CreatedCheckout::Created(found)
                } else {
                    CreatedCheckout::Adopted(found)
                })
            }
            Ok(answer) => {
                let checkout = answer.checkout(self.profile)?;
                self.compare(prepared, &checkout)?;
                Ok(if answer.replayed {
                    CreatedCheckout::Adopted(checkout)
                } else {
                    CreatedCheckout::Created(checkout)
                })
            }
            Err(error) if error.code.as_deref() == Some("key_reused") => {
                if self.profile.has(Flaw::ConflictWithoutLookup) {
                    return Err(error);
                }
                Ok(CreatedCheckout::Adopted(
                    self.find_existing(prepared).await?,
                ))
            }
            Err(error) => Err(error),
        }
    }

    /// Looks up the existing checkout, and returns it if it matches the request.
    async fn find_existing(&self, prepared: &PreparedCheckout) -> Result<Checkout, CallError> {
        let path = ["checkouts", prepared.reference.as_str()];
        let mut lookups = 1;
        let answer = loop {
            match self.api.send(&Call::get(&path)).await {
                Ok(answer) => break answer,
                Err(error) if error.kind == ProviderErrorKind::NotFound => {
                    if self.profile.has(Flaw::HiddenIsNotFound) {
                        return Err(error);
                    }
                    if lookups == MAX_LOOKUPS {
                        return Err(CallError::new(
                            ProviderErrorKind::Unavailable,
                            Effect::MaybeApplied,
                        ));
                    }
                }
                Err(error) => return Err(error.uncertain()),
            }
            tokio::time::sleep(Duration::from_secs(1) * lookups).await;
            lookups += 1;
        };
        let checkout = answer.checkout(self.profile)?;
        self.compare(prepared, &checkout)?;
        Ok(checkout)
    }

    fn compare(&self, prepared: &PreparedCheckout, found: &Checkout) -> Result<(), CallError> {
        let mut differences = Vec::new();
        if prepared.amount != found.amount && !self.profile.has(Flaw::AdoptsAnyAmount) {
            differences.push(Difference::new("amount", prepared.amount, found.amount));
        }
        let tag = found.fingerprint.as_ref();
        let same = tag == Some(&prepared.fingerprint);
        if !same && !self.profile.has(Flaw::AdoptsAnyContent) {
            let found = tag.map_or("none", |tag| tag.as_str());
            differences.push(Difference::new("fingerprint", &prepared.fingerprint, found));
        }
        if differences.is_empty() {
            Ok(())
        } else {
            Err(CallError::conflict(differences))
        }
    }

    pub(super) async fn fetch(&self, locator: &CheckoutLocator) -> Result<Checkout, CallError> {
        let declared = self.descriptor.capabilities.status_inquiry;
        if !declared && !self.profile.has(Flaw::FetchesUndeclared) {
            return Err(Self::undeclared());
        }
        let profile = self.profile;
        let by_id = profile.has(Flaw::FetchesByGatewayIdOnly);
        let name = match &locator.gateway_id {
            Some(id) if by_id => id.as_str(),
            None if by_id => {
                return Err(CallError::new(
                    ProviderErrorKind::NotFound,
                    Effect::Rejected,
                ));
            }
            _ => locator.reference.as_str(),
        };
        let mut call = self.api.send(&Call::get(&["checkouts", name])).await;
        if let Err(error) = &mut call {
            if error.kind == ProviderErrorKind::NotFound && profile.has(Flaw::MissingIsOpen) {
                let nothing =
                    payment_provider_core::Money::zero(payment_provider_core::Currency::INR);
                let reference = locator.reference.clone();
                let (open, next) = (CheckoutStatus::Open, NextAction::None);
                return Ok(Checkout::new(reference, open, nothing, next));
            }
            let shared = lock(&self.api.shared.checkouts);
            if let Some(made) = shared.get(locator.reference.as_str())
                && error.kind == ProviderErrorKind::NotFound
                && profile.has(Flaw::SharesCheckouts)
            {
                return Ok(made.clone());
            }
            if profile.has(Flaw::BrokenReadIsFinal) && error.kind == ProviderErrorKind::Connection {
                error.kind = ProviderErrorKind::Refused;
            }
        }
        call?.checkout(profile)
    }

    pub(super) async fn cancel(
        &self,
        locator: &CheckoutLocator,
    ) -> Result<Cancellation, CallError> {
        let profile = self.profile;
        let declared = self.descriptor.capabilities.cancellation;
        if !declared && !profile.has(Flaw::CancelsUndeclared) {
            return Err(Self::undeclared());
        }
        if profile.has(Flaw::ReportsCancelWithoutCalling) {
            let mut checkout = self.fetch(locator).await?;
            if !checkout.status.is_payable() {
                return Ok(Cancellation::AlreadyEnded(checkout));
            }
            checkout.status = CheckoutStatus::Cancelled;
            checkout.next_action = NextAction::None;
            return Ok(Cancellation::Cancelled(checkout));
        }
        let path = ["checkouts", locator.reference.as_str(), "cancel"];
        let sent = if profile.has(Flaw::LostCancellationIsRejection) {
            self.api.once(&Call::new(Method::POST, &path), 1).await
        } else {
            self.api.send(&Call::new(Method::POST, &path)).await
        };
        match sent {
            Ok(answer) => Ok(Cancellation::Cancelled(answer.checkout(profile)?)),
            Err(error) if error.kind == ProviderErrorKind::Conflict => {
                self.not_cancelled(locator).await
            }
            Err(mut error) if profile.has(Flaw::LostCancellationIsRejection) => {
                error.effect = Effect::Rejected;
                Err(error)
            }
            Err(error) if profile.has(Flaw::MissingCancelSucceeds) => {
                if error.kind != ProviderErrorKind::NotFound {
                    return Err(error);
                }
                let nothing =
                    payment_provider_core::Money::zero(payment_provider_core::Currency::INR);
                let (ended, next) = (CheckoutStatus::Cancelled, NextAction::None);
                let reference = locator.reference.clone();
                let gone = Checkout::new(reference, ended, nothing, next);
                Ok(Cancellation::AlreadyEnded(gone))
            }
            Err(error) => Err(error),
        }
    }

    /// Looks up a checkout that the gateway refused to cancel.
    async fn not_cancelled(&self, locator: &CheckoutLocator) -> Result<Cancellation, CallError> {
        let found = self.fetch(locator).await?;
        if found.status == CheckoutStatus::Paid && self.profile.has(Flaw::PaidIsCancelled) {
            return Ok(Cancellation::Cancelled(found));
        }
        if !found.status.is_payable() {
            return Ok(Cancellation::AlreadyEnded(found));
        }
        if self.profile.has(Flaw::RefusalLooksLikeCancelled) {
            return Ok(Cancellation::Cancelled(found));
        }
        Ok(Cancellation::StillPayable(found))
    }
}
