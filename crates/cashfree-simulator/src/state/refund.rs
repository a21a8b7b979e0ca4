//! Money that goes back.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::payment::PaymentIndex;
use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// How a refund stands, or how it ended.
    RefundStatus, UnknownRefundStatus, "refund status" {
        /// It has not ended yet.
        Pending = "PENDING",
        /// The money went back.
        Success = "SUCCESS",
        /// The merchant called it off.
        Cancelled = "CANCELLED",
        /// It waits for the merchant's balance.
        OnHold = "ONHOLD",
        /// The bank took no money back.
        Failed = "FAILED",
    }
}

impl RefundStatus {
    /// Whether it can still end one way or the other.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::OnHold)
    }
}

wire_enum! {
    /// Who wanted a refund.
    RefundType, UnknownRefundType, "refund type" {
        /// The merchant, through the API.
        MerchantInitiated = "MERCHANT_INITIATED",
        /// The gateway, for a payment too many.
        PaymentAutoRefund = "PAYMENT_AUTO_REFUND",
        /// The gateway, for money it could not match.
        UnreconciledAutoRefund = "UNRECONCILED_AUTO_REFUND",
    }
}

wire_enum! {
    /// How fast a refund is to be.
    RefundSpeed, UnknownRefundSpeed, "refund speed" {
        /// By the bank's ordinary ways.
        Standard = "STANDARD",
        /// At once.
        Instant = "INSTANT",
    }
}

/// What a valid refund request asks for.
pub(crate) struct NewRefund {
    pub(crate) refund_id: Option<String>,
    pub(crate) amount: Paise,
    pub(crate) note: Option<String>,
    pub(crate) speed: RefundSpeed,
    pub(crate) splits: Option<Box<RawValue>>,
}

/// A refund as the simulator holds it.
pub(crate) struct Refund {
    pub(crate) payment: PaymentIndex,
    pub(crate) cf_refund_id: i64,
    pub(crate) refund_id: String,
    pub(crate) kind: RefundType,
    pub(crate) status: RefundStatus,
    pub(crate) amount: Paise,
    pub(crate) note: Option<String>,
    /// Why the gateway made it by itself.
    pub(crate) reason: Option<String>,
    pub(crate) requested: RefundSpeed,
    pub(crate) accepted: RefundSpeed,
    pub(crate) splits: Option<Box<RawValue>>,
    pub(crate) arn: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) visible_from: Timestamp,
    pub(crate) processed_at: Option<Timestamp>,
}

impl Refund {
    /// Whether its amount counts against what can be refunded.
    pub(crate) const fn reserves_amount(&self) -> bool {
        !matches!(self.status, RefundStatus::Cancelled | RefundStatus::Failed)
    }

    /// The gateway's words about a refund that stands so.
    pub(crate) const fn description(status: RefundStatus, kind: RefundType) -> &'static str {
        match (status, kind) {
            (RefundStatus::Success, RefundType::MerchantInitiated) => {
                "Refund processed successfully"
            }
            (RefundStatus::Success, _) => "Auto-Refund processed successfully",
            (RefundStatus::Pending, _) => "In Progress",
            (RefundStatus::Cancelled, _) => "Refund is cancelled",
            (RefundStatus::OnHold, _) => "Refund is on hold, the balance is too low",
            (RefundStatus::Failed, _) => "Refund has failed",
        }
    }
}
