use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, OrderId, PaymentId, Pii, RefundId, RefundReference};

/// Money of one payment going back to the payer, as the gateway tells it.
///
/// Reported by a webhook it is a *movement*: each state it comes to counts once, however often, in
/// whatever order and through whichever event type it is told (see
/// [`dedup_key`](Self::dedup_key)). A payment can have several refunds; only those that
/// [succeeded](RefundStatus::Succeeded) have given money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The gateway's id of this refund.
    pub id: RefundId,
    /// The id under which the merchant asked for it. Automatic refunds have none.
    pub reference: Option<RefundReference>,
    /// The payment it gives back.
    pub payment_id: Option<PaymentId>,
    /// The gateway's order that payment belongs to.
    pub order_id: Option<OrderId>,
    /// What became of it.
    pub status: RefundStatus,
    /// What the payer gets back by this refund alone.
    pub amount: Money,
    /// Who began it, if the gateway says so.
    pub origin: Option<RefundOrigin>,
    /// The bank's reference, by which payer and merchant find it in their statements.
    pub bank_reference: Option<String>,
    /// Why it was made, in the words of whoever made it; they may hold personal data.
    pub reason: Option<Pii>,
    /// What the gateway says about why it is not done.
    pub failure: Option<Pii>,
    /// When it was begun.
    pub created_at: Option<Timestamp>,
    /// When the gateway was done with it.
    pub processed_at: Option<Timestamp>,
}

impl Refund {
    /// A refund of which only the essentials are known.
    pub const fn new(id: RefundId, status: RefundStatus, amount: Money) -> Self {
        Self {
            id,
            reference: None,
            payment_id: None,
            order_id: None,
            status,
            amount,
            origin: None,
            bank_reference: None,
            reason: None,
            failure: None,
            created_at: None,
            processed_at: None,
        }
    }

    /// The key under which this news takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, RefundStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("refund", &[state], &self.id)
    }
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundStatus {
    /// Under way.
    Pending,
    /// Waits for the merchant, whose balance at the gateway does not cover it.
    OnHold,
    /// The gateway sent the money back. The only status that takes anything from what was received.
    Succeeded,
    /// It came to nothing; the merchant keeps the money and may try again.
    Failed,
    /// It was called off.
    Cancelled,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl RefundStatus {
    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::OnHold => "on_hold",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown(word) => word,
        }
    }
}

/// Who began a refund.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundOrigin {
    /// The merchant asked for it.
    Merchant,
    /// The gateway made it of itself, for instance since an order was paid twice.
    Automatic,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn refund(id: &str, status: RefundStatus) -> Refund {
        let amount = Money::from_minor_units(100, Currency::INR);
        Refund::new(RefundId::new(id).unwrap(), status, amount)
    }

    #[test]
    fn the_effect_key_tells_refunds_and_outcomes_apart_and_nothing_else() {
        let key = refund("1", RefundStatus::Succeeded).dedup_key();
        let mut retold = refund("1", RefundStatus::Succeeded);
        retold.origin = Some(RefundOrigin::Automatic);
        retold.reason = Some("told another way".into());
        assert_eq!(key, retold.dedup_key());
        assert_eq!(key.as_str(), "refund:succeeded:1");
        assert_ne!(key, refund("2", RefundStatus::Succeeded).dedup_key());
        assert_ne!(key, refund("1", RefundStatus::Pending).dedup_key());
        let word = RefundStatus::Unknown("succeeded".to_owned());
        assert_ne!(key, refund("1", word).dedup_key());
    }

    #[test]
    fn a_refund_is_stored_and_read_back_and_its_notes_stay_out_of_logs() {
        let mut refund = refund("1", RefundStatus::Unknown("NEW".to_owned()));
        refund.reason = Some("for canary-name".into());
        refund.failure = Some("account of canary-name".into());
        refund.processed_at = Some("2026-02-03T04:05:06+05:30".parse().unwrap());
        assert!(!format!("{refund:?}").contains("canary-name"));
        let text = serde_json::to_string(&refund).unwrap();
        assert!(text.contains(r#""status":{"unknown":"NEW"}"#), "{text}");
        assert_eq!(serde_json::from_str::<Refund>(&text).unwrap(), refund);
    }
}
