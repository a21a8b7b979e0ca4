use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Event, EventKind, SecretLabel, Verification};
use crate::{DeliveryId, Environment, PaymentStatus};

/// A delivery that was verified, and its content.
///
/// Only a provider creates one, at the end of
/// [`handle_webhook`](crate::PaymentProvider::handle_webhook).
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Environment, Event, EventKind, EventTarget, TimestampCheck, Verification, VerifiedWebhook,
/// };
///
/// // A provider asked the gateway, which confirmed the delivery.
/// let events = vec![Event::new("test", EventTarget::none(), EventKind::Ping)];
/// let (by, fresh) = (Verification::Inquiry, TimestampCheck::Fresh);
/// let webhook = VerifiedWebhook::new(by, Environment::Sandbox, fresh, events);
/// assert_eq!(webhook.events()[0].kind, EventKind::Ping);
/// assert_eq!(webhook.delivery_id(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedWebhook {
    delivery_id: Option<DeliveryId>,
    environment: Environment,
    timestamp_check: TimestampCheck,
    verification: Verification,
    sent_at: Option<Timestamp>,
    events: Vec<Event>,
    reply: WebhookReply,
}

impl VerifiedWebhook {
    /// Creates a verified delivery. Called by providers once the body is verified, with the method of
    /// verification.
    ///
    /// A delivery that is not [`TimestampCheck::Fresh`] is genuine but may be a replay, so its
    /// content is not trusted: a payment that brought money and a refund become claims here, other
    /// payments become [`EventKind::FetchNeeded`]. Claims, snapshots, disputes and settlements are
    /// kept: they post no money, and what they report was true once.
    pub fn new(
        verification: Verification,
        environment: Environment,
        timestamp_check: TimestampCheck,
        mut events: Vec<Event>,
    ) -> Self {
        if timestamp_check != TimestampCheck::Fresh {
            for event in &mut events {
                let kind = std::mem::replace(&mut event.kind, EventKind::FetchNeeded);
                event.kind = without_trust(kind);
            }
        }
        Self {
            delivery_id: None,
            environment,
            timestamp_check,
            verification,
            sent_at: None,
            events,
            reply: WebhookReply::default(),
        }
    }

    /// Sets the time at which the delivery was sent, as reported by the gateway.
    pub const fn with_sent_at(mut self, sent_at: Option<Timestamp>) -> Self {
        self.sent_at = sent_at;
        self
    }

    /// Sets the gateway's id of the delivery, by which a host recognizes a repetition. Only for an id
    /// that the verification covers: with an id that anyone can choose, a genuine delivery could be
    /// made to look like a repetition of another one. Without an id a host compares bodies.
    pub fn with_delivery_id(mut self, id: Option<DeliveryId>) -> Self {
        self.delivery_id = id;
        self
    }

    /// Sets the response that this gateway expects for a delivery that it need not repeat.
    pub fn with_reply(mut self, reply: WebhookReply) -> Self {
        self.reply = reply;
        self
    }

    /// Returns the gateway's id of the delivery, if it has one that the verification covers.
    pub const fn delivery_id(&self) -> Option<&DeliveryId> {
        self.delivery_id.as_ref()
    }

    /// Returns the environment of the connection that verified the delivery.
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Returns the position of the delivery's timestamp relative to the acceptance window.
    pub const fn timestamp_check(&self) -> TimestampCheck {
        self.timestamp_check
    }

    /// Returns the method of verification.
    pub const fn verification(&self) -> &Verification {
        &self.verification
    }

    /// Returns the label of the connection's secret that verified the delivery.
    pub const fn matched_secret(&self) -> Option<&SecretLabel> {
        self.verification.key()
    }

    /// Returns the time at which the delivery was sent, as reported by the gateway, if it can be
    /// read.
    pub const fn sent_at(&self) -> Option<Timestamp> {
        self.sent_at
    }

    /// Returns the events of the delivery.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the events of the delivery by value.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// Returns the response to send once the delivery is stored.
    pub const fn reply(&self) -> &WebhookReply {
        &self.reply
    }
}

/// Returns the content of an event outside the acceptance window.
fn without_trust(kind: EventKind) -> EventKind {
    match kind {
        EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
            EventKind::PaymentClaimed(payment.into())
        }
        EventKind::Refund(refund) => EventKind::RefundClaimed(refund.into()),
        EventKind::Payment(_) => EventKind::FetchNeeded,
        kind => kind,
    }
}

/// The position of a delivery's timestamp relative to its arrival.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Currency, Environment, Event, EventKind, EventTarget, Money, Payment, PaymentId,
///     PaymentStatus, TimestampCheck, Verification, VerifiedWebhook,
/// };
///
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let payment = Payment::new(PaymentId::new("pay_1")?, PaymentStatus::Succeeded, amount);
/// let events = vec![Event::new("paid", EventTarget::none(), EventKind::Payment(payment))];
/// let (by, stale) = (Verification::Inquiry, TimestampCheck::Stale);
/// let webhook = VerifiedWebhook::new(by, Environment::Sandbox, stale, events);
/// // An old delivery may be a replay. The gateway is asked for the payment that it claims.
/// assert!(matches!(webhook.events()[0].kind, EventKind::PaymentClaimed(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestampCheck {
    /// Within the acceptance window: the content is trusted.
    Fresh,
    /// Older than the window.
    Stale,
    /// Further in the future than the tolerated clock skew.
    FromFuture,
}

/// The response to a delivery that was stored: status 200 with this body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WebhookReply {
    /// The value of `content-type`, if the gateway expects a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
}

impl WebhookReply {
    /// Creates a response with a body.
    pub fn with_body(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            content_type: Some(content_type),
            body: body.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, Dispute, DisputeId, DisputeStatus, EventTarget, Money, OrderId, Payment,
        PaymentClaim, PaymentId, PaymentStatus, Refund, RefundId, RefundStatus,
    };

    fn webhook(timestamp_check: TimestampCheck) -> VerifiedWebhook {
        let amount = Money::from_minor_units(100, Currency::INR);
        let id = PaymentId::new("p").unwrap();
        let payment = Payment::new(id, PaymentStatus::Succeeded, amount);
        let refund = Refund::new(RefundId::new("r").unwrap(), RefundStatus::Succeeded, amount);
        let dispute = Dispute::new(DisputeId::new("d").unwrap(), DisputeStatus::Lost, amount);
        let events = [
            EventKind::Payment(payment),
            EventKind::Refund(refund),
            EventKind::Dispute(dispute),
            EventKind::Ping,
            EventKind::PaymentClaimed(PaymentClaim::of_order(OrderId::new("o").unwrap(), amount)),
        ]
        .map(|kind| Event::new("T", EventTarget::none(), kind))
        .to_vec();
        let verification = Verification::Inquiry;
        VerifiedWebhook::new(verification, Environment::Sandbox, timestamp_check, events)
    }

    #[test]
    fn outside_the_window_payments_and_refunds_become_claims() {
        let fresh = webhook(TimestampCheck::Fresh).into_events();
        for timestamp_check in [TimestampCheck::Stale, TimestampCheck::FromFuture] {
            let stale = webhook(timestamp_check).into_events();
            let kinds: Vec<_> = stale.iter().map(|event| &event.kind).collect();
            let EventKind::Payment(payment) = &fresh[0].kind else {
                panic!("{fresh:?}");
            };
            let claim = EventKind::PaymentClaimed(payment.clone().into());
            assert_eq!(*kinds[0], claim);
            let EventKind::Refund(refund) = &fresh[1].kind else {
                panic!("{fresh:?}");
            };
            let claim = EventKind::RefundClaimed(refund.clone().into());
            assert_eq!(*kinds[1], claim);
            for unchanged in [2, 3, 4] {
                assert_eq!(*kinds[unchanged], fresh[unchanged].kind);
            }
        }
    }

    #[test]
    fn outside_the_window_an_attempt_without_money_is_a_reason_to_fetch() {
        let amount = Money::from_minor_units(100, Currency::INR);
        let payment = Payment::new(PaymentId::new("p").unwrap(), PaymentStatus::Failed, amount);
        let kind = without_trust(EventKind::Payment(payment));
        assert_eq!(kind, EventKind::FetchNeeded);
    }
}
