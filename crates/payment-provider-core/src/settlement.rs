use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, SettlementId};

/// The gateway paying out to the merchant's bank what it collected, as the gateway tells it.
///
/// It is about many payments at once and changes none of them: it serves to compare with the bank's
/// statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settlement {
    /// The gateway's id of this settlement.
    pub id: SettlementId,
    /// What became of it.
    pub status: SettlementStatus,
    /// What the merchant's bank account gets.
    pub amount: Money,
    /// The bank's number of the transfer (in India the UTR), which is on the bank's statement.
    pub bank_reference: Option<String>,
    /// When it was paid out, or else begun.
    pub settled_at: Option<Timestamp>,
}

impl Settlement {
    /// A settlement of which only the essentials are known.
    pub const fn new(id: SettlementId, status: SettlementStatus, amount: Money) -> Self {
        Self {
            id,
            status,
            amount,
            bank_reference: None,
            settled_at: None,
        }
    }

    /// The key under which this news takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, SettlementStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("settlement", &[state], &self.id)
    }
}

/// What became of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettlementStatus {
    /// On its way to the bank.
    Initiated,
    /// The bank has it.
    Succeeded,
    /// It did not reach the bank.
    Failed,
    /// The bank sent it back.
    Reversed,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl SettlementStatus {
    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
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
        let told = |status| {
            let amount = Money::from_minor_units(9_794, Currency::INR);
            Settlement::new(SettlementId::new("738").unwrap(), status, amount)
        };
        let succeeded = told(SettlementStatus::Succeeded);
        assert_eq!(succeeded.dedup_key().as_str(), "settlement:succeeded:738");
        let reversed = told(SettlementStatus::Reversed);
        assert_ne!(succeeded.dedup_key(), reversed.dedup_key());
        let word = told(SettlementStatus::Unknown("succeeded".to_owned()));
        assert_ne!(succeeded.dedup_key(), word.dedup_key());
        let text = serde_json::to_string(&reversed).unwrap();
        assert_eq!(serde_json::from_str::<Settlement>(&text).unwrap(), reversed);
    }
}
