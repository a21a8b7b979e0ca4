use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    CreatedCheckout, Difference, Effect, Environment, Operation, PreparedCheckout,
    ProviderErrorKind, RetryAdvice,
};

use super::entity::Link;
use super::fetch::link_if_any;
use super::key::idempotency_key;
use crate::transport::{
    CallError, CallErrorExt, GatewayClient, Limits, Request, RetryPolicy, Route,
};

const OPERATION: Operation = Operation::CreateCheckout;

/// Maximum number of new idempotency keys after stored failures.
const MAX_RENEWALS: u32 = 3;

/// Advised delay before the next call if the gateway contradicts itself about the existence of a
/// link.
const SETTLING: Duration = Duration::from_secs(2);

/// Creates the link, or adopts it if it already exists.
pub(crate) async fn create(
    gateway: &GatewayClient,
    environment: Environment,
    prepared: &PreparedCheckout,
    now: Timestamp,
    limit: Duration,
) -> Result<CreatedCheckout, CallError> {
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
    gateway: &'a GatewayClient,
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
    async fn run(mut self) -> Result<CreatedCheckout, CallError> {
        let mut retry = self.gateway.retry_policy(self.limits.writes);
        loop {
            let error = match self.post(&retry).await {
                Ok((link, replayed)) => return self.accept(link, replayed).await,
                Err(error) => error,
            };
            if error.says_taken() {
                return self.find(error).await;
            }
            let stored = error.is_stored_failure();
            // A stored response belongs to an earlier request; this request was not carried out.
            self.unsure |= error.effect == Effect::MaybeApplied && !stored;
            if stored {
                // The same key would return the same response for ever.
                match self.look().await {
                    Ok(Some(link)) => return self.settle(link),
                    Ok(None) if self.renewals < MAX_RENEWALS && !retry.left().is_zero() => {
                        self.renewals += 1;
                        retry = self.gateway.retry_policy(self.limits.writes);
                        continue;
                    }
                    Ok(None) if !self.unsure => return Err(error),
                    Ok(None) => return Err(error.with_effect(Effect::MaybeApplied)),
                    // A stored refusal describes an earlier call, not the present state.
                    Err(failed) => {
                        let error = if error.repeatable { error } else { failed };
                        return Err(error.with_effect(Effect::MaybeApplied));
                    }
                }
            }
            if !retry.next_attempt_after(&error).await {
                return self.conclude(error).await;
            }
        }
    }

    /// Sends the prepared bytes. Returns the link, and true if the response was a stored one. A
    /// success that describes another link, or cannot be read, is an error.
    async fn post(&self, retry: &RetryPolicy) -> Result<(Link, bool), CallError> {
        let Self { prepared, .. } = self;
        let key = idempotency_key(&prepared.reference, &prepared.body, self.renewals);
        let call = Request::new(OPERATION, Route::CreateLink)
            .with_json(prepared.body.clone())
            .with_idempotency_key(key);
        let response = self.gateway.send(&call, retry).await.map_err(|mut error| {
            if error.kind == ProviderErrorKind::NotFound {
                // Nothing that could be missing exists yet. The sandbox returns this status
                // sporadically, and no documentation says whether the link is created nevertheless.
                error.kind = ProviderErrorKind::Unavailable;
                error.effect = Effect::MaybeApplied;
                error.repeatable = true;
            }
            error
        })?;
        let link = Link::read(&response.body, &prepared.reference, self.environment)
            .map_err(|what| response.unreadable(what))?;
        Ok((link, response.meta.replayed))
    }

    /// Accepts the link of a successful response.
    async fn accept(self, link: Link, replayed: bool) -> Result<CreatedCheckout, CallError> {
        let mut differences = self.differences_of_amount(&link);
        if link.fingerprint.is_some() {
            differences.extend(self.difference_of_fingerprint(&link));
        }
        if !differences.is_empty() {
            return Err(CallError::conflict(differences, Effect::MaybeApplied));
        }
        if replayed && !self.unsure {
            // An earlier call created the link, and the stored response shows its state at that
            // time.
            return match self.look().await {
                Ok(Some(now)) => self.settle(now),
                Ok(None) => Ok(self.adopted(link)),
                Err(error) => Err(error.with_effect(Effect::MaybeApplied)),
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
    async fn find(self, refusal: CallError) -> Result<CreatedCheckout, CallError> {
        let mut retry = self.gateway.retry_policy(self.limits.all);
        loop {
            match self.look().await {
                Ok(Some(link)) => return self.settle(link),
                Ok(None) => {}
                Err(error) => return Err(error.with_effect(Effect::MaybeApplied)),
            }
            if !retry.next_attempt(None).await {
                let mut error = refusal;
                error.kind = ProviderErrorKind::Unavailable;
                return Err(error
                    .with_effect(Effect::MaybeApplied)
                    .with_retry(RetryAdvice::After(SETTLING)));
            }
        }
    }

    /// Ends the call after the last attempt: fetches the link if an attempt may have created it.
    async fn conclude(self, error: CallError) -> Result<CreatedCheckout, CallError> {
        if !self.unsure && !self.overdue {
            return Err(error);
        }
        match self.look().await {
            Ok(Some(link)) => self.settle(link),
            // One "not found" is no proof: the request may still be in progress.
            Ok(None) if !self.unsure => Err(error),
            _ => Err(error.with_effect(Effect::MaybeApplied)),
        }
    }

    async fn look(&self) -> Result<Option<Link>, CallError> {
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
    fn settle(self, link: Link) -> Result<CreatedCheckout, CallError> {
        let mut differences = self.differences_of_amount(&link);
        differences.extend(self.difference_of_fingerprint(&link));
        if !differences.is_empty() {
            return Err(CallError::conflict(differences, Effect::Rejected));
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
