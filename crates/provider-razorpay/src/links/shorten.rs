use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{CheckoutReference, Effect, Environment, Operation};
use payment_provider_http::{CallError, GatewayClient, Limits, Request};

use super::SHORTEST_LIFE;
use super::entity::Link;
use crate::routes::Razorpay;

/// Tolerance after the earliest possible expiry within which an expiry stays unchanged.
const NEAR: SignedDuration = SignedDuration::from_mins(2);

/// Moves the expiry of a link to the earliest moment that the gateway allows. Returns `None` if the
/// link expires at about that moment anyway. See
/// <https://razorpay.com/docs/api/payments/payment-links/update-standard/>.
///
/// The request can be repeated, because it states a point in time and not a duration.
pub(super) async fn shorten(
    gateway: &GatewayClient,
    environment: Environment,
    reference: &CheckoutReference,
    link: &Link,
    now: Timestamp,
    limits: Limits,
) -> Result<Option<Link>, CallError> {
    let earliest = now + SHORTEST_LIFE;
    if link.expires_at.is_some_and(|at| at <= earliest + NEAR) {
        return Ok(None);
    }
    let body = format!(r#"{{"expire_by":{}}}"#, earliest.as_second());
    let route = Razorpay::UpdateLink(link.id.as_str());
    let call = Request::new(Operation::CancelCheckout, route).with_json(body);
    let mut retry = gateway.retry_policy(limits.writes);
    let mut unsure = false;
    loop {
        let error = match gateway.send(&call, &retry).await {
            Ok(response) => match Link::read(&response.body, reference, environment) {
                Ok(link) => return Ok(Some(link)),
                Err(what) => response.unreadable(what),
            },
            Err(error) => error,
        };
        unsure |= error.effect == Effect::MaybeApplied;
        if !retry.next_attempt_after(&error).await {
            return Err(if unsure {
                error.with_effect(Effect::MaybeApplied)
            } else {
                error
            });
        }
    }
}
