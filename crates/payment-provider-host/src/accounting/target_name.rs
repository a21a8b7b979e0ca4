//! The names under which events refer to checkouts.

use std::borrow::Cow;
use std::fmt;

use payment_provider_core::{
    Currency, DedupKey, Event, EventKind, EventTarget, Money, Payment, PaymentId, PaymentStatus,
};

/// A name of a checkout within its connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TargetName {
    /// The host's reference.
    Reference(String),
    /// The gateway's id of the checkout.
    GatewayId(String),
    /// The gateway's order.
    Order(String),
    /// A posted payment.
    Payment(PaymentId),
}

impl TargetName {
    /// The names that a target gives, the most specific first.
    pub(crate) fn all(target: &EventTarget) -> impl Iterator<Item = Self> + use<> {
        let reference = target.reference.as_ref().map(ToString::to_string);
        let gateway_id = target.gateway_id.as_ref().map(ToString::to_string);
        let order = target.order_id.as_ref().map(ToString::to_string);
        let names = [
            reference.map(Self::Reference),
            gateway_id.map(Self::GatewayId),
            order.map(Self::Order),
        ];
        names.into_iter().flatten()
    }

    /// The names that an event gives, with the payment that a refund or a dispute is about.
    pub(crate) fn all_of(event: &Event) -> impl Iterator<Item = Self> + use<> {
        Self::all(&event.target).chain(Self::contested(&event.kind))
    }

    /// The payment that a refund or a dispute is about, if the event names it.
    pub(crate) fn contested(kind: &EventKind) -> Option<Self> {
        let payment = match kind {
            EventKind::Refund(refund) => refund.payment_id.as_ref(),
            EventKind::RefundClaimed(claim) => claim.payment_id.as_ref(),
            EventKind::Dispute(dispute) => dispute.payment_id.as_ref(),
            _ => None,
        };
        payment.cloned().map(Self::Payment)
    }

    /// The text by which the store looks the name up. A payment is looked up by the dedup key of its
    /// success, which is kept for every id under which it was ever posted.
    pub(crate) fn key(&self) -> Cow<'_, str> {
        match self {
            Self::Payment(id) => success_key(id).as_str().to_owned().into(),
            _ => self.id().into(),
        }
    }

    /// The name without its kind.
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

/// The dedup key under which the money of a payment is posted. The amount is no part of it.
pub(crate) fn success_key(id: &PaymentId) -> DedupKey {
    let amount = Money::zero(Currency::INR);
    Payment::new(id.clone(), PaymentStatus::Succeeded, amount).dedup_key()
}
