//! Verification of webhook deliveries.

use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    Effect, Environment, Event, EventKind, OrderId, ProviderErrorKind, TimestampCheck,
    Verification, VerifiedWebhook, WebhookRequest,
};

use super::call_error::CallError;
use super::events;
use super::memory::lock;
use super::provider::AcmeProvider;
use crate::flaw::Flaw;

/// Maximum age of a delivery, and maximum lead of the gateway's clock.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);
const MAX_LEAD: SignedDuration = SignedDuration::from_mins(1);

impl AcmeProvider {
    pub(super) fn verify_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, CallError> {
        let profile = self.profile;
        self.panic_on_unusual_headers(request);
        let timed = self.descriptor.capabilities.signed_timestamps;
        let time = if timed {
            request.header("acme-time").unwrap_or_default()
        } else {
            ""
        };
        let claimed = request.header("acme-signature").unwrap_or_default();
        let again;
        let mut body = &request.body[..];
        if profile.has(Flaw::VerifiesReserialised) {
            again = serde_json::from_slice(body).map(|body: serde_json::Value| body.to_string());
            body = again.as_ref().map_or(body, |again| again.as_bytes());
        }
        let verified = if timed {
            self.keyring.verify(&[time.as_bytes(), b".", body], claimed)
        } else {
            self.keyring.verify(&[body], claimed)
        };
        let unsigned = claimed.is_empty() && profile.has(Flaw::AcceptsUnsigned);
        let any_secret = || self.keyring.any_secret().map(Verification::SharedSecret);
        let verified = verified.or_else(|| any_secret().filter(|_| unsigned));
        let Some(verification) = verified else {
            let error = CallError::new(ProviderErrorKind::InvalidSignature, Effect::Rejected);
            return Err(
                if profile.has(Flaw::DistinguishesMismatches) && claimed.is_empty() {
                    error.with_source("the signature is missing")
                } else {
                    error
                },
            );
        };
        let sent_at = time.parse().ok();
        let sent_at = sent_at.and_then(|at| Timestamp::from_second(at).ok());
        let mut check = self.check_timestamp(timed, time, request.received_at);
        let mut events = self.events(request)?;
        if profile.has(Flaw::ClaimsStaleDelivery) && check == TimestampCheck::Stale {
            check = TimestampCheck::Fresh;
            events::claim_payments(&mut events);
        }
        if profile.has(Flaw::DropsStaleDeliveries) && check == TimestampCheck::Stale {
            events.clear();
        }
        let mut environment = self.environment;
        if profile.has(Flaw::WebhookNamesOtherEnvironment) {
            environment = Environment::Production;
        }
        let verified = VerifiedWebhook::new(verification, environment, check, events);
        let mut id = None;
        if profile.has(Flaw::DeliveryIdFromHeader) {
            let stated = request.header("acme-event-id").unwrap_or("none");
            id = stated.parse().ok();
        }
        Ok(verified.with_sent_at(sent_at).with_delivery_id(id))
    }

    fn events(&self, request: &WebhookRequest) -> Result<Vec<Event>, CallError> {
        let profile = self.profile;
        let id = request.header("acme-event-id").unwrap_or_default();
        if profile.has(Flaw::DropsSeenEventIds)
            && !id.is_empty()
            && !lock(&self.memory.seen).insert(id.to_owned())
        {
            return Ok(Vec::new());
        }
        let version = request.header("acme-version");
        let version = version.filter(|_| profile.has(Flaw::ParserFromVersionHeader));
        let mut events = match events::read(&request.body, version, profile) {
            Ok(events) => events,
            Err(error) => {
                let fatal = match error {
                    events::ParseError::Type => profile.has(Flaw::UnknownTypeIsAnError),
                    events::ParseError::Body => profile.has(Flaw::UnreadableBodyIsAnError),
                };
                if fatal {
                    return Err(CallError::new(
                        ProviderErrorKind::UnreadableAnswer,
                        Effect::Rejected,
                    ));
                }
                vec![error.event()]
            }
        };
        for event in &mut events {
            if profile.has(Flaw::OccurredAtIsArrival) {
                event.occurred_at = Some(request.received_at);
            }
            if profile.has(Flaw::OrderIdFromForeignHeader) {
                let order = request.header("x-webhook-id");
                event.target.order_id = order.and_then(|order| OrderId::new(order).ok());
            }
            if let EventKind::Payment(payment) = &mut event.kind
                && profile.has(Flaw::PaymentIdFromEventIdHeader)
            {
                payment.id = id.parse().unwrap_or_else(|_| payment.id.clone());
            }
        }
        Ok(events)
    }

    fn check_timestamp(&self, timed: bool, time: &str, received_at: Timestamp) -> TimestampCheck {
        let profile = self.profile;
        if !timed {
            let sent_at = "2026-11-21T08:59:58Z".parse().unwrap();
            let old = self.api.now().duration_since(sent_at) > MAX_AGE;
            return if old && profile.has(Flaw::StaleWithoutTimestamps) {
                TimestampCheck::Stale
            } else {
                TimestampCheck::Fresh
            };
        }
        let Ok(seconds) = time.parse::<i64>() else {
            return if profile.has(Flaw::MissingTimestampIsFresh) {
                TimestampCheck::Fresh
            } else {
                TimestampCheck::Stale
            };
        };
        let now = received_at.as_second();
        let age = if profile.has(Flaw::PanicsOnExtremeTimestamps) {
            now - seconds
        } else {
            now.saturating_sub(seconds)
        };
        if age > MAX_AGE.as_secs() && !profile.has(Flaw::StaleIsFresh) {
            TimestampCheck::Stale
        } else if age < -MAX_LEAD.as_secs() && !profile.has(Flaw::FutureIsFresh) {
            TimestampCheck::FromFuture
        } else {
            TimestampCheck::Fresh
        }
    }

    /// Panics in some mutants.
    fn panic_on_unusual_headers(&self, request: &WebhookRequest) {
        for value in request.headers.values() {
            if self.profile.has(Flaw::PanicsOnLongHeaders) {
                assert!(value.len() < 65_536, "no header is as long as that");
            }
            if self.profile.has(Flaw::PanicsOnNonAsciiHeaders) {
                value.to_str().expect("headers are text");
            }
        }
    }
}
