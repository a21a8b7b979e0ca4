//! Deliveries: who signed them, and when.

use payment_provider_core::{
    Effect, Environment, ErrorKind, Event, EventKind, OrderId, TimestampCheck, Verification,
    VerifiedWebhook, WebhookRequest,
};
use time::{Duration, OffsetDateTime};

use super::fault::Fault;
use super::memory::lock;
use super::news;
use super::provider::AcornProvider;
use crate::flaw::Flaw;

/// How old a delivery may be, and how far ahead of us the gateway's clock.
const WINDOW: Duration = Duration::minutes(5);
const AHEAD: Duration = Duration::minutes(1);

impl AcornProvider {
    pub(super) fn take_in(&self, request: &WebhookRequest) -> Result<VerifiedWebhook, Fault> {
        let quirk = self.quirk;
        self.startle(request);
        let timed = self.descriptor.capabilities.signed_timestamps;
        let time = if timed {
            request.header("acorn-time").unwrap_or_default()
        } else {
            ""
        };
        let claimed = request.header("acorn-signature").unwrap_or_default();
        let again;
        let mut body = &request.body[..];
        if quirk.has(Flaw::VerifiesReserialised) {
            again = serde_json::from_slice(body).map(|body: serde_json::Value| body.to_string());
            body = again.as_ref().map_or(body, |again| again.as_bytes());
        }
        let verified = if timed {
            self.keyring.verify(&[time.as_bytes(), b".", body], claimed)
        } else {
            self.keyring.verify(&[body], claimed)
        };
        let unsigned = claimed.is_empty() && quirk.has(Flaw::UnsignedPasses);
        let anybody = || self.keyring.anybody().map(Verification::SharedSecret);
        let verified = verified.or_else(|| anybody().filter(|_| unsigned));
        let Some(verification) = verified else {
            let fault = Fault::new(ErrorKind::InvalidSignature, Effect::Rejected);
            return Err(
                if quirk.has(Flaw::TellsMismatchesApart) && claimed.is_empty() {
                    fault.with_source("there is no signature")
                } else {
                    fault
                },
            );
        };
        let sent_at = time.parse().ok();
        let sent_at = sent_at.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let freshness = self.freshness(timed, time, request.received_at);
        let events = self.events(request)?;
        let mut environment = self.environment;
        if quirk.has(Flaw::WebhookOfTheOtherEnvironment) {
            environment = Environment::Production;
        }
        let mut body = &request.body[..];
        if quirk.has(Flaw::EventIdIsTheDelivery) {
            body = request
                .header("acorn-event-id")
                .unwrap_or("none")
                .as_bytes();
        }
        let verified = VerifiedWebhook::new(verification, body, environment, freshness, events);
        Ok(verified.with_sent_at(sent_at))
    }

    fn events(&self, request: &WebhookRequest) -> Result<Vec<Event>, Fault> {
        let quirk = self.quirk;
        let id = request.header("acorn-event-id").unwrap_or_default();
        if quirk.has(Flaw::SuppressesSeenEventIds)
            && !id.is_empty()
            && !lock(&self.memory.seen).insert(id.to_owned())
        {
            return Ok(Vec::new());
        }
        let form = request.header("acorn-form");
        let form = form.filter(|_| quirk.has(Flaw::VersionHeaderChooses));
        let mut events = match news::read(&request.body, form, quirk) {
            Ok(events) => events,
            Err(unread) => {
                let fatal = match unread {
                    news::Unread::Type => quirk.has(Flaw::UnknownTypeIsAnError),
                    news::Unread::Body => quirk.has(Flaw::UnreadableBodyIsAnError),
                };
                if fatal {
                    return Err(Fault::new(ErrorKind::UnreadableAnswer, Effect::Rejected));
                }
                vec![unread.event()]
            }
        };
        for event in &mut events {
            if quirk.has(Flaw::TellsTheTimeOfArrival) {
                event.occurred_at = Some(request.received_at);
            }
            if quirk.has(Flaw::HeaderOfOthersIsTheOrder) {
                let order = request.header("x-webhook-id");
                event.target.order_id = order.and_then(|order| OrderId::new(order).ok());
            }
            if let EventKind::Payment(payment) = &mut event.kind
                && quirk.has(Flaw::EventIdIsThePaymentId)
            {
                payment.id = id.parse().unwrap_or_else(|_| payment.id.clone());
            }
        }
        Ok(events)
    }

    fn freshness(&self, timed: bool, time: &str, received_at: OffsetDateTime) -> TimestampCheck {
        let quirk = self.quirk;
        if !timed {
            let old = self.api.now() - time::macros::datetime!(2026-11-21 08:59:58 UTC) > WINDOW;
            return if old && quirk.has(Flaw::TakesOldWithoutTimesAsStale) {
                TimestampCheck::Stale
            } else {
                TimestampCheck::Fresh
            };
        }
        let Ok(seconds) = time.parse::<i64>() else {
            return if quirk.has(Flaw::TakesNoTimeLightly) {
                TimestampCheck::Fresh
            } else {
                TimestampCheck::Stale
            };
        };
        let now = received_at.unix_timestamp();
        let age = if quirk.has(Flaw::PanicsOnOddTimes) {
            now - seconds
        } else {
            now.saturating_sub(seconds)
        };
        if age > WINDOW.whole_seconds() && !quirk.has(Flaw::OldIsFresh) {
            TimestampCheck::Stale
        } else if age < -AHEAD.whole_seconds() && !quirk.has(Flaw::FutureIsFresh) {
            TimestampCheck::FromFuture
        } else {
            TimestampCheck::Fresh
        }
    }

    /// What makes some animals panic.
    fn startle(&self, request: &WebhookRequest) {
        for value in request.headers.values() {
            if self.quirk.has(Flaw::PanicsOnLongHeaders) {
                assert!(value.len() < 65_536, "no header is as long as that");
            }
            if self.quirk.has(Flaw::PanicsOnOddBytes) {
                value.to_str().expect("headers are text");
            }
        }
    }
}
