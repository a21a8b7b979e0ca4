use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, OrderId, PaymentId, Pii};

/// One attempt to pay, as the gateway tells it.
///
/// Reported by a webhook it is a *movement*: a delta that counts once, however often, in whatever
/// order and through whichever event type it is told (see [`dedup_key`](Self::dedup_key)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    /// The gateway's id of this attempt.
    pub id: PaymentId,
    /// The gateway's order this attempt belongs to, where the gateway has orders.
    pub order_id: Option<OrderId>,
    /// What became of it.
    pub status: PaymentStatus,
    /// What counts toward the amount asked for.
    pub amount: Money,
    /// What the payer was charged, where that differs (offers, surcharge, another currency).
    pub charged: Option<Money>,
    /// The gateway's word for the method, for example `upi`.
    pub method: Option<String>,
    /// The bank's reference, by which payer and merchant find the transfer in their statements.
    pub bank_reference: Option<String>,
    /// Why it failed, if it did.
    pub failure: Option<PaymentFailure>,
    /// When the gateway says it was made.
    pub paid_at: Option<Timestamp>,
}

impl Payment {
    /// An attempt of which only the essentials are known.
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

    /// The key under which this news takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, PaymentStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("payment", &[state], &self.id)
    }
}

/// What became of an attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaymentStatus {
    /// Money was received. The only status that books anything.
    Succeeded,
    /// This attempt failed; a later one may succeed.
    Failed,
    /// The payer left without finishing.
    Dropped,
    /// Not decided yet; may still become any of the others.
    Pending,
    /// Called off or voided before it was captured.
    Cancelled,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl PaymentStatus {
    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
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

/// Why an attempt to pay failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentFailure {
    /// The gateway's code.
    pub code: Option<String>,
    /// The gateway's text, for the merchant; it may hold personal data.
    pub message: Option<Pii>,
}

impl PaymentFailure {
    /// A failure with what the gateway says of it.
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
