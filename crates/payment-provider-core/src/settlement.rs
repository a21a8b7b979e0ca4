use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, SettlementId};

/// A payout of collected money from the gateway to the merchant's bank, as reported by the gateway.
///
/// A settlement covers many payments and changes none of them: it serves for comparison with the
/// bank statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settlement {
    /// The gateway's id of this settlement.
    pub id: SettlementId,
    /// The status of the settlement.
    pub status: SettlementStatus,
    /// The amount credited to the merchant's bank account.
    pub amount: Money,
    /// The bank's transfer number (in India the UTR), which appears on the bank statement.
    pub bank_reference: Option<String>,
    /// The time of the payout, or else the time at which it was started.
    pub settled_at: Option<Timestamp>,
}

impl Settlement {
    /// Creates a settlement with only the required fields.
    pub const fn new(id: SettlementId, status: SettlementStatus, amount: Money) -> Self {
        Self {
            id,
            status,
            amount,
            bank_reference: None,
            settled_at: None,
        }
    }

    /// Returns the key under which this event takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, SettlementStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("settlement", &[state], &self.id)
    }
}

/// The status of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettlementStatus {
    /// On its way to the bank.
    Initiated,
    /// Received by the bank.
    Succeeded,
    /// Failed to reach the bank.
    Failed,
    /// Returned by the bank.
    Reversed,
    /// A status that this version does not know, kept as received.
    Unknown(String),
}

impl SettlementStatus {
    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Initiated => "initiated",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
            Self::Unknown(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn a_settlement_that_is_reversed_is_news_after_it_succeeded() {
        let settlement = |status| {
            let amount = Money::from_minor_units(9_794, Currency::INR);
            Settlement::new(SettlementId::new("738").unwrap(), status, amount)
        };
        let succeeded = settlement(SettlementStatus::Succeeded);
        assert_eq!(succeeded.dedup_key().as_str(), "settlement:succeeded:738");
        let reversed = settlement(SettlementStatus::Reversed);
        assert_ne!(succeeded.dedup_key(), reversed.dedup_key());
        let word = settlement(SettlementStatus::Unknown("succeeded".to_owned()));
        assert_ne!(succeeded.dedup_key(), word.dedup_key());
        let text = serde_json::to_string(&reversed).unwrap();
        assert_eq!(serde_json::from_str::<Settlement>(&text).unwrap(), reversed);
    }
}
