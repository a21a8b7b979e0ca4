//! Webhook deliveries of Razorpay. The signature over the raw bytes is verified before anything is
//! read.
//!
//! The signature is `hex(HMAC-SHA256(webhook secret, raw body))`:
//! <https://razorpay.com/docs/webhooks/validate-test/>. No timestamp is signed or sent, so the age
//! of a delivery is unknown; delivery keys and deduplication keys ensure that nothing counts twice.

mod dispute_event;
mod envelope;
mod link_event;
mod parts;
mod payment_event;
mod refund_event;
mod settlement_event;

use http::HeaderName;
use payment_provider_core::{
    Environment, HmacKeyring, TimestampCheck, Verification, VerifiedWebhook, WebhookRequest,
};
use payment_provider_http::CallError;

use crate::signature::signer;

static SIGNATURE: HeaderName = HeaderName::from_static("x-razorpay-signature");

/// Verifies a delivery, then reads its events. The event's id is in a header that the signature
/// does not cover, so it is ignored.
pub(crate) fn handle(
    request: &WebhookRequest,
    keyring: &HmacKeyring,
    environment: Environment,
) -> Result<VerifiedWebhook, CallError> {
    let secret = signer(keyring, request.header(&SIGNATURE), &request.body)
        .ok_or_else(|| CallError::invalid_signature(request.headers.contains_key(&SIGNATURE)))?;
    let events = envelope::events(&request.body);
    Ok(VerifiedWebhook::new(
        Verification::SharedSecret(secret),
        environment,
        TimestampCheck::Fresh,
        events,
    ))
}
