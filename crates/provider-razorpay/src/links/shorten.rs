use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{CheckoutReference, Effect, Environment, Operation};
use payment_provider_http::{Call, Fault, Gateway, Limits};

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
    gateway: &Gateway,
    environment: Environment,
    reference: &CheckoutReference,
    link: &Link,
    now: Timestamp,
    limits: Limits,
) -> Result<Option<Link>, Fault> {
    let earliest = now + SHORTEST_LIFE;
    if link.expires_at.is_some_and(|at| at <= earliest + NEAR) {
        return Ok(None);
    }
    let body = format!(r#"{{"expire_by":{}}}"#, earliest.as_second());
    let route = Razorpay::UpdateLink(link.id.as_str());
    let call = Call::new(Operation::CancelCheckout, route).with_json(body);
    let mut pace = gateway.pace(limits.writes);
    let mut unsure = false;
    loop {
        let fault = match gateway.send(&call, &pace).await {
            Ok(answer) => match Link::read(&answer.body, reference, environment) {
                Ok(link) => return Ok(Some(link)),
                Err(what) => answer.unreadable(what),
            },
            Err(fault) => fault,
        };
        unsure |= fault.effect == Effect::MaybeApplied;
        if !pace.again_after(&fault).await {
            return Err(if unsure {
                fault.with_effect(Effect::MaybeApplied)
            } else {
                fault
            });
        }
    }
}
