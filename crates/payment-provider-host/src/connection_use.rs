//! The reasons for which a connection is not deleted.

use std::fmt;

use payment_provider_core::reexport::jiff::Timestamp;

/// The reasons for which a connection is still needed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionUse {
    /// The number of checkouts that a payer may still be able to pay. Close their payables, or wait
    /// for the checkouts to end.
    pub open_checkouts: u64,
    /// The number of checkouts on which the gateway reports money that is neither posted nor
    /// written off ([`Host::write_off`](crate::Host::write_off)).
    pub unreconciled_checkouts: u64,
    /// The number of deliveries that are pending or parked.
    pub waiting_deliveries: u64,
    /// The number of customers who pay through the connection. Link them to another connection, or
    /// unlink them.
    pub linked_customers: u64,
    /// The time until which late money, refunds and disputes are expected:
    /// [`HostConfig::deletion_grace`] after the end of the last checkout or after the latest
    /// payment, whichever is later. `None` if that time has passed. Before it the connection cannot
    /// be deleted; after it, only if there is no other reason.
    ///
    /// [`HostConfig::deletion_grace`]: crate::HostConfig::deletion_grace
    pub money_expected_until: Option<Timestamp>,
}

impl fmt::Display for ConnectionUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.open_checkouts, "open checkouts"),
            (
                self.unreconciled_checkouts,
                "checkouts with unreconciled funds",
            ),
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
