use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    CreatedCheckout, Difference, Effect, Environment, ErrorKind, Operation, PreparedCheckout,
    RetryAdvice,
};

use super::entity::Link;
use super::fetch::link_if_any;
use super::key::idempotency_key;
use crate::transport::{Call, Fault, FaultExt, Gateway, Limits, Pace, Route};

const OPERATION: Operation = Operation::CreateCheckout;

/// Maximum number of new idempotency keys after stored failures.
const MAX_RENEWALS: u32 = 3;

/// Advised delay before the next call if the gateway contradicts itself about the existence of a
/// link.
const SETTLING: Duration = Duration::from_secs(2);

/// Creates the link, or adopts it if it already exists.
pub(crate) async fn create(
    gateway: &Gateway,
    environment: Environment,
    prepared: &PreparedCheckout,
    now: Timestamp,
    limit: Duration,
) -> Result<CreatedCheckout, Fault> {
    let creation = Creation {
        gateway,
        environment,
        prepared,
        overdue: prepared.expires_at <= now,
        limits: Limits::from_now(limit),
        renewals: 0,
        unsure: false,
    };
    creation.run().await
}

/// State of one [`create`] call.
struct Creation<'a> {
    gateway: &'a Gateway,
    environment: Environment,
    prepared: &'a PreparedCheckout,
    /// The expiry has passed: a refusal may be due to that alone, although an earlier call did
    /// create the link.
    overdue: bool,
    limits: Limits,
    renewals: u32,
    /// An earlier attempt of this call may have created the link.
    unsure: bool,
}

impl Creation<'_> {
    async fn run(mut self) -> Result<CreatedCheckout, Fault> {
        let mut pace = self.gateway.pace(self.limits.writes);
        loop {
            let fault = match self.post(&pace).await {
                Ok((link, replayed)) => return self.accept(link, replayed).await,
                Err(fault) => fault,
            };
            if fault.says_taken() {
                return self.find(fault).await;
            }
            let stored = fault.is_stored_failure();
            // A stored response belongs to an earlier request; this request was not carried out.
            self.unsure |= fault.effect == Effect::MaybeApplied && !stored;
            if stored {
                // The same key would return the same response for ever.
                match self.look().await {
                    Ok(Some(link)) => return self.settle(link),
                    Ok(None) if self.renewals < MAX_RENEWALS && !pace.left().is_zero() => {
                        self.renewals += 1;
                        pace = self.gateway.pace(self.limits.writes);
                        continue;
                    }
                    Ok(None) if !self.unsure => return Err(fault),
                    Ok(None) => return Err(fault.with_effect(Effect::MaybeApplied)),
                    // A stored refusal describes an earlier call, not the present state.
                    Err(failed) => {
                        let fault = if fault.repeatable { fault } else { failed };
                        return Err(fault.with_effect(Effect::MaybeApplied));
                    }
                }
            }
            if !pace.again_after(&fault).await {
                return self.conclude(fault).await;
            }
        }
    }

    /// Sends the prepared bytes. Returns the link, and true if the response was a stored one. A
    /// success that describes another link, or cannot be read, is an error.
    async fn post(&self, pace: &Pace) -> Result<(Link, bool), Fault> {
        let Self { prepared, .. } = self;
        let key = idempotency_key(&prepared.reference, &prepared.body, self.renewals);
        let call = Call::new(OPERATION, Route::CreateLink)
            .with_json(prepared.body.clone())
            .with_idempotency_key(key);
        let answer = self.gateway.send(&call, pace).await.map_err(|mut fault| {
            if fault.kind == ErrorKind::NotFound {
                // Nothing that could be missing exists yet. The sandbox returns this status
                // sporadically, and no documentation says whether the link is created nevertheless.
                fault.kind = ErrorKind::Unavailable;
                fault.effect = Effect::MaybeApplied;
                fault.repeatable = true;
            }
            fault
        })?;
        let link = Link::read(&answer.body, &prepared.reference, self.environment)
            .map_err(|what| answer.unreadable(what))?;
        Ok((link, answer.facts.replayed))
    }

    /// Accepts the link of a successful response.
    async fn accept(self, link: Link, replayed: bool) -> Result<CreatedCheckout, Fault> {
        let mut differences = self.differences_of_amount(&link);
        if link.fingerprint.is_some() {
            differences.extend(self.difference_of_fingerprint(&link));
        }
        if !differences.is_empty() {
            return Err(Fault::conflict(differences, Effect::MaybeApplied));
        }
        if replayed && !self.unsure {
            // An earlier call created the link, and the stored response shows its state at that
            // time.
            return match self.look().await {
                Ok(Some(now)) => self.settle(now),
                Ok(None) => Ok(self.adopted(link)),
                Err(fault) => Err(fault.with_effect(Effect::MaybeApplied)),
            };
        }
        Ok(if link.is_untouched() {
            self.created(link)
        } else {
            self.adopted(link)
        })
    }

    /// Fetches the link after the gateway reported that the reference is taken. The link may not be
    /// found directly after its creation.
    async fn find(self, refusal: Fault) -> Result<CreatedCheckout, Fault> {
        let mut pace = self.gateway.pace(self.limits.all);
        loop {
            match self.look().await {
                Ok(Some(link)) => return self.settle(link),
                Ok(None) => {}
                Err(fault) => return Err(fault.with_effect(Effect::MaybeApplied)),
            }
            if !pace.again(None).await {
                let mut fault = refusal;
                fault.kind = ErrorKind::Unavailable;
                return Err(fault
                    .with_effect(Effect::MaybeApplied)
                    .with_retry(RetryAdvice::After(SETTLING)));
            }
        }
    }

    /// Ends the call after the last attempt: fetches the link if an attempt may have created it.
    async fn conclude(self, fault: Fault) -> Result<CreatedCheckout, Fault> {
        if !self.unsure && !self.overdue {
            return Err(fault);
        }
        match self.look().await {
            Ok(Some(link)) => self.settle(link),
            // One "not found" is no proof: the request may still be in progress.
            Ok(None) if !self.unsure => Err(fault),
            _ => Err(fault.with_effect(Effect::MaybeApplied)),
        }
    }

    async fn look(&self) -> Result<Option<Link>, Fault> {
        let reference = &self.prepared.reference;
        link_if_any(
            self.gateway,
            self.environment,
            reference,
            OPERATION,
            self.limits.all,
        )
        .await
    }

    /// Adopts the link found at the gateway if it matches the request.
    fn settle(self, link: Link) -> Result<CreatedCheckout, Fault> {
        let mut differences = self.differences_of_amount(&link);
        differences.extend(self.difference_of_fingerprint(&link));
        if !differences.is_empty() {
            return Err(Fault::conflict(differences, Effect::Rejected));
        }
        Ok(if self.unsure && link.is_untouched() {
            self.created(link)
        } else {
            self.adopted(link)
        })
    }

    fn created(self, link: Link) -> CreatedCheckout {
        CreatedCheckout::Created(link.into_checkout(self.prepared.reference.clone()))
    }

    fn adopted(self, link: Link) -> CreatedCheckout {
        CreatedCheckout::Adopted(link.into_checkout(self.prepared.reference.clone()))
    }

    fn differences_of_amount(&self, link: &Link) -> Vec<Difference> {
        let (asked, found) = (self.prepared.amount, link.amount);
        let mut differences = Vec::new();
        if asked.decimal() != found.decimal() {
            differences.push(Difference::new("amount", asked.decimal(), found.decimal()));
        }
        if asked.currency() != found.currency() {
            differences.push(Difference::new(
                "currency",
                asked.currency(),
                found.currency(),
            ));
        }
        differences
    }

    fn difference_of_fingerprint(&self, link: &Link) -> Option<Difference> {
        let asked = &self.prepared.fingerprint;
        let found = link.fingerprint.as_ref();
        (found != Some(asked)).then(|| {
            let found = found.map_or("none", |fingerprint| fingerprint.as_str());
            Difference::new("fingerprint", asked, found)
        })
    }
}
