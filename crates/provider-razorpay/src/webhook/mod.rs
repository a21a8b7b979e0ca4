//! Deliveries of Razorpay: verified over their raw bytes first, read afterwards.
//!
//! The signature is `hex(HMAC-SHA256(webhook secret, raw body))`:
//! <https://razorpay.com/docs/webhooks/validate-test/>. No time is signed or sent, so how old a
//! delivery is cannot be told; that nothing counts twice is for delivery keys and effect keys.

mod dispute_event;
mod envelope;
mod link_event;
mod parts;
mod payment_event;
mod refund_event;
mod settlement_event;

use payment_provider_core::{
    Effect, Environment, ErrorKind, HmacKeyring, TimestampCheck, Verification, VerifiedWebhook,
    WebhookRequest,
};
use payment_provider_http::Fault;

use crate::signature::signer;

const SIGNATURE: &str = "x-razorpay-signature";

/// Verifies a delivery, then reads it. The event's id comes in a header outside the signature, so
/// that it decides nothing.
pub(crate) fn handle(
    request: &WebhookRequest,
    keyring: &HmacKeyring,
    environment: Environment,
) -> Result<VerifiedWebhook, Fault> {
    let secret = signer(keyring, request.header(SIGNATURE), &request.body)
        .ok_or_else(|| Fault::new(ErrorKind::InvalidSignature, Effect::Rejected))?;
    let events = envelope::events(&request.body);
    Ok(VerifiedWebhook::new(
        Verification::SharedSecret(secret),
        &request.body,
        environment,
        TimestampCheck::Fresh,
        events,
    ))
}
