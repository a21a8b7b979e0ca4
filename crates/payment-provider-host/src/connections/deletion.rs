//! Deletion of a connection.

use super::Connections;
use crate::connection_ref::ConnectionRef;
use crate::connection_use::ConnectionUse;
use crate::error::{Entity, Error, Refusal};
use crate::store::{ConnectionUseRow, Deletion};
use crate::timestamp;

fn usage(row: &ConnectionUseRow, now: i64, grace: i64) -> ConnectionUse {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let until = row.expected_until(grace).filter(|until| *until > now);
    ConnectionUse {
        open_checkouts: count(row.open_checkouts),
        unreconciled_checkouts: count(row.unreconciled_checkouts),
        waiting_deliveries: count(row.waiting_deliveries),
        linked_customers: count(row.customers),
        money_expected_until: until.map(timestamp::from_millis),
    }
}

impl Connections {
    /// Deletes a connection through which no more money is expected.
    pub(crate) async fn delete_connection(&self, connection: &ConnectionRef) -> Result<(), Error> {
        let row = self.row(connection).await?;
        let (now, grace) = (self.now(), self.deletion_grace);
        match self.store.delete_connection(row.pk, now, grace).await? {
            Deletion::Done => Ok(()),
            Deletion::Missing => Err(Entity::Connection.into()),
            Deletion::InUse(row) => Err(Refusal::ConnectionInUse(usage(&row, now, grace)).into()),
        }
    }
}
