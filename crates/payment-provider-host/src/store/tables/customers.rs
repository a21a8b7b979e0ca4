use payment_provider_core::{ConnectionCode, Customer, CustomerId, OrganizationId, Violations};

use crate::crash_point::CommitStep;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, Store, Transaction};

#[derive(Debug, Clone)]
pub(crate) struct CustomerRow {
    pub organization: OrganizationId,
    pub customer: Customer,
    pub connection_pk: i64,
    /// The code of the connection, which is read but not written.
    pub connection: ConnectionCode,
    pub remote_id: Option<String>,
    pub needs: Violations,
    pub linked_at: i64,
}

pub(super) const COLUMNS: &[&str] = &[
    "organization_id",
    "customer_id",
    "connection_pk",
    "remote_id",
    "details",
    "needs",
    "linked_at",
];

/// Links a customer. Waits for a concurrent deletion of the connection, and inserts nothing if the
/// connection is deleted.
const UPSERT: &str = "WITH connected AS MATERIALIZED (
         SELECT connection_pk FROM @connections
         WHERE connection_pk = $3 AND deleted_at IS NULL {FOR KEY SHARE})
     INSERT INTO @customers (organization_id, customer_id, connection_pk, remote_id, details, needs,
         linked_at)
     SELECT $1, $2, connection_pk, $4, $5, $6, $7 FROM connected WHERE true
     ON CONFLICT (organization_id, customer_id) DO UPDATE SET
         connection_pk = excluded.connection_pk, remote_id = excluded.remote_id,
         details = excluded.details, needs = excluded.needs, linked_at = excluded.linked_at";

pub(in crate::store) const BY_ID: &str = "SELECT #customers, connections.code AS code
     FROM @customers JOIN @connections USING (connection_pk)
     WHERE customers.organization_id = $1 AND customer_id = $2";

const DELETE: &str = "DELETE FROM @customers WHERE organization_id = $1 AND customer_id = $2";

/// Reads and locks the link of a customer: a transaction that moves the customer waits until the
/// transaction that depends on this link has ended.
pub(in crate::store) const LINK: &str = "SELECT connection_pk, details FROM @customers
     WHERE organization_id = $1 AND customer_id = $2 {FOR SHARE}";

impl Store {
    /// Links a customer to a connection. Returns false, and writes nothing, if the connection does not
    /// exist.
    pub(crate) async fn put_customer(&self, row: &CustomerRow) -> Result<bool> {
        let upsert = statement!(
            "link a customer",
            UPSERT,
            &row.organization,
            &row.customer.id
        )
        .bind(row.connection_pk)
        .bind(&row.remote_id)
        .bind(json(&row.customer)?)
        .bind(json(&row.needs)?)
        .bind(row.linked_at);
        Ok(self.execute_durably(CommitStep::Link, upsert).await? == 1)
    }

    pub(crate) async fn remove_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<()> {
        let delete = statement!("unlink a customer", DELETE, organization, customer);
        self.execute_durably(CommitStep::Unlink, delete).await?;
        Ok(())
    }

    pub(crate) async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>> {
        let find = statement!("read a customer", BY_ID, organization, customer);
        self.fetch_optional(find, read).await
    }
}

impl Transaction {
    /// Returns the row key of the connection that a customer is linked to, and the customer's details.
    /// In a transaction that writes, both stay as they are until the transaction ends.
    pub(crate) async fn link_of_customer(
        &mut self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<(i64, Customer)>> {
        let find = statement!("read a customer", LINK, organization, customer);
        let read = |row: &Row<'_>| Ok((row.number("connection_pk")?, row.json("details")?));
        self.fetch_optional(find, read).await
    }
}

fn read(row: &Row<'_>) -> Result<CustomerRow> {
    Ok(CustomerRow {
        organization: row.parsed("organization_id")?,
        customer: row.json("details")?,
        connection_pk: row.number("connection_pk")?,
        connection: row.parsed("code")?,
        remote_id: row.optional_text("remote_id")?,
        needs: row.json("needs")?,
        linked_at: row.number("linked_at")?,
    })
}
