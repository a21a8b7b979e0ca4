use std::borrow::Cow;
use std::fmt;

use payment_provider_core::{
    Currency, DedupKey, Event, EventKind, EventTarget, Money, Payment, PaymentId, PaymentStatus,
};

/// A name by which a checkout can be found within its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetName {
    Reference(String),
    GatewayId(String),
    Order(String),
    /// A payment whose money is booked, by any id that is known to belong to it.
    Payment(PaymentId),
}

impl TargetName {
    pub(crate) fn all(target: &EventTarget) -> Vec<Self> {
        let reference = target
            .reference
            .as_ref()
            .map(|id| Self::Reference(id.to_string()));
        let gateway_id = target
            .gateway_id
            .as_ref()
            .map(|id| Self::GatewayId(id.to_string()));
        let order = target
            .order_id
            .as_ref()
            .map(|id| Self::Order(id.to_string()));
        [reference, gateway_id, order]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Returns all names that an event mentions, including the payment that a refund or a dispute is
    /// about.
    pub(crate) fn all_of(event: &Event) -> Vec<Self> {
        let mut names = Self::all(&event.target);
        names.extend(Self::contested(&event.kind));
        names
    }

    /// Returns the payment that a refund or a dispute is about, if the event names it.
    pub(crate) fn contested(event: &EventKind) -> Option<Self> {
        let payment = match event {
            EventKind::Refund(refund) => refund.payment_id.as_ref(),
            EventKind::Dispute(dispute) => dispute.payment_id.as_ref(),
            _ => None,
        };
        payment.cloned().map(Self::Payment)
    }

    /// The value that the name is looked up by. A payment is looked up by the deduplication key of its
    /// booking, which is stored for every id under which the payment was reported.
    pub(crate) fn key(&self) -> Cow<'_, str> {
        match self {
            Self::Payment(id) => booking_key(id).as_str().to_owned().into(),
            _ => self.id().into(),
        }
    }

    /// The id without its kind.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Reference(id) | Self::GatewayId(id) | Self::Order(id) => id,
            Self::Payment(id) => id.as_str(),
        }
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(id) => write!(f, "reference:{id}"),
            Self::GatewayId(id) => write!(f, "gateway:{id}"),
            Self::Order(id) => write!(f, "order:{id}"),
            Self::Payment(id) => write!(f, "payment:{id}"),
        }
    }
}

/// The key under which the money of a payment is booked. The amount is not part of it.
fn booking_key(id: &PaymentId) -> DedupKey {
    let amount = Money::zero(Currency::INR);
    Payment::new(id.clone(), PaymentStatus::Succeeded, amount).dedup_key()
}
