//! The reasons for which a connection is not deleted.

use std::fmt;

use payment_provider_core::reexport::time::OffsetDateTime;

/// The reasons for which a connection is still needed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionUse {
    /// Checkouts that a payer may still be able to pay. Close their payables, or wait for their end.
    pub open_checkouts: u64,
    /// Checkouts on which the gateway states money that is neither booked nor written off
    /// ([`Host::write_off`]).
    pub unreconciled_checkouts: u64,
    /// Deliveries that are not applied yet, or parked.
    pub waiting_deliveries: u64,
    /// Customers who pay through it. Link them to another, or unlink them.
    pub linked_customers: u64,
    /// Until when late money, refunds and disputes are expected: [`HostConfig::deletion_grace`] after
    /// the end of the last checkout or the latest payment, whichever was later. `None` if that is
    /// over. It cannot be deleted before, and then only if there is nothing else.
    ///
    /// [`HostConfig::deletion_grace`]: crate::HostConfig::deletion_grace
    pub money_expected_until: Option<OffsetDateTime>,
}

impl fmt::Display for ConnectionUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.open_checkouts, "open checkouts"),
            (self.unreconciled_checkouts, "checkouts with unbooked money"),
            (self.waiting_deliveries, "deliveries not applied"),
            (self.linked_customers, "linked customers"),
        ];
        let mut reasons: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{what}: {count}"))
            .collect();
        if let Some(until) = self.money_expected_until {
            reasons.push(format!("late money is expected until {until}"));
        }
        f.write_str(&reasons.join("; "))
    }
}
