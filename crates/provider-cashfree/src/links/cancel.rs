use std::time::Duration;

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, Environment, Operation,
    ProviderErrorKind,
};

use super::entity::Link;
use super::fetch::{expect_same, link};
use crate::transport::{CallError, GatewayClient, Limits, Request, Route};

const OPERATION: Operation = Operation::CancelCheckout;

/// Cancels a link.
///
/// Sends no idempotency key: cancelling twice is harmless, whereas a failure stored under a key
/// would be returned for ever. If the host knows the gateway's id of the link, the link is fetched
/// and compared first.
pub(crate) async fn cancel(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    limit: Duration,
) -> Result<Cancellation, CallError> {
    let limits = Limits::from_now(limit);
    let reference = &locator.reference;
    if locator.gateway_id.is_some() {
        // The reference may belong to a link of another account, which must not be cancelled.
        let found = link(gateway, environment, reference, OPERATION, limits.writes)
            .await
            .map_err(|error| match error.effect {
                Effect::MaybeApplied => error.with_effect(Effect::NotSent),
                _ => error,
            })?;
        expect_same(locator, &found)?;
        if has_ended(&found.status) {
            return Ok(Cancellation::AlreadyEnded(
                found.into_checkout(reference.clone()),
            ));
        }
    }
    let call = Request::new(OPERATION, Route::CancelLink(reference.as_str()));
    let mut retry = gateway.retry_policy(limits.writes);
    // An earlier attempt of this call may have cancelled the link.
    let mut unsure = false;
    let error = loop {
        let error = match gateway.send(&call, &retry).await {
            Ok(response) => match Link::read(&response.body, reference, environment) {
                Ok(link) if link.status == CheckoutStatus::Cancelled => {
                    expect_same(locator, &link)?;
                    return Ok(Cancellation::Cancelled(
                        link.into_checkout(reference.clone()),
                    ));
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
    let refused = matches!(
        error.kind,
        ProviderErrorKind::Conflict
            | ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::Refused
    );
    if !refused && !unsure {
        return Err(error);
    }

    // The current state of the link decides, whatever the responses said.
    let found = match link(gateway, environment, reference, OPERATION, limits.all).await {
        Ok(link) => link,
        Err(failed) if refused && !unsure => return Err(failed),
        Err(failed) if refused => return Err(failed.with_effect(Effect::MaybeApplied)),
        Err(_) => return Err(error.with_effect(Effect::MaybeApplied)),
    };
    expect_same(locator, &found)?;
    let checkout = found.into_checkout(reference.clone());
    match checkout.status {
        CheckoutStatus::Cancelled if unsure => Ok(Cancellation::Cancelled(checkout)),
        _ if has_ended(&checkout.status) => Ok(Cancellation::AlreadyEnded(checkout)),
        _ if refused => Ok(Cancellation::StillPayable(checkout)),
        _ => Err(error.with_effect(Effect::MaybeApplied)),
    }
}

/// Returns true if the status is final.
fn has_ended(status: &CheckoutStatus) -> bool {
    matches!(
        status,
        CheckoutStatus::Cancelled | CheckoutStatus::Expired | CheckoutStatus::Paid
    )
}
