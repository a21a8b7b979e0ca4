use std::fmt;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{ConnectionCode, OrganizationId};

use super::ConnectionError;
use crate::checkouts::millis;
use crate::store::{ConnectionUseRow, Deletion, StoreError};
use crate::{Host, times};

/// For what a connection is still needed.
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
    pub money_expected_until: Option<Timestamp>,
}

impl ConnectionUse {
    fn of(row: &ConnectionUseRow, now: i64, grace: i64) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let until = row.expected_until(grace).filter(|until| *until > now);
        Self {
            open_checkouts: count(row.open_checkouts),
            unreconciled_checkouts: count(row.unreconciled_checkouts),
            waiting_deliveries: count(row.waiting_deliveries),
            linked_customers: count(row.customers),
            money_expected_until: until.map(times::from_millis),
        }
    }
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

/// Why a connection is not deleted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeletionError {
    /// There is none, or it is deleted already.
    #[error("no such connection")]
    NotFound,
    /// Money could still come in through it.
    #[error("the connection is still needed: {0}")]
    InUse(ConnectionUse),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Host {
    /// Deletes a connection through which no money can come in any more.
    ///
    /// **Contract.** It is gone for every call, its settings and secrets are erased, and its
    /// deliveries are refused as those of an unknown connection. What was asked for and paid through
    /// it stays in the books, under its code, which no other connection of the organization gets: the
    /// gateway may know it, and checkouts are named after it. A delivery that arrives at the same
    /// moment is either stored, and then this is refused, or refused itself.
    /// [`set_connection_enabled`](Self::set_connection_enabled) is for one that shall take no new
    /// checkouts now.
    ///
    /// **Errors.** [`DeletionError::InUse`] with everything that stands in the way.
    ///
    /// **Idempotency.** One that is deleted is not found.
    pub async fn delete_connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<(), DeletionError> {
        let row = match self.connection_row(organization, code).await {
            Ok(row) => row,
            Err(ConnectionError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(DeletionError::NotFound),
        };
        let (now, grace) = (self.now_millis(), millis(self.inner.config.deletion_grace));
        crash_point!("deletion.1-asked");
        match self
            .inner
            .store
            .delete_connection(row.pk, now, grace)
            .await?
        {
            Deletion::Done => {
                crash_point!("deletion.3-deleted");
                Ok(())
            }
            Deletion::Missing => Err(DeletionError::NotFound),
            Deletion::InUse(row) => Err(DeletionError::InUse(ConnectionUse::of(&row, now, grace))),
        }
    }
}
