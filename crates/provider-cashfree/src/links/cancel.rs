use std::time::Duration;

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, Environment, ErrorKind, Operation,
};

use super::entity::Link;
use super::fetch::{expect_same, link};
use crate::transport::{Call, Fault, Gateway, Limits, Route};

const OPERATION: Operation = Operation::CancelCheckout;

/// Ends a link. No idempotency key is sent: a second cancellation does no harm, and a failure
/// stored under a key would. Where the host knows the gateway's own id, the link is fetched and
/// compared first.
pub(crate) async fn cancel(
    gateway: &Gateway,
    environment: Environment,
    locator: &CheckoutLocator,
    limit: Duration,
) -> Result<Cancellation, Fault> {
    let limits = Limits::from_now(limit);
    let reference = &locator.reference;
    if locator.gateway_id.is_some() {
        // A reference may name a link of another account; that one must not be ended.
        let found = link(gateway, environment, reference, OPERATION, limits.writes)
            .await
            .map_err(|fault| match fault.effect {
                Effect::MaybeApplied => fault.with_effect(Effect::NotSent),
                _ => fault,
            })?;
        expect_same(locator, &found)?;
        if has_ended(&found.status) {
            return Ok(Cancellation::AlreadyEnded(
                found.into_checkout(reference.clone()),
            ));
        }
    }
    let call = Call::new(OPERATION, Route::CancelLink(reference.as_str()));
    let mut pace = gateway.pace(limits.writes);
    // An earlier try of this call may have ended the link.
    let mut unsure = false;
    let fault = loop {
        let fault = match gateway.send(&call, &pace).await {
            Ok(answer) => match Link::read(&answer.body, reference, environment) {
                Ok(link) if link.status == CheckoutStatus::Cancelled => {
                    expect_same(locator, &link)?;
                    return Ok(Cancellation::Cancelled(
                        link.into_checkout(reference.clone()),
                    ));
                }
                Ok(_) => {
                    unsure = true;
                    break Fault::new(ErrorKind::Refused, Effect::MaybeApplied);
                }
                Err(what) => answer.unreadable(what),
            },
            Err(fault) => fault,
        };
        unsure |= fault.effect == Effect::MaybeApplied;
        if !pace.again_after(&fault).await {
            break fault;
        }
    };
    let refused = matches!(
        fault.kind,
        ErrorKind::Conflict | ErrorKind::InvalidRequest | ErrorKind::Refused
    );
    if !refused && !unsure {
        return Err(fault);
    }

    // Whatever was said, what the link is now decides.
    let found = match link(gateway, environment, reference, OPERATION, limits.all).await {
        Ok(link) => link,
        Err(failed) if refused && !unsure => return Err(failed),
        Err(failed) if refused => return Err(failed.with_effect(Effect::MaybeApplied)),
        Err(_) => return Err(fault.with_effect(Effect::MaybeApplied)),
    };
    expect_same(locator, &found)?;
    let checkout = found.into_checkout(reference.clone());
    match checkout.status {
        CheckoutStatus::Cancelled if unsure => Ok(Cancellation::Cancelled(checkout)),
        _ if has_ended(&checkout.status) => Ok(Cancellation::AlreadyEnded(checkout)),
        _ if refused => Ok(Cancellation::StillPayable(checkout)),
        _ => Err(fault.with_effect(Effect::MaybeApplied)),
    }
}

/// Whether nothing leads out of this state.
fn has_ended(status: &CheckoutStatus) -> bool {
    matches!(
        status,
        CheckoutStatus::Cancelled | CheckoutStatus::Expired | CheckoutStatus::Paid
    )
}
