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

/// How often a new idempotency key may replace one under which a failure is stored.
const MAX_RENEWALS: u32 = 3;

/// When to come back after the gateway contradicted itself about whether a link exists.
const SETTLING: Duration = Duration::from_secs(2);

/// Makes a link, or finds that it is there already.
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

/// One call of [`create`], under way.
struct Creation<'a> {
    gateway: &'a Gateway,
    environment: Environment,
    prepared: &'a PreparedCheckout,
    /// The link would have expired by now: a refusal may be about that alone, while an earlier
    /// call did make the link.
    overdue: bool,
    limits: Limits,
    renewals: u32,
    /// An earlier try of this call may have made the link.
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
            // A stored answer tells of an earlier request; this one was not carried out.
            self.unsure |= fault.effect == Effect::MaybeApplied && !stored;
            if stored {
                // The same key would give the same answer for ever.
                match self.look().await {
                    Ok(Some(link)) => return self.settle(link),
                    Ok(None) if self.renewals < MAX_RENEWALS && !pace.left().is_zero() => {
                        self.renewals += 1;
                        pace = self.gateway.pace(self.limits.writes);
                        continue;
                    }
                    Ok(None) if !self.unsure => return Err(fault),
                    Ok(None) => return Err(fault.with_effect(Effect::MaybeApplied)),
                    // A stored refusal tells of an earlier call, not of what is there now.
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

    /// Sends the prepared bytes. A success that is not about the link asked for, or cannot be
    /// read, is a fault; whether it was a stored answer is told with the link.
    async fn post(&self, pace: &Pace) -> Result<(Link, bool), Fault> {
        let Self { prepared, .. } = self;
        let key = idempotency_key(&prepared.reference, &prepared.body, self.renewals);
        let call = Call::new(OPERATION, Route::CreateLink)
            .with_json(prepared.body.clone())
            .with_idempotency_key(key);
        let answer = self.gateway.send(&call, pace).await.map_err(|mut fault| {
            if fault.kind == ErrorKind::NotFound {
                // There is nothing yet that could be missing; the sandbox says so in passing, and
                // whether it made the link nevertheless is not documented.
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

    /// Takes the link of a success.
    async fn accept(self, link: Link, replayed: bool) -> Result<CreatedCheckout, Fault> {
        let mut differences = self.differences_of_amount(&link);
        if link.fingerprint.is_some() {
            differences.extend(self.difference_of_fingerprint(&link));
        }
        if !differences.is_empty() {
            return Err(Fault::conflict(differences, Effect::MaybeApplied));
        }
        if replayed && !self.unsure {
            // An earlier call made it; the stored answer says how it was then.
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

    /// The gateway says that the reference is taken: looks for what took it. Right after a
    /// creation it may not be found yet.
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

    /// No more tries: finds out what is there, if a try may have made it.
    async fn conclude(self, fault: Fault) -> Result<CreatedCheckout, Fault> {
        if !self.unsure && !self.overdue {
            return Err(fault);
        }
        match self.look().await {
            Ok(Some(link)) => self.settle(link),
            // One "not found" is no proof: what was sent may still be under way.
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

    /// Takes what was found at the gateway, if it is what was asked for.
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
