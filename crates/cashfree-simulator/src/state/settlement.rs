//! Payouts to the merchant.

use jiff::Timestamp;

use crate::wire_enum::wire_enum;

wire_enum! {
    /// How a payout stands, or how it ended.
    SettlementStatus, UnknownSettlementStatus, "settlement status" {
        /// It is on its way.
        Initiated = "INITIATED",
        /// The merchant has the money.
        Success = "SUCCESS",
        /// It did not go through.
        Failed = "FAILED",
        /// It went back.
        Reversed = "REVERSED",
    }
}

/// The payout of what paid an order.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) settlement_id: i64,
    pub(crate) utr: i64,
    pub(crate) status: SettlementStatus,
    pub(crate) initiated_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}
