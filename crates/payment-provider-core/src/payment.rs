use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, OrderId, PaymentId, Pii};

/// One payment attempt, as reported by the gateway.
///
/// In a webhook it is a *movement*: a delta that counts once, regardless of the number and order of
/// the deliveries and of the event types that report it (see [`dedup_key`](Self::dedup_key)).
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, Money, Payment, PaymentId, PaymentStatus};
///
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let payment = Payment::new(PaymentId::new("pay_1")?, PaymentStatus::Succeeded, amount);
/// // Every report of this state of the payment has the same key, so that it counts once.
/// assert_eq!(payment.dedup_key().as_str(), "payment:succeeded:pay_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    /// The gateway's id of this attempt.
    pub id: PaymentId,
    /// The gateway's order that this attempt belongs to, if the gateway has orders.
    pub order_id: Option<OrderId>,
    /// The status of the attempt.
    pub status: PaymentStatus,
    /// The amount that counts toward the requested amount.
    pub amount: Money,
    /// The amount charged to the payer, if it differs (offers, surcharge, another currency).
    pub charged: Option<Money>,
    /// The gateway's name for the payment method, for example `upi`.
    pub method: Option<String>,
    /// The bank's reference, by which payer and merchant find the transfer in their statements.
    pub bank_reference: Option<String>,
    /// The reason for the failure, if the attempt failed.
    pub failure: Option<PaymentFailure>,
    /// The time of the payment, as reported by the gateway.
    pub paid_at: Option<Timestamp>,
}

impl Payment {
    /// Creates a payment with only the required fields.
    pub const fn new(id: PaymentId, status: PaymentStatus, amount: Money) -> Self {
        Self {
            id,
            order_id: None,
            status,
            amount,
            charged: None,
            method: None,
            bank_reference: None,
            failure: None,
            paid_at: None,
        }
    }

    /// Returns the key under which this event takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, PaymentStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("payment", &[state], &self.id)
    }
}

/// The status of a payment attempt.
///
/// # Examples
/// ```
/// use payment_provider_core::PaymentStatus;
///
/// assert_eq!(PaymentStatus::Succeeded.as_str(), "succeeded");
/// // A gateway may have statuses that were added after this version. They are kept, and post no money.
/// let status = PaymentStatus::Unknown("ON_REVIEW".to_owned());
/// assert_eq!(status.as_str(), "ON_REVIEW");
/// assert_ne!(status, PaymentStatus::Succeeded);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaymentStatus {
    /// Money was received. The only status for which money is posted.
    Succeeded,
    /// This attempt failed; a later one may succeed.
    Failed,
    /// The payer left without completing the payment.
    Dropped,
    /// Not decided yet; may still reach any other status.
    Pending,
    /// Cancelled or voided before capture.
    Cancelled,
    /// A status that this version does not know, kept as received.
    Unknown(String),
}

impl PaymentStatus {
    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::Pending => "pending",
            Self::Cancelled => "cancelled",
            Self::Unknown(word) => word,
        }
    }
}

/// The reason for a failed payment attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentFailure {
    /// The gateway's error code.
    pub code: Option<String>,
    /// The gateway's message for the merchant; it may contain personal data.
    pub message: Option<Pii>,
}

impl PaymentFailure {
    /// Creates a failure from the gateway's code and message.
    pub const fn new(code: Option<String>, message: Option<Pii>) -> Self {
        Self { code, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn the_effect_key_tells_attempts_and_outcomes_apart() {
        let payment = |id: &str, status| {
            let amount = Money::from_minor_units(100, Currency::INR);
            Payment::new(PaymentId::new(id).unwrap(), status, amount).dedup_key()
        };
        let key = payment("1", PaymentStatus::Succeeded);
        assert_eq!(key, payment("1", PaymentStatus::Succeeded));
        assert_ne!(key, payment("1", PaymentStatus::Failed));
        assert_ne!(key, payment("2", PaymentStatus::Succeeded));
        let word = PaymentStatus::Unknown("succeeded".to_owned());
        assert_ne!(key, payment("1", word));
    }
}
