use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, Environment, Operation,
    ProviderErrorKind,
};
use payment_provider_http::{CallError, GatewayClient, Limits, Request};

use super::entity::Link;
use super::find::{expect_same, locate};
use super::shorten::shorten;
use crate::dialect::is_refusal;
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::CancelCheckout;

/// Cancels a link. The call needs the gateway's id of the link, so the link is looked up first.
///
/// A link with a paid instalment cannot be cancelled. Its expiry is moved to the earliest moment
/// that the gateway allows; until then it stays payable.
pub(crate) async fn cancel(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    now: Timestamp,
    limit: Duration,
) -> Result<Cancellation, CallError> {
    let limits = Limits::from_now(limit);
    let ending = Ending {
        gateway,
        environment,
        locator,
        now,
        limits,
    };
    let link = locate(gateway, environment, locator, OPERATION, limits.writes)
        .await
        .map_err(nothing_done)?;
    if link.has_ended() {
        return Ok(ending.already_ended(link));
    }
    if link.status == CheckoutStatus::PartiallyPaid {
        return ending.expire_soon(link).await;
    }
    ending.cancel(link).await
}

/// Marks a failed lookup that preceded any change.
fn nothing_done(error: CallError) -> CallError {
    match error.effect {
        Effect::MaybeApplied => error.with_effect(Effect::NotSent),
        _ => error,
    }
}

/// State of one [`cancel`] call.
struct Ending<'a> {
    gateway: &'a GatewayClient,
    environment: Environment,
    locator: &'a CheckoutLocator,
    now: Timestamp,
    limits: Limits,
}

impl Ending<'_> {
    async fn cancel(self, link: Link) -> Result<Cancellation, CallError> {
        let reference = &self.locator.reference;
        let call = Request::new(OPERATION, Razorpay::CancelLink(link.id.as_str()));
        let mut retry = self.gateway.retry_policy(self.limits.writes);
        // An earlier attempt of this call may have cancelled the link.
        let mut unsure = false;
        let error = loop {
            let error = match self.gateway.send(&call, &retry).await {
                Ok(response) => match Link::read(&response.body, reference, self.environment) {
                    Ok(ended) if ended.status == CheckoutStatus::Cancelled => {
                        let ended = expect_same(self.locator, ended)?;
                        return Ok(self.cancelled(ended));
                    }
                    Ok(_) => {
                        unsure = true;
                        break CallError::new(ProviderErrorKind::Refused, Effect::MaybeApplied);
                    }
                    Err(what) => response.unreadable(what),
                },
                Err(error) => error,
            };
            unsure |= error.effect == Effect::MaybeApplied;
            if !retry.next_attempt_after(&error).await {
                break error;
            }
        };
        let refused = is_refusal(&error);
        if !refused && !unsure {
            return Err(error);
        }

        // The current state of the link decides, whatever the responses said.
        let found = match self.look(&link).await {
            Ok(found) => found,
            Err(failed) if refused && !unsure => return Err(failed),
            Err(failed) if refused => return Err(failed.with_effect(Effect::MaybeApplied)),
            Err(_) => return Err(error.with_effect(Effect::MaybeApplied)),
        };
        match found.status {
            CheckoutStatus::Cancelled if unsure => Ok(self.cancelled(found)),
            _ if found.has_ended() => Ok(self.already_ended(found)),
            CheckoutStatus::PartiallyPaid => self.expire_soon(found).await,
            _ if refused => Ok(self.still_payable(found)),
            _ => Err(error.with_effect(Effect::MaybeApplied)),
        }
    }

    /// Shortens the life of a link that cannot be cancelled. The link stays payable for a while.
    async fn expire_soon(self, link: Link) -> Result<Cancellation, CallError> {
        let (gateway, environment) = (self.gateway, self.environment);
        let reference = &self.locator.reference;
        let error = match shorten(
            gateway,
            environment,
            reference,
            &link,
            self.now,
            self.limits,
        )
        .await
        {
            Ok(None) => return Ok(self.still_payable(link)),
            Ok(Some(shortened)) if shortened.has_ended() => {
                return Ok(self.already_ended(shortened));
            }
            Ok(Some(shortened)) => return Ok(self.still_payable(shortened)),
            Err(error) => error,
        };
        if !is_refusal(&error) {
            return Err(error);
        }
        let found = self.look(&link).await?;
        Ok(if found.has_ended() {
            self.already_ended(found)
        } else {
            self.still_payable(found)
        })
    }

    /// Fetches the current state of the link, by the id known from the first lookup.
    async fn look(&self, link: &Link) -> Result<Link, CallError> {
        let mut locator = self.locator.clone();
        locator.gateway_id = Some(link.id.clone());
        locate(
            self.gateway,
            self.environment,
            &locator,
            OPERATION,
            self.limits.all,
        )
        .await
    }

    fn cancelled(&self, link: Link) -> Cancellation {
        Cancellation::Cancelled(link.into_checkout(self.locator.reference.clone()))
    }

    fn already_ended(&self, link: Link) -> Cancellation {
        Cancellation::AlreadyEnded(link.into_checkout(self.locator.reference.clone()))
    }

    fn still_payable(&self, link: Link) -> Cancellation {
        Cancellation::StillPayable(link.into_checkout(self.locator.reference.clone()))
    }
}
