//! Making, finding and ending a checkout.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use payment_provider_core::{
    Cancellation, Checkout, CheckoutLocator, CheckoutStatus, CreatedCheckout, Difference, Effect,
    ErrorKind, NextAction, PreparedCheckout,
};

use super::client::Call;
use super::fault::Fault;
use super::memory::lock;
use super::provider::AcornProvider;
use crate::flaw::Flaw;

/// A checkout of which nobody else knows: whoever pays names it to the bank.
fn made_here(prepared: &PreparedCheckout) -> Result<Checkout, Fault> {
    let page = format!("https://bank.example/transfer/{}", prepared.reference);
    let page = page.parse().map_err(|_| Fault::unreadable())?;
    let (reference, next) = (prepared.reference.clone(), NextAction::Redirect(page));
    let mut checkout = Checkout::new(reference, CheckoutStatus::Open, prepared.amount, next);
    checkout.fingerprint = Some(prepared.fingerprint.clone());
    checkout.expires_at = Some(prepared.expires_at);
    Ok(checkout)
}

/// How often something that must be there is looked for.
const LOOKS: u32 = 3;

impl AcornProvider {
    pub(super) async fn create(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, Fault> {
        let foreign = self.descriptor.check_prepared(prepared, self.environment);
        let passes = (foreign.names("environment")
            && self.quirk.has(Flaw::AnotherEnvironmentPasses))
            || (foreign.names("provider") && self.quirk.has(Flaw::AnotherProviderPasses));
        if !passes {
            foreign.into_result(()).map_err(Fault::invalid)?;
        }
        if self.quirk.has(Flaw::LeavesALock) {
            return self.create_locked(prepared).await;
        }
        let known = lock(&self.memory.prepared).contains(prepared.reference.as_str());
        if !known && self.quirk.has(Flaw::MakesOnlyWhatItPrepared) {
            return Err(Fault::new(ErrorKind::NotFound, Effect::NotSent));
        }
        let under_way = self.memory.under_way.fetch_add(1, Ordering::Relaxed);
        let suffix = if self.quirk.has(Flaw::KeyOfTheConnection) {
            self.api.number.to_string()
        } else if under_way > 0 && self.quirk.has(Flaw::TwoCheckoutsAtOnce) {
            under_way.to_string()
        } else {
            String::new()
        };
        let mut created = self.ask(prepared, &suffix).await;
        self.memory.under_way.fetch_sub(1, Ordering::Relaxed);
        if let Ok(created) = &mut created {
            let reference = prepared.reference.to_string();
            let checkout = created.checkout().clone();
            lock(&self.api.shared.checkouts).insert(reference, checkout);
            if let CreatedCheckout::Created(made) = created
                && self.quirk.has(Flaw::LeavesThePayerNothing)
            {
                made.next_action = NextAction::None;
            }
        }
        created
    }

    /// One caller at a time for each reference, for as long as every caller stays to the end.
    async fn create_locked(&self, prepared: &PreparedCheckout) -> Result<CreatedCheckout, Fault> {
        let reference = prepared.reference.to_string();
        let mut looks = 0;
        while !lock(&self.memory.locked).insert(reference.clone()) {
            looks += 1;
            if looks > 300 {
                return Err(Fault::new(ErrorKind::Conflict, Effect::Rejected));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let created = self.ask(prepared, "").await;
        lock(&self.memory.locked).remove(&reference);
        created
    }

    async fn ask(
        &self,
        prepared: &PreparedCheckout,
        suffix: &str,
    ) -> Result<CreatedCheckout, Fault> {
        let reference = prepared.reference.as_str();
        let path = ["checkouts", reference];
        let mut call = Call::new(Method::POST, &path);
        call.body = Some(prepared.body.clone());
        call.key = Some(format!("acorn-{reference}{suffix}"));
        if self.quirk.is_local() {
            if self.quirk.has(Flaw::SendsFromWithin) {
                let _ = self.api.send(&call).await;
            }
            return Ok(CreatedCheckout::Created(made_here(prepared)?));
        }
        match self.api.send(&call).await {
            Ok(answer) if answer.again && !self.quirk.has(Flaw::TrustsTheFirstAnswer) => {
                let found = self.there(prepared).await?;
                // The answer that was lost may have been that to an earlier try of this call.
                let made = answer.attempt > 1 || self.quirk.has(Flaw::AdoptionToldAsCreation);
                Ok(if made {
                    CreatedCheckout::Created(found)
                } else {
                    CreatedCheckout::Adopted(found)
                })
            }
            Ok(answer) => {
                let checkout = answer.checkout(self.quirk)?;
                self.compare(prepared, &checkout)?;
                Ok(if answer.again {
                    CreatedCheckout::Adopted(checkout)
                } else {
                    CreatedCheckout::Created(checkout)
                })
            }
            Err(fault) if fault.code.as_deref() == Some("key_used_otherwise") => {
                if self.quirk.has(Flaw::DoesNotLook) {
                    return Err(fault);
                }
                Ok(CreatedCheckout::Adopted(self.there(prepared).await?))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The checkout that is there under this reference, if it is the one that was asked for.
    async fn there(&self, prepared: &PreparedCheckout) -> Result<Checkout, Fault> {
        let path = ["checkouts", prepared.reference.as_str()];
        let mut looks = 1;
        let answer = loop {
            match self.api.send(&Call::get(&path)).await {
                Ok(answer) => break answer,
                Err(fault) if fault.kind == ErrorKind::NotFound => {
                    if self.quirk.has(Flaw::HiddenIsGone) {
                        return Err(fault);
                    }
                    if looks == LOOKS {
                        return Err(Fault::new(ErrorKind::Unavailable, Effect::MaybeApplied));
                    }
                }
                Err(fault) => return Err(fault.uncertain()),
            }
            tokio::time::sleep(Duration::from_secs(1) * looks).await;
            looks += 1;
        };
        let checkout = answer.checkout(self.quirk)?;
        self.compare(prepared, &checkout)?;
        Ok(checkout)
    }

    fn compare(&self, prepared: &PreparedCheckout, found: &Checkout) -> Result<(), Fault> {
        let mut differences = Vec::new();
        if prepared.amount != found.amount && !self.quirk.has(Flaw::AdoptsAnyAmount) {
            differences.push(Difference::new("amount", prepared.amount, found.amount));
        }
        let tag = found.fingerprint.as_ref();
        let same = tag == Some(&prepared.fingerprint);
        if !same && !self.quirk.has(Flaw::AdoptsAnyContent) {
            let found = tag.map_or("none", |tag| tag.as_str());
            differences.push(Difference::new("fingerprint", &prepared.fingerprint, found));
        }
        if differences.is_empty() {
            Ok(())
        } else {
            Err(Fault::conflict(differences))
        }
    }

    pub(super) async fn fetch(&self, locator: &CheckoutLocator) -> Result<Checkout, Fault> {
        let declared = self.descriptor.capabilities.status_inquiry;
        if !declared && !self.quirk.has(Flaw::InquiresUndeclared) {
            return Err(Self::undeclared());
        }
        let quirk = self.quirk;
        let by_id = quirk.has(Flaw::FetchesByGatewayIdOnly);
        let name = match &locator.gateway_id {
            Some(id) if by_id => id.as_str(),
            None if by_id => return Err(Fault::new(ErrorKind::NotFound, Effect::Rejected)),
            _ => locator.reference.as_str(),
        };
        let mut call = self.api.send(&Call::get(&["checkouts", name])).await;
        if let Err(fault) = &mut call {
            if fault.kind == ErrorKind::NotFound && quirk.has(Flaw::MissingIsOpen) {
                let nothing =
                    payment_provider_core::Money::zero(payment_provider_core::Currency::INR);
                let reference = locator.reference.clone();
                let (open, next) = (CheckoutStatus::Open, NextAction::None);
                return Ok(Checkout::new(reference, open, nothing, next));
            }
            let everybodys = lock(&self.api.shared.checkouts);
            if let Some(made) = everybodys.get(locator.reference.as_str())
                && fault.kind == ErrorKind::NotFound
                && quirk.has(Flaw::SharesCheckouts)
            {
                return Ok(made.clone());
            }
            if quirk.has(Flaw::RetriesReadsNever) && fault.kind == ErrorKind::Connection {
                fault.kind = ErrorKind::Refused;
            }
        }
        call?.checkout(quirk)
    }

    pub(super) async fn cancel(&self, locator: &CheckoutLocator) -> Result<Cancellation, Fault> {
        let quirk = self.quirk;
        let declared = self.descriptor.capabilities.cancellation;
        if !declared && !quirk.has(Flaw::CancelsUndeclared) {
            return Err(Self::undeclared());
        }
        if quirk.has(Flaw::CancelsOnlyInWords) {
            let mut checkout = self.fetch(locator).await?;
            if !checkout.status.is_payable() {
                return Ok(Cancellation::AlreadyEnded(checkout));
            }
            checkout.status = CheckoutStatus::Cancelled;
            checkout.next_action = NextAction::None;
            return Ok(Cancellation::Cancelled(checkout));
        }
        let path = ["checkouts", locator.reference.as_str(), "cancel"];
        let sent = if quirk.has(Flaw::LostCancellationIsFailure) {
            self.api.once(&Call::new(Method::POST, &path), 1).await
        } else {
            self.api.send(&Call::new(Method::POST, &path)).await
        };
        match sent {
            Ok(answer) => Ok(Cancellation::Cancelled(answer.checkout(quirk)?)),
            Err(fault) if fault.kind == ErrorKind::Conflict => self.not_cancelled(locator).await,
            Err(mut fault) if quirk.has(Flaw::LostCancellationIsFailure) => {
                fault.effect = Effect::Rejected;
                Err(fault)
            }
            Err(fault) if quirk.has(Flaw::MissingCancelIsFine) => {
                if fault.kind != ErrorKind::NotFound {
                    return Err(fault);
                }
                let nothing =
                    payment_provider_core::Money::zero(payment_provider_core::Currency::INR);
                let (ended, next) = (CheckoutStatus::Cancelled, NextAction::None);
                let reference = locator.reference.clone();
                let gone = Checkout::new(reference, ended, nothing, next);
                Ok(Cancellation::AlreadyEnded(gone))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Asks what a checkout is that the gateway would not cancel.
    async fn not_cancelled(&self, locator: &CheckoutLocator) -> Result<Cancellation, Fault> {
        let found = self.fetch(locator).await?;
        if found.status == CheckoutStatus::Paid && self.quirk.has(Flaw::PaidIsCancelled) {
            return Ok(Cancellation::Cancelled(found));
        }
        if !found.status.is_payable() {
            return Ok(Cancellation::AlreadyEnded(found));
        }
        if self.quirk.has(Flaw::RefusalLooksLikeCancelled) {
            return Ok(Cancellation::Cancelled(found));
        }
        Ok(Cancellation::StillPayable(found))
    }
}
