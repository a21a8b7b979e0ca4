//! Checkouts that are still payable after their payable was paid in full: a payment that was begun on
//! an earlier checkout arrived while a later one was open.

use super::account::{Account, CheckoutRecord};

impl Account {
    /// The checkouts on which a payer could pay although nothing is due.
    ///
    /// A checkout that is itself paid counts as over, even before the gateway reports so. A closed
    /// payable has none: closing reported what stayed payable.
    pub(crate) fn redundant_checkouts(&self) -> impl DoubleEndedIterator<Item = &CheckoutRecord> {
        let balance = self.balance();
        let is_paid_in_full = balance.closed().is_none() && balance.due().is_zero();
        self.checkouts.iter().map(|row| &**row).filter(move |row| {
            is_paid_in_full && row.state.may_take_money() && row.posted < row.amount.minor_units()
        })
    }

    /// The checkouts that have to be ended at the gateway: the redundant ones, and of a closed payable every
    /// one on which a payer could pay.
    pub(crate) fn unwanted_checkouts(&self) -> impl Iterator<Item = &CheckoutRecord> {
        let is_closed = self.balance().closed().is_some();
        let all = self.checkouts.iter().map(|row| &**row);
        let left = all.filter(move |row| is_closed && row.state.may_take_money());
        left.chain(self.redundant_checkouts())
    }
}
