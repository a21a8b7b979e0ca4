use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CheckoutReference, CheckoutStatus, Dispute, GatewayCheckoutId, Money, OrderId, Payment, Refund,
    Settlement,
};

/// One piece of news from a verified delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// What it is about. Look it up inside the connection that verified the delivery, nowhere else.
    pub target: EventTarget,
    /// What it says.
    pub kind: EventKind,
    /// The gateway's word for the type of the delivery, for example `PAYMENT_LINK_EVENT`.
    pub gateway_type: String,
    /// The gateway's word for the version of the delivery's form, if it tells one. It may come from
    /// outside the signature: it explains, and decides nothing.
    #[serde(default)]
    pub gateway_version: Option<String>,
    /// When the gateway says it happened.
    pub occurred_at: Option<Timestamp>,
}

impl Event {
    /// An event of the gateway's type, about this subject.
    pub fn new(gateway_type: impl Into<String>, target: EventTarget, kind: EventKind) -> Self {
        Self {
            target,
            kind,
            gateway_type: gateway_type.into(),
            gateway_version: None,
            occurred_at: None,
        }
    }

    /// Sets the gateway's word for the version of the delivery's form.
    pub fn with_gateway_version(mut self, version: Option<String>) -> Self {
        self.gateway_version = version;
        self
    }

    /// Sets when the gateway says it happened.
    pub const fn with_occurred_at(mut self, at: Option<Timestamp>) -> Self {
        self.occurred_at = at;
        self
    }
}

/// The object an event is about, by every name the delivery gives for it.
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
    /// Nothing in particular.
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

    /// Whether it names nothing.
    pub const fn is_none(&self) -> bool {
        self.reference.is_none() && self.gateway_id.is_none() && self.order_id.is_none()
    }
}

/// What an event says. Movements and snapshots are different things and are never added up
/// together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A delta: this attempt to pay came to this. Takes effect once, by
    /// [`Payment::dedup_key`].
    Payment(Payment),
    /// A claim that part of the checkout's money has arrived, without the gateway's payment id.
    /// Posts nothing: it is satisfied when the host holds that money under the gateway's own payment
    /// id, from a payment event or from the list of payments.
    PaymentClaimed(PaymentClaim),
    /// A delta: this refund came to this. Takes effect once, by [`Refund::dedup_key`].
    Refund(Refund),
    /// A statement: a payment is contested, and this is where that stands. Books nothing; it is
    /// news once, by [`Dispute::dedup_key`].
    Dispute(Dispute),
    /// A statement: collected money was paid out to the merchant, or was not. Books nothing; it is
    /// news once, by [`Settlement::dedup_key`].
    Settlement(Settlement),
    /// A statement to compare with: so the checkout stands. Books nothing; if it says more was
    /// paid than is booked, the payments have to be fetched.
    Snapshot(CheckoutSnapshot),
    /// Something happened to the subject, but what the delivery says of it cannot be relied on:
    /// fetch.
    FetchNeeded,
    /// A test delivery of the gateway's dashboard.
    Ping,
    /// Verified, but not of a kind or form this version reads. Kept, and worth an operator's look
    /// if it goes on. If its subject is known, a host fetches to see what it was about.
    Unrecognised {
        /// What could not be read, without values of the body.
        reason: String,
    },
}

/// An amount of one order of a checkout that a delivery reports as received, without the gateway's
/// payment id. The checkout is the event's target.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, EventKind, Money, OrderId, PaymentClaim};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let claim = PaymentClaim::new(OrderId::new("order-1")?, amount);
/// let kind = EventKind::PaymentClaimed(claim);
/// # let _ = kind;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentClaim {
    /// The gateway's order that was paid.
    pub order_id: OrderId,
    /// The amount of that order, which counts toward the checkout.
    pub amount: Money,
}

impl PaymentClaim {
    /// Creates a claim that this amount of the order has been received.
    pub const fn new(order_id: OrderId, amount: Money) -> Self {
        Self { order_id, amount }
    }
}

/// A checkout's totals, as a delivery states them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckoutSnapshot {
    /// Where the checkout stands.
    pub status: CheckoutStatus,
    /// What it asks for.
    pub amount: Money,
    /// What was paid on it, over all payments.
    pub amount_paid: Money,
}

impl CheckoutSnapshot {
    /// A snapshot of these totals.
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
        let claim = PaymentClaim::new(OrderId::new("4").unwrap(), amount);
        for (kind, word) in [
            (EventKind::PaymentClaimed(claim), "payment_claimed"),
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
