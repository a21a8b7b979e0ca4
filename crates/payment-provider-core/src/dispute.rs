use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dedup_key::StateWord;
use crate::{DedupKey, DisputeId, Money, OrderId, PaymentId, Pii};

/// A contested payment, as reported by the gateway. The payer or the payer's bank contests it.
///
/// A dispute posts no money by itself: the host decides on its financial effect. The same dispute
/// can pass through several [stages](DisputeStage), and in each stage it can be open, under review
/// or decided. Each of these states is reported as one event (see [`dedup_key`](Self::dedup_key)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dispute {
    /// The gateway's id of this dispute.
    pub id: DisputeId,
    /// The contested payment.
    pub payment_id: Option<PaymentId>,
    /// The gateway's order that the payment belongs to.
    pub order_id: Option<OrderId>,
    /// The stage of the dispute, if the gateway reports one.
    pub stage: Option<DisputeStage>,
    /// The status within the stage.
    pub status: DisputeStatus,
    /// The contested amount of the payment.
    pub amount: Money,
    /// The reason code of the bank or card network.
    pub reason_code: Option<String>,
    /// The reason as text; it may contain personal data.
    pub reason: Option<Pii>,
    /// The deadline for the merchant's response.
    pub respond_by: Option<Timestamp>,
    /// The time of the latest change, as reported by the gateway.
    pub updated_at: Option<Timestamp>,
}

impl Dispute {
    /// Creates a dispute with only the required fields.
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

    /// Returns the key under which this event takes effect once per connection.
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

/// The stage of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisputeStage {
    /// The bank requests documents about the payment.
    Retrieval,
    /// The payer filed a complaint with the gateway.
    Complaint,
    /// The bank claims the money back.
    Chargeback,
    /// The bank contests the outcome of a chargeback.
    PreArbitration,
    /// The card network decides.
    Arbitration,
    /// A stage that this version does not know, kept as received.
    Unknown(String),
}

impl DisputeStage {
    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
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

/// The status of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisputeStatus {
    /// Awaits the merchant's response.
    Open,
    /// The merchant's evidence was received.
    EvidenceReceived,
    /// The merchant's evidence is not sufficient.
    EvidenceInsufficient,
    /// Under review by the gateway or the bank.
    UnderReview,
    /// Decided in favour of the merchant, who keeps the money.
    Won,
    /// Decided in favour of the payer.
    Lost,
    /// Accepted by the merchant; the payer receives the money.
    Accepted,
    /// A status that this version does not know, kept as received.
    Unknown(String),
}

impl DisputeStatus {
    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
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
