//! What is asked about connections as a whole: many of them, what they are used for, and what
//! customers left behind on them.

use payment_provider_core::{ConnectionCode, OrganizationId};

use super::{CheckoutRow, ConnectionRow};
use crate::PayableId;

/// A connection met on a walk over all of them.
#[derive(Debug, Clone)]
pub struct WalkedConnection {
    pub pk: i64,
    pub organization: OrganizationId,
    pub code: ConnectionCode,
    /// `None`: it was written by another version, and cannot be read here.
    pub row: Option<ConnectionRow>,
}

/// When a secret of a connection verified a delivery last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUseRow {
    pub connection_pk: i64,
    pub label: String,
    pub last_matched_at: i64,
}

/// For what a connection is still needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionUseRow {
    pub open_checkouts: i64,
    /// On which the gateway states more money than is booked or written off.
    pub unbooked_checkouts: i64,
    /// Pending or parked.
    pub waiting_deliveries: i64,
    pub customers: i64,
    /// When the last of its checkouts ends or ended, by what was asked for.
    pub latest_end: Option<i64>,
    /// When the latest payment became known.
    pub latest_payment: Option<i64>,
}

impl ConnectionUseRow {
    /// Until when money, or news of it, is still expected so long after the last sign of any.
    pub(crate) fn expected_until(&self, grace: i64) -> Option<i64> {
        let latest = self.latest_end.max(self.latest_payment)?;
        Some(latest.saturating_add(grace))
    }

    pub(crate) fn is_over(&self, now: i64, grace: i64) -> bool {
        let counts = [
            self.open_checkouts,
            self.unbooked_checkouts,
            self.waiting_deliveries,
            self.customers,
        ];
        counts == [0; 4] && self.expected_until(grace).is_none_or(|until| until <= now)
    }
}

/// What became of a connection that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    Done,
    /// Nothing was changed.
    InUse(ConnectionUseRow),
    /// There is none, or it is deleted already.
    Missing,
}

/// A checkout that may take money, and what for.
#[derive(Debug, Clone)]
pub struct OpenCheckoutRow {
    pub payable: PayableId,
    pub checkout: CheckoutRow,
}
