//! Disputes that payers raise with their banks.

use jiff::Timestamp;

use super::payment::PaymentIndex;
use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The type of a dispute.
    DisputeType, UnknownDisputeType, "dispute type" {
        /// A complaint by the payer.
        Dispute = "DISPUTE",
        /// The bank reverses the payment.
        Chargeback = "CHARGEBACK",
        /// The bank requests documents.
        Retrieval = "RETRIEVAL",
        /// The second round of a chargeback.
        PreArbitration = "PRE_ARBITRATION",
        /// The last round of a chargeback.
        Arbitration = "ARBITRATION",
    }
}

wire_enum! {
    /// The stage of a dispute. On the wire the type precedes it: `CHARGEBACK_MERCHANT_WON`.
    DisputeStage, UnknownDisputeStage, "dispute stage" {
        /// The dispute was raised.
        Created = "CREATED",
        /// The merchant's documents were received.
        DocsReceived = "DOCS_RECEIVED",
        /// The documents are under review.
        UnderReview = "UNDER_REVIEW",
        /// The documents do not suffice.
        InsufficientEvidence = "INSUFFICIENT_EVIDENCE",
        /// Closed in favour of the merchant.
        MerchantWon = "MERCHANT_WON",
        /// Closed against the merchant.
        MerchantLost = "MERCHANT_LOST",
        /// The merchant accepted the dispute.
        MerchantAccepted = "MERCHANT_ACCEPTED",
    }
}

impl DisputeStage {
    /// Returns true if the dispute is closed.
    pub const fn is_closed(self) -> bool {
        matches!(
            self,
            Self::MerchantWon | Self::MerchantLost | Self::MerchantAccepted
        )
    }
}

/// The internal record of a dispute.
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
