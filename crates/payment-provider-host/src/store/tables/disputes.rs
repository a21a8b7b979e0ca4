use payment_provider_core::{CheckoutReference, OrganizationId};

use crate::accounting::{DisputeRecord, is_open};
use crate::payable_id::PayableId;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError, Transaction};
use crate::timestamp;

pub(super) const COLUMNS: &[&str] = &[
    "dispute_pk",
    "checkout_pk",
    "connection_pk",
    "details",
    "seen_at",
];

/// Inserts a dispute. If a dispute is reported on two payables at once, two transactions insert it:
/// one of them inserts nothing and is repeated.
const INSERT: &str = "INSERT INTO @disputes (checkout_pk, status, is_open, respond_by, details,
         connection_pk, gateway_dispute_id, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (connection_pk, gateway_dispute_id) DO NOTHING RETURNING dispute_pk";

const UPDATE: &str = "UPDATE @disputes SET checkout_pk = $1, status = $2, is_open = $3,
         respond_by = $4, details = $5
     WHERE dispute_pk = $6 RETURNING dispute_pk";

pub(in crate::store) const OF_PAYABLES: &str =
    "SELECT #disputes FROM @disputes JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk {any $1} ORDER BY dispute_pk";

const OPEN: &str = "SELECT #disputes, organization_id, payable_id, reference FROM @disputes
     JOIN @checkouts USING (checkout_pk) JOIN @payables USING (payable_pk)
     WHERE is_open ORDER BY respond_by IS NULL, respond_by, dispute_pk LIMIT $1";

const OPEN_OF_ORGANIZATION: &str =
    "SELECT #disputes, organization_id, payable_id, reference FROM @disputes
     JOIN @checkouts USING (checkout_pk) JOIN @payables USING (payable_pk)
     WHERE is_open AND organization_id = $2
     ORDER BY respond_by IS NULL, respond_by, dispute_pk LIMIT $1";

/// The owner of a row that an operator has to act on.
#[derive(Debug, Clone)]
pub(crate) struct OwnerRow {
    pub organization: OrganizationId,
    pub payable: PayableId,
    pub reference: CheckoutReference,
}

impl OwnerRow {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            organization: row.parsed("organization_id")?,
            payable: row.parsed("payable_id")?,
            reference: row.parsed("reference")?,
        })
    }
}

impl Transaction {
    /// Writes a dispute and returns its key. A new one has the key 0.
    pub(crate) async fn put_dispute(&mut self, row: &DisputeRecord) -> Result<i64> {
        const ACTION: &str = "write a dispute";
        let text = if row.pk == 0 { INSERT } else { UPDATE };
        let dispute = &row.dispute;
        let put = statement!(ACTION, text, row.checkout_pk, dispute.status.as_str())
            .bind(is_open(&dispute.status))
            .bind(dispute.respond_by.map(timestamp::to_millis))
            .bind(json(dispute)?);
        let put = if row.pk == 0 {
            put.bind(row.connection_pk)
                .bind(&dispute.id)
                .bind(row.seen_at)
        } else {
            put.bind(row.pk)
        };
        let written = self
            .fetch_optional(put, |row| row.number("dispute_pk"))
            .await?;
        written.ok_or_else(|| StoreError::lost_race(ACTION))
    }
}

impl Store {
    /// Returns at most `limit` open disputes of one organization or of all, that with the nearest
    /// deadline first.
    pub(crate) async fn open_disputes(
        &self,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<(OwnerRow, DisputeRecord)>> {
        const ACTION: &str = "read open disputes";
        let find = match organization {
            None => statement!(ACTION, OPEN, limit),
            Some(organization) => statement!(ACTION, OPEN_OF_ORGANIZATION, limit, organization),
        };
        let row = |row: &Row<'_>| Ok((OwnerRow::read(row)?, read(row)?));
        self.fetch_all(find, row).await
    }
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<DisputeRecord> {
    Ok(DisputeRecord {
        pk: row.number("dispute_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        dispute: row.json("details")?,
        seen_at: row.number("seen_at")?,
    })
}
