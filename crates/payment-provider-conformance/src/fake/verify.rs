//! Verification of deliveries.

use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::{
    Environment, TimestampCheck, Verification, VerifiedWebhook, WebhookRequest,
};

use super::config::Config;
use super::envelope;
use super::signature::{Keyring, Purpose, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// Maximum age of a fresh delivery, and maximum lead of the gateway's clock over the host's.
const WINDOW: (Duration, Duration) = (Duration::from_hours(24), Duration::from_mins(10));

/// Verifies a delivery, then parses it. Returns `None` for every kind of mismatch.
pub(super) fn verify(
    request: &WebhookRequest,
    keyring: &Keyring,
    environment: Environment,
    config: &Config,
) -> Option<VerifiedWebhook> {
    let timed = config.descriptor.capabilities.signed_timestamps;
    let timestamp = if timed {
        request.header(TIMESTAMP_HEADER)?
    } else {
        ""
    };
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let signature = request.header(SIGNATURE_HEADER)?;
    let secret = keyring.matching(signature, Purpose::Delivery, timestamp, &request.body)?;
    let sent_at = parse_timestamp(timestamp);
    let check = if timed {
        check_timestamp(sent_at, request.received_at)
    } else {
        TimestampCheck::Fresh
    };
    let webhook = VerifiedWebhook::new(
        Verification::SharedSecret(secret),
        environment,
        check,
        envelope::events(&request.body),
    );
    let webhook = webhook.with_sent_at(sent_at);
    Some(webhook.with_reply(config.reply.clone()))
}

fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let nanoseconds = text.parse::<i128>().ok()?.checked_mul(1_000_000)?;
    Timestamp::from_nanosecond(nanoseconds).ok()
}

/// Compares the sending time with the window. A time that cannot be parsed counts as stale, since
/// its age is unknown.
fn check_timestamp(sent_at: Option<Timestamp>, received_at: Timestamp) -> TimestampCheck {
    let Some(sent_at) = sent_at else {
        return TimestampCheck::Stale;
    };
    let age = received_at.as_nanosecond() - sent_at.as_nanosecond();
    let (past, future) = (
        WINDOW.0.as_nanos().cast_signed(),
        WINDOW.1.as_nanos().cast_signed(),
    );
    if age > past {
        TimestampCheck::Stale
    } else if -age > future {
        TimestampCheck::FromFuture
    } else {
        TimestampCheck::Fresh
    }
}
