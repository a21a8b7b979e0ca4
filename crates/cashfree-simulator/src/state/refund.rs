//! Refunds.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::payment::PaymentIndex;
use crate::money::Paise;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The status of a refund.
    RefundStatus, UnknownRefundStatus, "refund status" {
        /// The outcome is still open.
        Pending = "PENDING",
        /// The refund succeeded.
        Success = "SUCCESS",
        /// Cancelled by the merchant.
        Cancelled = "CANCELLED",
        /// On hold until the merchant's balance suffices.
        OnHold = "ONHOLD",
        /// The bank rejected the refund.
        Failed = "FAILED",
    }
}

impl RefundStatus {
    /// Returns true if the outcome is still open.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::OnHold)
    }
}

wire_enum! {
    /// The origin of a refund.
    RefundType, UnknownRefundType, "refund type" {
        /// Requested by the merchant through the API.
        MerchantInitiated = "MERCHANT_INITIATED",
        /// Made by the gateway for a duplicate payment.
        PaymentAutoRefund = "PAYMENT_AUTO_REFUND",
        /// Made by the gateway for a payment that it could not reconcile.
        UnreconciledAutoRefund = "UNRECONCILED_AUTO_REFUND",
    }
}

wire_enum! {
    /// The speed of a refund.
    RefundSpeed, UnknownRefundSpeed, "refund speed" {
        /// Through the bank's usual channels.
        Standard = "STANDARD",
        /// At once.
        Instant = "INSTANT",
    }
}

/// A valid request to create a refund.
pub(crate) struct NewRefund {
    pub(crate) refund_id: Option<String>,
    pub(crate) amount: Paise,
    pub(crate) note: Option<String>,
    pub(crate) speed: RefundSpeed,
    pub(crate) splits: Option<Box<RawValue>>,
}

/// The internal record of a refund.
pub(crate) struct Refund {
    pub(crate) payment: PaymentIndex,
    pub(crate) cf_refund_id: i64,
    pub(crate) refund_id: String,
    pub(crate) kind: RefundType,
    pub(crate) status: RefundStatus,
    pub(crate) amount: Paise,
    pub(crate) note: Option<String>,
    /// The reason of a refund that the gateway made by itself.
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
    /// Returns true if its amount counts against the refundable amount.
    pub(crate) const fn reserves_amount(&self) -> bool {
        !matches!(self.status, RefundStatus::Cancelled | RefundStatus::Failed)
    }

    /// Returns the gateway's description of a refund with this status.
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
