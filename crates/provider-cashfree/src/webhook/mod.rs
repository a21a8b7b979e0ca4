//! Webhook deliveries of Cashfree. The signature over the raw bytes is verified before anything is
//! read.

mod charges_event;
mod content;
mod data;
mod dispute_event;
mod envelope;
mod link_event;
mod payment_event;
mod refund_event;
mod settlement_event;
mod signature;
mod timestamp_check;
mod version;

pub(crate) use timestamp_check::Window;

use payment_provider_core::{
    Environment, HmacKeyring, Verification, VerifiedWebhook, WebhookRequest,
};

use crate::transport::CallError;

/// Verifies a delivery, then reads its events.
pub(crate) fn handle(
    request: &WebhookRequest,
    keyring: &HmacKeyring,
    window: Window,
    environment: Environment,
) -> Result<VerifiedWebhook, CallError> {
    let signed = signature::signed_by(request, keyring)
        .ok_or_else(|| CallError::invalid_signature(signature::is_signed(request)))?;
    let sent_at = timestamp_check::sent_at(signed.timestamp);
    let timestamp_check = window.judge(sent_at, request.received_at);
    let mut events = envelope::events(&request.body);
    if let Some(version) = version::from_header(request) {
        for event in &mut events {
            event.gateway_version = Some(version.clone());
        }
    }
    let verification = Verification::SharedSecret(signed.secret);
    let webhook = VerifiedWebhook::new(verification, environment, timestamp_check, events);
    Ok(webhook.with_sent_at(sent_at))
}
