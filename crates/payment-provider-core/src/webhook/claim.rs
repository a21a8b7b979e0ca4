use serde::{Deserialize, Serialize};

use crate::{Money, OrderId, Payment, PaymentId, Refund, RefundId, RefundReference, RefundStatus};

/// A statement that money has been received, from a report that is not enough to post by. The
/// checkout is the event's target.
///
/// The report names an order without the gateway's id of the payment, or it names the payment, but a
/// detail is missing or the delivery is outside its acceptance window. A claim posts nothing. The
/// host waits for the payment event, or fetches the payments, until the account holds the money
/// under the gateway's own id of the payment.
///
/// A claim of an order states the total received for it: two such claims state the same money, so
/// their amounts are not added.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, EventKind, Money, OrderId, PaymentClaim, PaymentId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let claim = PaymentClaim::of_order(OrderId::new("order-1")?, amount);
/// assert_eq!(claim.amount, Some(amount));
/// let claim = PaymentClaim::of_payment(PaymentId::new("pay_1")?)
///     .with_order_id(Some(OrderId::new("order-1")?));
/// assert!(matches!(EventKind::PaymentClaimed(claim), EventKind::PaymentClaimed(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentClaim {
    /// The gateway's id of the payment. `None` in a claim of an order.
    #[serde(default)]
    pub payment_id: Option<PaymentId>,
    /// The gateway's id of the order that was paid.
    pub order_id: Option<OrderId>,
    /// The amount of the payment, or the total received for the order, as it counts toward the
    /// checkout. `None` if the report does not state it unambiguously.
    pub amount: Option<Money>,
}

impl PaymentClaim {
    /// Creates a claim that this amount of an order has been received, by a payment without an id.
    pub const fn of_order(order_id: OrderId, amount: Money) -> Self {
        Self {
            payment_id: None,
            order_id: Some(order_id),
            amount: Some(amount),
        }
    }

    /// Creates a claim that the payment of this id has been received.
    pub const fn of_payment(payment_id: PaymentId) -> Self {
        Self {
            payment_id: Some(payment_id),
            order_id: None,
            amount: None,
        }
    }

    /// Sets the gateway's order.
    pub fn with_order_id(mut self, id: Option<OrderId>) -> Self {
        self.order_id = id;
        self
    }

    /// Sets the amount.
    pub const fn with_amount(mut self, amount: Option<Money>) -> Self {
        self.amount = amount;
        self
    }
}

impl From<Payment> for PaymentClaim {
    /// Claims the payment that a report names, without the rest of the report.
    fn from(payment: Payment) -> Self {
        Self {
            payment_id: Some(payment.id),
            order_id: payment.order_id,
            amount: Some(payment.amount),
        }
    }
}

/// A statement that a refund exists, from a report that is not enough to record it: a detail is
/// missing, or the delivery is outside its acceptance window.
///
/// A claim records nothing. The host lists the refunds with
/// [`RefundInquiry`](crate::RefundInquiry), until the gateway's own record of this refund is
/// recorded.
///
/// # Examples
/// ```
/// use payment_provider_core::{PaymentId, RefundClaim, RefundId};
///
/// let claim = RefundClaim::of_refund(RefundId::new("rfnd_1")?)
///     .with_payment_id(Some(PaymentId::new("pay_1")?));
/// assert_eq!(claim.reference, None);
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundClaim {
    /// The gateway's id of the refund. `None` only if the report names it by its reference alone.
    pub id: Option<RefundId>,
    /// The id under which the merchant requested the refund.
    pub reference: Option<RefundReference>,
    /// The refunded payment.
    pub payment_id: Option<PaymentId>,
    /// The status, if the report states it. The claim is done once the gateway's record has reached
    /// it.
    #[serde(default)]
    pub status: Option<RefundStatus>,
    /// The amount returned to the payer, if the report states it.
    pub amount: Option<Money>,
}

impl RefundClaim {
    /// Creates a claim of the refund with this id.
    pub const fn of_refund(id: RefundId) -> Self {
        Self {
            id: Some(id),
            reference: None,
            payment_id: None,
            status: None,
            amount: None,
        }
    }

    /// Creates a claim of the refund that the merchant requested under this id.
    pub const fn of_reference(reference: RefundReference) -> Self {
        Self {
            id: None,
            reference: Some(reference),
            payment_id: None,
            status: None,
            amount: None,
        }
    }

    /// Sets the id under which the merchant requested the refund.
    pub fn with_reference(mut self, reference: Option<RefundReference>) -> Self {
        self.reference = reference;
        self
    }

    /// Sets the refunded payment.
    pub fn with_payment_id(mut self, id: Option<PaymentId>) -> Self {
        self.payment_id = id;
        self
    }

    /// Sets the status.
    pub fn with_status(mut self, status: Option<RefundStatus>) -> Self {
        self.status = status;
        self
    }

    /// Sets the amount.
    pub const fn with_amount(mut self, amount: Option<Money>) -> Self {
        self.amount = amount;
        self
    }

    /// Returns `true` if this is the claimed refund. The gateway's id decides; the reference
    /// counts only in a claim without it, and for the same payment if both name one.
    pub fn is_of(&self, refund: &Refund) -> bool {
        match (&self.id, &self.reference) {
            (Some(id), _) => refund.id == *id,
            (None, Some(reference)) => {
                let payments = (&self.payment_id, &refund.payment_id);
                let other_payment = matches!(payments, (Some(one), Some(two)) if one != two);
                refund.reference.as_ref() == Some(reference) && !other_payment
            }
            (None, None) => false,
        }
    }
}

impl From<Refund> for RefundClaim {
    /// Claims the refund that a report names, without the rest of the report.
    fn from(refund: Refund) -> Self {
        Self {
            id: Some(refund.id),
            reference: refund.reference,
            payment_id: refund.payment_id,
            status: Some(refund.status),
            amount: Some(refund.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn the_gateways_id_decides_which_refund_is_claimed() {
        let amount = Money::from_minor_units(100, Currency::INR);
        let mut refund = Refund::new(RefundId::new("1").unwrap(), RefundStatus::Pending, amount);
        let reference = RefundReference::new("mine").unwrap();
        refund.reference = Some(reference.clone());
        let by_reference = RefundClaim::of_reference(reference.clone());
        assert!(by_reference.is_of(&refund));
        let other = RefundClaim::of_refund(RefundId::new("2").unwrap());
        assert!(!other.with_reference(Some(reference)).is_of(&refund));
        assert!(RefundClaim::from(refund.clone()).is_of(&refund));
        refund.reference = None;
        assert!(!by_reference.is_of(&refund));
    }
}
