use std::time::Duration;

use payment_provider_core::{
    CreatedCheckout, Difference, Effect, Environment, Operation, PreparedCheckout,
    ProviderErrorKind, RetryAdvice,
};
use payment_provider_http::{CallError, GatewayClient, Limits, Request, RetryPolicy};

use super::entity::Link;
use super::find::by_reference;
use crate::dialect::{is_refusal, says_taken};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::CreateCheckout;

/// Advised delay before the next call if the gateway contradicts itself about the existence of a
/// link.
const SETTLING: Duration = Duration::from_secs(2);

/// Creates the link, or adopts it if it already exists.
///
/// Razorpay has no idempotency keys for links. A reference can be used only once, for ever, which
/// prevents duplicates: the same bytes may be sent again and are refused if an earlier attempt
/// succeeded. Only the message distinguishes that refusal, so after any refusal the reference is
/// looked up and the result decides.
pub(crate) async fn create(
    gateway: &GatewayClient,
    environment: Environment,
    prepared: &PreparedCheckout,
    limit: Duration,
) -> Result<CreatedCheckout, CallError> {
    let creation = Creation {
        gateway,
        environment,
        prepared,
        limits: Limits::from_now(limit),
        unsure: false,
    };
    creation.run().await
}

/// State of one [`create`] call.
struct Creation<'a> {
    gateway: &'a GatewayClient,
    environment: Environment,
    prepared: &'a PreparedCheckout,
    limits: Limits,
    /// An earlier attempt of this call may have created the link.
    unsure: bool,
}

impl Creation<'_> {
    async fn run(mut self) -> Result<CreatedCheckout, CallError> {
        let mut retry = self.gateway.retry_policy(self.limits.writes);
        loop {
            let error = match self.post(&retry).await {
                Ok(link) => return self.accept(link),
                Err(error) => error,
            };
            if is_refusal(&error) {
                return self.find(error).await;
            }
            if error.effect == Effect::MaybeApplied {
                self.unsure = true;
                match self.look().await {
                    Ok(Some(link)) => return self.settle(link),
                    Ok(None) => {}
                    Err(_) => return Err(unsettled(error)),
                }
            }
            if !retry.next_attempt_after(&error).await {
                return self.conclude(error).await;
            }
        }
    }

    /// Sends the prepared bytes. A success that describes another link, or cannot be read, is an
    /// error.
    async fn post(&self, retry: &RetryPolicy) -> Result<Link, CallError> {
        let Self { prepared, .. } = self;
        let call = Request::new(OPERATION, Razorpay::CreateLink).with_json(prepared.body.clone());
        let response = self.gateway.send(&call, retry).await?;
        Link::read(&response.body, &prepared.reference, self.environment)
            .map_err(|what| response.unreadable(what))
    }

    /// Accepts the link of a successful response.
    fn accept(self, link: Link) -> Result<CreatedCheckout, CallError> {
        let differences = self.differences(&link);
        if !differences.is_empty() {
            return Err(CallError::conflict(differences, Effect::MaybeApplied));
        }
        Ok(if link.is_untouched() {
            self.created(link)
        } else {
            self.adopted(link)
        })
    }

    /// Looks up the reference after a refusal. Lists lag behind, so one lookup is not enough if the
    /// refusal says that the reference is taken, or if an earlier attempt may have taken it.
    async fn find(self, refusal: CallError) -> Result<CreatedCheckout, CallError> {
        let taken = says_taken(&refusal);
        let mut retry = self.gateway.retry_policy(self.limits.all);
        loop {
            match self.look().await {
                Ok(Some(link)) => return self.settle(link),
                Ok(None) if !taken && !self.unsure => return Err(refusal),
                Ok(None) => {}
                // The gateway refuses every call, so its first refusal is the relevant one.
                Err(failed) if is_refusal(&failed) && !taken && !self.unsure => {
                    return Err(refusal);
                }
                Err(_) => return Err(unsettled(refusal)),
            }
            if !retry.next_attempt(None).await {
                return Err(unsettled(refusal));
            }
        }
    }

    /// Ends the call after the last attempt: looks up the reference if an attempt may have created
    /// the link.
    async fn conclude(self, error: CallError) -> Result<CreatedCheckout, CallError> {
        if !self.unsure {
            return Err(error);
        }
        match self.look().await {
            Ok(Some(link)) => self.settle(link),
            // One list without the link is no proof: the request may still be in progress.
            _ => Err(unsettled(error)),
        }
    }

    async fn look(&self) -> Result<Option<Link>, CallError> {
        let reference = &self.prepared.reference;
        by_reference(
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
        let differences = self.differences(&link);
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

    /// Returns the differences between a link and the request.
    fn differences(&self, link: &Link) -> Vec<Difference> {
        let (asked, found) = (self.prepared.amount, link.amount);
        let mut differences = Vec::new();
        if asked.decimal() != found.decimal() {
            differences.push(Difference::new("amount", asked.decimal(), found.decimal()));
        }
        if asked.currency() != found.currency() {
            let difference = Difference::new("currency", asked.currency(), found.currency());
            differences.push(difference);
        }
        let asked = &self.prepared.fingerprint;
        if link.fingerprint.as_ref() != Some(asked) {
            let found = link.fingerprint.as_ref();
            let found = found.map_or("none", |fingerprint| fingerprint.as_str());
            differences.push(Difference::new("fingerprint", asked, found));
        }
        differences
    }
}

/// Marks the existence of the link as unknown. A refusal is no longer final then: the same call
/// must be repeated.
fn unsettled(mut error: CallError) -> CallError {
    if is_refusal(&error) {
        error.kind = ProviderErrorKind::Unavailable;
        error = error.with_retry(RetryAdvice::After(SETTLING));
    }
    error.with_effect(Effect::MaybeApplied)
}
