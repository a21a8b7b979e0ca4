//! Settlements: the gateway's payouts to the merchant.

use jiff::Timestamp;

use crate::wire_enum::wire_enum;

wire_enum! {
    /// The status of a settlement.
    SettlementStatus, UnknownSettlementStatus, "settlement status" {
        /// The transfer is in progress.
        Initiated = "INITIATED",
        /// The merchant received the money.
        Success = "SUCCESS",
        /// The transfer failed.
        Failed = "FAILED",
        /// The transfer was reversed.
        Reversed = "REVERSED",
    }
}

/// The settlement of an order's successful payment.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) settlement_id: i64,
    pub(crate) utr: i64,
    pub(crate) status: SettlementStatus,
    pub(crate) initiated_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}
