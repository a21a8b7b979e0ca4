//! Disputes that payers raise through their bank.

use jiff::Timestamp;

use super::payment::PaymentIndex;
use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
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

wire_enum! {
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
    pub(crate) payment: PaymentIndex,
    pub(crate) kind: DisputeType,
    pub(crate) stage: DisputeStage,
    pub(crate) amount: Paise,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) respond_by: Timestamp,
}
