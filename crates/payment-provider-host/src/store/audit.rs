//! Reads of whole tables, by which an audit checks that the books add up.

use payment_provider_core::{Currency, OrganizationId, Payment, Refund};

use super::row::Row;
use super::statement::statement;
use super::tables::payables;
use super::{Result, Transaction};
use crate::accounting::{AllocationOutcome, PayableRecord};
use crate::payable_id::PayableId;

/// A payment as its columns describe it, and as its details do.
#[derive(Debug, Clone)]
pub(crate) struct AuditedPayment {
    pub pk: i64,
    pub payable_pk: i64,
    pub id: String,
    pub connection_pk: i64,
    /// The connection of the checkout that was paid.
    pub checkout_connection_pk: i64,
    /// The organization of the payment's connection; `None` if there is no such connection.
    pub organization: Option<OrganizationId>,
    pub status: String,
    pub currency: Currency,
    pub amount: i64,
    /// `None` if they cannot be read.
    pub details: Option<Payment>,
    pub allocation_outcome: Option<AllocationOutcome>,
    pub applied: i64,
    pub overpaid: i64,
}

/// A refund as its columns describe it, and as its details do.
#[derive(Debug, Clone)]
pub(crate) struct AuditedRefund {
    pub payable_pk: i64,
    pub id: String,
    /// The gateway's id of the refunded payment, if it was reported.
    pub payment_id: Option<String>,
    pub connection_pk: i64,
    /// The connection of the refunded checkout.
    pub checkout_connection_pk: i64,
    /// The organization of the refund's connection; `None` if there is no such connection.
    pub organization: Option<OrganizationId>,
    pub status: String,
    pub currency: Currency,
    pub amount: i64,
    /// `None` if they cannot be read.
    pub details: Option<Refund>,
}

/// A row that refers to a row which does not exist, or which belongs to another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DanglingRow {
    pub kind: DanglingKind,
    /// The organization of the row's connection, if there is such a connection.
    pub organization: Option<OrganizationId>,
    /// The deduplication key, or the gateway's id of the payment or the refund.
    pub name: String,
    /// The connection of the row.
    pub connection_pk: i64,
    /// The connection of the row that it refers to, if that exists.
    pub found: Option<i64>,
}

/// A checkout of whose list only a part is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IncompleteList {
    pub organization: OrganizationId,
    pub payable: PayableId,
    pub reference: String,
    /// The time at which the first part was recorded.
    pub begun_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DanglingKind {
    DedupKey,
    Payment,
    Refund,
}

pub(in crate::store) const PAYABLES: &str = "SELECT #payables FROM @payables
     WHERE payable_pk > $1 AND (CAST($2 AS text) IS NULL OR organization_id = $2)
     ORDER BY payable_pk LIMIT $3";

pub(in crate::store) const PAYMENTS: &str = "SELECT #payments, payables.payable_pk AS payable_pk,
         checkouts.connection_pk AS checkout_connection_pk,
         connections.organization_id AS organization_id
     FROM @payables {JOIN} @checkouts USING (payable_pk) {JOIN} @payments USING (checkout_pk)
         LEFT JOIN @connections ON connections.connection_pk = payments.connection_pk
     WHERE payables.payable_pk > $1 AND payables.payable_pk <= $2
         AND (CAST($3 AS text) IS NULL OR payables.organization_id = $3)
     ORDER BY payables.payable_pk, payment_pk";

pub(in crate::store) const REFUNDS: &str = "SELECT #refunds, payables.payable_pk AS payable_pk,
         gateway_refund_id, gateway_payment_id, refunds.status AS status,
         refunds.currency AS currency, refunds.amount AS amount,
         checkouts.connection_pk AS checkout_connection_pk,
         connections.organization_id AS organization_id
     FROM @payables {JOIN} @checkouts USING (payable_pk) {JOIN} @refunds USING (checkout_pk)
         LEFT JOIN @connections ON connections.connection_pk = refunds.connection_pk
     WHERE payables.payable_pk > $1 AND payables.payable_pk <= $2
         AND (CAST($3 AS text) IS NULL OR payables.organization_id = $3)
     ORDER BY payables.payable_pk, refund_pk";

const DANGLING: &str = "SELECT 'dedup_key' AS kind, organization_id, dedup_key AS name,
         dedup_keys.connection_pk AS connection_pk, payments.connection_pk AS found
     FROM @dedup_keys LEFT JOIN @payments USING (payment_pk)
         LEFT JOIN @connections ON connections.connection_pk = dedup_keys.connection_pk
     WHERE (CAST($1 AS text) IS NULL OR organization_id = $1)
         AND dedup_keys.connection_pk IS DISTINCT FROM payments.connection_pk
     UNION ALL
     SELECT 'payment', connections.organization_id, gateway_payment_id, payments.connection_pk,
         CAST(NULL AS bigint)
     FROM @payments LEFT JOIN @checkouts USING (checkout_pk) LEFT JOIN @payables USING (payable_pk)
         LEFT JOIN @connections ON connections.connection_pk = payments.connection_pk
     WHERE (CAST($1 AS text) IS NULL OR connections.organization_id = $1)
         AND payables.payable_pk IS NULL
     UNION ALL
     SELECT 'refund', connections.organization_id, gateway_refund_id, refunds.connection_pk,
         CAST(NULL AS bigint)
     FROM @refunds LEFT JOIN @checkouts USING (checkout_pk) LEFT JOIN @payables USING (payable_pk)
         LEFT JOIN @connections ON connections.connection_pk = refunds.connection_pk
     WHERE (CAST($1 AS text) IS NULL OR connections.organization_id = $1)
         AND payables.payable_pk IS NULL
     LIMIT $2";

/// An earlier version of the runtime records no time at which a list was begun.
pub(in crate::store) const INCOMPLETE_LISTS: &str = "SELECT organization_id, payable_id, reference,
         COALESCE(list_begun_at, checkouts.created_at) AS begun_at
     FROM @checkouts {JOIN} @payables USING (payable_pk)
     WHERE list_incomplete AND COALESCE(list_begun_at, checkouts.created_at) <= $1
         AND (CAST($2 AS text) IS NULL OR organization_id = $2)
     ORDER BY checkout_pk LIMIT $3";

/// Reads of one organization or of all.
impl Transaction {
    /// Returns the next payables by key.
    pub(crate) async fn audited_payables(
        &mut self,
        organization: Option<&OrganizationId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<PayableRecord>> {
        let find = statement!("read payables", PAYABLES, after, organization, limit);
        self.fetch_all(find, payables::read).await
    }

    /// Returns all payments on checkouts of the payables with keys above `after` and up to `through`.
    pub(crate) async fn audited_payments(
        &mut self,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<AuditedPayment>> {
        let find = statement!("read payments", PAYMENTS, after, through, organization);
        self.fetch_all(find, payment).await
    }

    /// Returns all refunds on checkouts of the payables with keys above `after` and up to `through`.
    pub(crate) async fn audited_refunds(
        &mut self,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<AuditedRefund>> {
        let find = statement!("read refunds", REFUNDS, after, through, organization);
        self.fetch_all(find, refund).await
    }

    /// Returns rows that refer to a row which does not exist, or which belongs to another connection.
    pub(crate) async fn dangling_rows(
        &mut self,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<DanglingRow>> {
        let find = statement!("find dangling rows", DANGLING, organization, limit);
        self.fetch_all(find, dangling).await
    }

    /// Returns the checkouts of whose lists only a part is recorded, and was begun at this time or earlier.
    pub(crate) async fn incomplete_lists(
        &mut self,
        organization: Option<&OrganizationId>,
        begun_by: i64,
        limit: i64,
    ) -> Result<Vec<IncompleteList>> {
        let find = statement!(
            "find incomplete lists",
            INCOMPLETE_LISTS,
            begun_by,
            organization,
            limit
        );
        self.fetch_all(find, incomplete).await
    }
}

fn incomplete(row: &Row<'_>) -> Result<IncompleteList> {
    Ok(IncompleteList {
        organization: row.parsed("organization_id")?,
        payable: row.parsed("payable_id")?,
        reference: row.text("reference")?,
        begun_at: row.number("begun_at")?,
    })
}

fn payment(row: &Row<'_>) -> Result<AuditedPayment> {
    Ok(AuditedPayment {
        pk: row.number("payment_pk")?,
        payable_pk: row.number("payable_pk")?,
        id: row.text("gateway_payment_id")?,
        connection_pk: row.number("connection_pk")?,
        checkout_connection_pk: row.number("checkout_connection_pk")?,
        organization: row.optional_parsed("organization_id")?,
        status: row.text("status")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        details: row.json("details").ok(),
        allocation_outcome: row.optional_variant("allocation_outcome")?,
        applied: row.number("applied")?,
        overpaid: row.number("overpaid")?,
    })
}

fn refund(row: &Row<'_>) -> Result<AuditedRefund> {
    Ok(AuditedRefund {
        payable_pk: row.number("payable_pk")?,
        id: row.text("gateway_refund_id")?,
        payment_id: row.optional_text("gateway_payment_id")?,
        connection_pk: row.number("connection_pk")?,
        checkout_connection_pk: row.number("checkout_connection_pk")?,
        organization: row.optional_parsed("organization_id")?,
        status: row.text("status")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        details: row.json("details").ok(),
    })
}

fn dangling(row: &Row<'_>) -> Result<DanglingRow> {
    Ok(DanglingRow {
        kind: match row.text("kind")?.as_str() {
            "dedup_key" => DanglingKind::DedupKey,
            "refund" => DanglingKind::Refund,
            _ => DanglingKind::Payment,
        },
        organization: row.optional_parsed("organization_id")?,
        name: row.text("name")?,
        connection_pk: row.number("connection_pk")?,
        found: row.optional_number("found")?,
    })
}
