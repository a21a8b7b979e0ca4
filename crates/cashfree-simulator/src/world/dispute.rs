//! Payers who want their money back through their bank.

use std::time::Duration;

use jiff::Timestamp;

use super::{Place, World};
use crate::clock::later;
use crate::control_error::ControlError;
use crate::faults::wire_names;
use crate::money::Paise;
use crate::webhook::Occurrence;

/// How long the merchant has to answer.
const TIME_TO_RESPOND: Duration = Duration::from_hours(3 * 24);

wire_names! {
    /// The kind of a dispute.
    DisputeType, UnknownDisputeType, "dispute type" {
        /// A complaint.
        Dispute = "DISPUTE",
        /// The bank takes the money back.
        Chargeback = "CHARGEBACK",
        /// The bank asks for papers.
        Retrieval = "RETRIEVAL",
        /// The second round.
        PreArbitration = "PRE_ARBITRATION",
        /// The last round.
        Arbitration = "ARBITRATION",
    }
}

wire_names! {
    /// How far a dispute has come. On the wire its kind stands before it: `CHARGEBACK_MERCHANT_WON`.
    DisputeStage, UnknownDisputeStage, "dispute stage" {
        /// It was raised.
        Created = "CREATED",
        /// The merchant's papers have come.
        DocsReceived = "DOCS_RECEIVED",
        /// Somebody looks at them.
        UnderReview = "UNDER_REVIEW",
        /// The papers do not suffice.
        InsufficientEvidence = "INSUFFICIENT_EVIDENCE",
        /// It ended for the merchant.
        MerchantWon = "MERCHANT_WON",
        /// It ended against the merchant.
        MerchantLost = "MERCHANT_LOST",
        /// The merchant gave in.
        MerchantAccepted = "MERCHANT_ACCEPTED",
    }
}

impl DisputeStage {
    /// Whether the dispute is over.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::MerchantWon | Self::MerchantLost | Self::MerchantAccepted
        )
    }
}

/// A dispute as the simulator holds it.
pub(crate) struct Dispute {
    pub(crate) dispute_id: i64,
    pub(crate) place: Place,
    pub(crate) kind: DisputeType,
    pub(crate) stage: DisputeStage,
    pub(crate) amount: Paise,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) respond_by: Timestamp,
}

impl World {
    /// Raises a dispute about a successful payment, and says so.
    pub(crate) fn raise_dispute(
        &mut self,
        cf_payment_id: &str,
        kind: DisputeType,
        amount: Option<Paise>,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let place = self.named_payment(cf_payment_id)?;
        let dispute_id = self.dice.number(9);
        let (_, payment) = self
            .at(place)
            .ok_or_else(|| ControlError::not_found("cf_payment_id"))?;
        if !payment.took_money() {
            return Err(ControlError::conflict(
                "payment_not_successful",
                "cf_payment_id",
                "cf_payment_id: the payment took no money, there is nothing to dispute",
            ));
        }
        let amount = amount.unwrap_or(payment.amount);
        if amount > payment.amount {
            return Err(ControlError::invalid("amount", "is more than was paid"));
        }
        let position = self.disputes.len();
        self.disputes.push(Dispute {
            dispute_id,
            place,
            kind,
            stage: DisputeStage::Created,
            amount,
            created_at: now,
            updated_at: now,
            respond_by: later(now, TIME_TO_RESPOND),
        });
        self.announce(&[Occurrence::Dispute(position)], now);
        Ok(position)
    }

    /// Takes a dispute further or ends it, and says so.
    pub(crate) fn move_dispute(
        &mut self,
        dispute_id: &str,
        stage: DisputeStage,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        let position = self
            .disputes
            .iter()
            .position(|dispute| dispute.dispute_id.to_string() == dispute_id)
            .ok_or_else(|| ControlError::not_found("dispute_id"))?;
        let dispute = self
            .disputes
            .get_mut(position)
            .ok_or_else(|| ControlError::not_found("dispute_id"))?;
        if dispute.stage.is_end() {
            return Err(ControlError::conflict(
                "dispute_closed",
                "dispute_id",
                format!("dispute_id: the dispute is closed, it is {}", dispute.stage),
            ));
        }
        if stage == DisputeStage::Created {
            return Err(ControlError::invalid(
                "stage",
                "must lead further than CREATED",
            ));
        }
        dispute.stage = stage;
        dispute.updated_at = now;
        self.announce(&[Occurrence::Dispute(position)], now);
        Ok(position)
    }
}
