use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, Money, OrderId, PaymentId, Pii, RefundId, RefundReference};

/// A refund of a payment to the payer, as reported by the gateway.
///
/// In a webhook it is a *movement*: each state it reaches counts once, regardless of the number and
/// order of the deliveries and of the event types that report it (see
/// [`dedup_key`](Self::dedup_key)). A payment can have several refunds; only those that
/// [succeeded](RefundStatus::Succeeded) have returned money.
///
/// # Examples
/// ```
/// use payment_provider_core::{Currency, Money, PaymentId, Refund, RefundId, RefundStatus};
///
/// let amount = Money::from_decimal("50.00", Currency::INR)?;
/// let mut refund = Refund::new(RefundId::new("rfnd_1")?, RefundStatus::Succeeded, amount);
/// refund.payment_id = Some(PaymentId::new("pay_1")?);
/// assert_eq!(refund.dedup_key().as_str(), "refund:succeeded:rfnd_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The gateway's id of this refund.
    pub id: RefundId,
    /// The id under which the merchant requested the refund. Automatic refunds have none.
    pub reference: Option<RefundReference>,
    /// The refunded payment.
    pub payment_id: Option<PaymentId>,
    /// The gateway's order that the payment belongs to.
    pub order_id: Option<OrderId>,
    /// The status of the refund.
    pub status: RefundStatus,
    /// The amount returned to the payer by this refund alone.
    pub amount: Money,
    /// The initiator, if the gateway reports it.
    pub origin: Option<RefundOrigin>,
    /// The bank's reference, by which payer and merchant find the refund in their statements.
    pub bank_reference: Option<String>,
    /// The reason for the refund, as stated by its initiator; it may contain personal data.
    pub reason: Option<Pii>,
    /// The gateway's explanation of why the refund is not complete.
    pub failure: Option<Pii>,
    /// The time at which the refund was started.
    pub created_at: Option<Timestamp>,
    /// The time at which the gateway finished processing the refund.
    pub processed_at: Option<Timestamp>,
}

impl Refund {
    /// Creates a refund with only the required fields.
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

    /// Returns the key under which this event takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let known = !matches!(self.status, RefundStatus::Unknown(_));
        let state = StateWord::new(self.status.as_str(), known);
        DedupKey::of("refund", &[state], &self.id)
    }
}

/// The status of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundStatus {
    /// The refund is in progress.
    Pending,
    /// Awaits the merchant, whose balance at the gateway is insufficient.
    OnHold,
    /// The gateway returned the money. The only status that reduces the received amount.
    Succeeded,
    /// Failed; the merchant keeps the money and may try again.
    Failed,
    /// Cancelled.
    Cancelled,
    /// A status that this version does not know, kept as received.
    Unknown(String),
}

impl RefundStatus {
    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
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

/// The initiator of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundOrigin {
    /// The merchant requested the refund.
    Merchant,
    /// The gateway started the refund automatically, for example because an order was paid twice.
    Automatic,
    /// An initiator that this version does not know, kept as received.
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
        let mut reworded = refund("1", RefundStatus::Succeeded);
        reworded.origin = Some(RefundOrigin::Automatic);
        reworded.reason = Some("worded differently".into());
        assert_eq!(key, reworded.dedup_key());
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
