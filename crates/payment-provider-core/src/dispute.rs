use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, DisputeId, Money, OrderId, PaymentId, Pii};

/// A payer, or the payer's bank, contesting a payment, as the gateway tells it.
///
/// It books nothing by itself: what it comes to in money is for the host to decide. The same
/// dispute can pass through several [stages](DisputeStage), and in each of them be open, under
/// review and decided; each of these states is one piece of news (see
/// [`dedup_key`](Self::dedup_key)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dispute {
    /// The gateway's id of this dispute.
    pub id: DisputeId,
    /// The payment that is contested.
    pub payment_id: Option<PaymentId>,
    /// The gateway's order that payment belongs to.
    pub order_id: Option<OrderId>,
    /// How far it has gone, if the gateway says so.
    pub stage: Option<DisputeStage>,
    /// Where it stands in that stage.
    pub status: DisputeStatus,
    /// How much of the payment is contested.
    pub amount: Money,
    /// The bank's or network's code for the reason.
    pub reason_code: Option<String>,
    /// The reason in words; they may hold personal data.
    pub reason: Option<Pii>,
    /// Until when the merchant can answer.
    pub respond_by: Option<Timestamp>,
    /// When the gateway says it came to this.
    pub updated_at: Option<Timestamp>,
}

impl Dispute {
    /// A dispute of which only the essentials are known.
    pub const fn new(id: DisputeId, status: DisputeStatus, amount: Money) -> Self {
        Self {
            id,
            payment_id: None,
            order_id: None,
            stage: None,
            status,
            amount,
            reason_code: None,
            reason: None,
            respond_by: None,
            updated_at: None,
        }
    }

    /// The key under which this news takes effect once per connection.
    pub fn dedup_key(&self) -> DedupKey {
        let stage = self.stage.as_ref().map_or("", DisputeStage::as_str);
        let stage_known = !matches!(self.stage, Some(DisputeStage::Unknown(_)));
        let known = !matches!(self.status, DisputeStatus::Unknown(_));
        let states = [
            StateWord::new(stage, stage_known),
            StateWord::new(self.status.as_str(), known),
        ];
        DedupKey::of("dispute", &states, &self.id)
    }
}

/// How far a dispute has gone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisputeStage {
    /// The bank asks for papers about the payment.
    Retrieval,
    /// The payer complained to the gateway.
    Complaint,
    /// The bank wants the money back.
    Chargeback,
    /// The bank contests the outcome of a chargeback.
    PreArbitration,
    /// The card network decides.
    Arbitration,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl DisputeStage {
    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Retrieval => "retrieval",
            Self::Complaint => "complaint",
            Self::Chargeback => "chargeback",
            Self::PreArbitration => "pre_arbitration",
            Self::Arbitration => "arbitration",
            Self::Unknown(word) => word,
        }
    }
}

/// Where a dispute stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisputeStatus {
    /// Waits for the merchant's answer.
    Open,
    /// The merchant's papers have come in.
    EvidenceReceived,
    /// The merchant's papers are not enough.
    EvidenceInsufficient,
    /// The gateway or the bank looks into it.
    UnderReview,
    /// Decided for the merchant, who keeps the money.
    Won,
    /// Decided for the payer.
    Lost,
    /// The merchant gave in; the payer gets the money.
    Accepted,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl DisputeStatus {
    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::EvidenceReceived => "evidence_received",
            Self::EvidenceInsufficient => "evidence_insufficient",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Accepted => "accepted",
            Self::Unknown(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn dispute(stage: Option<DisputeStage>, status: DisputeStatus) -> Dispute {
        let amount = Money::from_minor_units(300, Currency::INR);
        let mut dispute = Dispute::new(DisputeId::new("7").unwrap(), status, amount);
        dispute.stage = stage;
        dispute
    }

    #[test]
    fn each_state_in_each_stage_is_news_of_its_own() {
        let stages = [
            None,
            Some(DisputeStage::Complaint),
            Some(DisputeStage::Chargeback),
            Some(DisputeStage::Unknown("chargeback".to_owned())),
        ];
        let statuses = [
            DisputeStatus::Open,
            DisputeStatus::Won,
            DisputeStatus::Unknown("won".to_owned()),
        ];
        let mut keys = std::collections::BTreeSet::new();
        for stage in &stages {
            for status in &statuses {
                let dispute = dispute(stage.clone(), status.clone());
                assert_eq!(dispute.dedup_key(), dispute.clone().dedup_key());
                keys.insert(dispute.dedup_key());
            }
        }
        assert_eq!(keys.len(), stages.len() * statuses.len(), "{keys:?}");
    }

    #[test]
    fn a_dispute_is_stored_and_read_back_and_its_reason_stays_out_of_logs() {
        let mut dispute = dispute(Some(DisputeStage::PreArbitration), DisputeStatus::Open);
        dispute.reason = Some("canary-name did not get it".into());
        dispute.respond_by = Some("2026-02-03T23:59:59+05:30".parse().unwrap());
        assert!(!format!("{dispute:?}").contains("canary-name"));
        let text = serde_json::to_string(&dispute).unwrap();
        assert_eq!(serde_json::from_str::<Dispute>(&text).unwrap(), dispute);
    }
}
