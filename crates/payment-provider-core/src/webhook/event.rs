use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CheckoutReference, CheckoutStatus, Dispute, GatewayCheckoutId, Money, OrderId, Payment,
    PaymentClaim, Refund, RefundClaim, Settlement,
};

/// One event of a verified delivery.
///
/// # Examples
/// ```
/// use payment_provider_core::{CheckoutReference, Event, EventKind, EventTarget};
///
/// let reference = CheckoutReference::new("invoice-1")?;
/// let target = EventTarget::none().with_reference(Some(reference));
/// let event = Event::new("PAYMENT_LINK_EVENT", target, EventKind::FetchNeeded)
///     .with_gateway_version(Some("2025-01-01".to_owned()));
/// assert_eq!(event.gateway_type, "PAYMENT_LINK_EVENT");
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The subject of the event. Look it up only within the connection that verified the delivery.
    pub target: EventTarget,
    /// The content of the event.
    pub kind: EventKind,
    /// The gateway's name for the type of the delivery, for example `PAYMENT_LINK_EVENT`.
    pub gateway_type: String,
    /// The gateway's version of the delivery's format, if it reports one. It may come from outside
    /// the signature: it is informational and decides nothing.
    #[serde(default)]
    pub gateway_version: Option<String>,
    /// The time of the event, as reported by the gateway.
    pub occurred_at: Option<Timestamp>,
}

impl Event {
    /// Creates an event of the gateway's type, about this target.
    pub fn new(gateway_type: impl Into<String>, target: EventTarget, kind: EventKind) -> Self {
        Self {
            target,
            kind,
            gateway_type: gateway_type.into(),
            gateway_version: None,
            occurred_at: None,
        }
    }

    /// Sets the gateway's version of the delivery's format.
    pub fn with_gateway_version(mut self, version: Option<String>) -> Self {
        self.gateway_version = version;
        self
    }

    /// Sets the time of the event, as reported by the gateway.
    pub const fn with_occurred_at(mut self, at: Option<Timestamp>) -> Self {
        self.occurred_at = at;
        self
    }
}

/// The object that an event is about, by every identifier in the delivery.
///
/// # Examples
/// ```
/// use payment_provider_core::{EventTarget, OrderId};
///
/// let target = EventTarget::none().with_order_id(Some(OrderId::new("order_1")?));
/// assert!(!target.is_none());
/// assert_eq!(target.reference, None);
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventTarget {
    /// The host's reference.
    pub reference: Option<CheckoutReference>,
    /// The gateway's id of the checkout.
    pub gateway_id: Option<GatewayCheckoutId>,
    /// The gateway's order.
    pub order_id: Option<OrderId>,
}

impl EventTarget {
    /// Creates a target without identifiers.
    pub const fn none() -> Self {
        Self {
            reference: None,
            gateway_id: None,
            order_id: None,
        }
    }

    /// Sets the host's reference.
    pub fn with_reference(mut self, reference: Option<CheckoutReference>) -> Self {
        self.reference = reference;
        self
    }

    /// Sets the gateway's id of the checkout.
    pub fn with_gateway_id(mut self, id: Option<GatewayCheckoutId>) -> Self {
        self.gateway_id = id;
        self
    }

    /// Sets the gateway's order.
    pub fn with_order_id(mut self, id: Option<OrderId>) -> Self {
        self.order_id = id;
        self
    }

    /// Returns `true` if the target has no identifiers.
    pub const fn is_none(&self) -> bool {
        self.reference.is_none() && self.gateway_id.is_none() && self.order_id.is_none()
    }
}

/// The content of an event. Movements and snapshots are different things and are never added
/// together.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, EventKind, Money, Payment, PaymentId, PaymentStatus};
///
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let payment = Payment::new(PaymentId::new("pay_1")?, PaymentStatus::Succeeded, amount);
/// let text = match EventKind::Payment(payment) {
///     EventKind::Payment(payment) => format!("{} {}", payment.amount, payment.status.as_str()),
///     EventKind::FetchNeeded => "ask the gateway".to_owned(),
///     _ => "nothing to post".to_owned(),
/// };
/// assert_eq!(text, "INR 200.12 succeeded");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A delta: the payment attempt reached this state. Takes effect once, by
    /// [`Payment::dedup_key`].
    Payment(Payment),
    /// A claim that money has been received, from a report that is not enough to post by. Posts no
    /// money and has no [`DedupKey`](crate::DedupKey). The host waits for the payment event, or
    /// fetches the payments until the claimed one is posted.
    PaymentClaimed(PaymentClaim),
    /// A delta: the refund reached this state. Takes effect once, by [`Refund::dedup_key`].
    Refund(Refund),
    /// A claim that a refund exists, from a report that is not enough to record it. The host lists
    /// the refunds until the claimed one is recorded.
    RefundClaimed(RefundClaim),
    /// A statement: a payment is contested, with the current state of the dispute. Posts no money;
    /// counts once, by [`Dispute::dedup_key`].
    Dispute(Dispute),
    /// A statement: the state of a payout of collected money to the merchant. Posts no money;
    /// counts once, by [`Settlement::dedup_key`].
    Settlement(Settlement),
    /// A statement for comparison: the totals of the checkout. Posts no money; if the total paid
    /// exceeds the posted amount, the payments have to be fetched.
    Snapshot(CheckoutSnapshot),
    /// The subject may have changed, but the details in the delivery are not reliable: fetch the
    /// current state.
    FetchNeeded,
    /// A test delivery from the gateway's dashboard.
    Ping,
    /// A verified delivery of a type that this version does not know. It is kept, and an operator
    /// should examine it if it recurs. If the subject is known, the host fetches its current state.
    Unrecognised {
        /// The type, or the part that is unknown, without values of the body.
        reason: String,
    },
    /// A verified delivery that may report money, but whose content cannot be read: the body does
    /// not parse, or a required part of a known type is missing or malformed. If the subject is
    /// known, the host fetches its current state; otherwise an operator has to examine the
    /// delivery.
    Unreadable {
        /// The part that could not be read, without values of the body.
        reason: String,
    },
}

/// The totals of a checkout, as stated in a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckoutSnapshot {
    /// The status of the checkout.
    pub status: CheckoutStatus,
    /// The requested amount.
    pub amount: Money,
    /// The amount paid on the checkout, over all payments.
    pub amount_paid: Money,
}

impl CheckoutSnapshot {
    /// Creates a snapshot of these totals.
    pub const fn new(status: CheckoutStatus, amount: Money, amount_paid: Money) -> Self {
        Self {
            status,
            amount,
            amount_paid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, DisputeId, DisputeStatus, RefundId, RefundStatus};
    use crate::{SettlementId, SettlementStatus};

    #[test]
    fn every_kind_of_news_is_stored_and_read_back() {
        let amount = Money::from_minor_units(100, Currency::INR);
        let refund = Refund::new(RefundId::new("1").unwrap(), RefundStatus::Pending, amount);
        let dispute = Dispute::new(DisputeId::new("2").unwrap(), DisputeStatus::Open, amount);
        let id = SettlementId::new("3").unwrap();
        let settlement = Settlement::new(id, SettlementStatus::Reversed, amount);
        let claim = PaymentClaim::of_order(OrderId::new("4").unwrap(), amount);
        let refund_claim = RefundClaim::of_refund(RefundId::new("5").unwrap());
        for (kind, word) in [
            (EventKind::PaymentClaimed(claim), "payment_claimed"),
            (EventKind::RefundClaimed(refund_claim), "refund_claimed"),
            (EventKind::Refund(refund), "refund"),
            (EventKind::Dispute(dispute), "dispute"),
            (EventKind::Settlement(settlement), "settlement"),
        ] {
            let event = Event::new("T", EventTarget::none(), kind)
                .with_gateway_version(Some("2025-01-01".to_owned()));
            let text = serde_json::to_string(&event).unwrap();
            assert!(text.contains(&format!(r#""kind":{{"{word}":"#)), "{text}");
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }

    #[test]
    fn events_stored_before_versions_were_kept_are_read() {
        let text = r#"{"target":{"reference":null,"gateway_id":null,"order_id":null},
            "kind":"ping","gateway_type":"T","occurred_at":null}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        assert_eq!(event, Event::new("T", EventTarget::none(), EventKind::Ping));
    }
}
