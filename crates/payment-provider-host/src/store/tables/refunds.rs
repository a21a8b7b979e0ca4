use payment_provider_core::OrganizationId;

use super::disputes::OwnerRow;
use crate::accounting::RefundRecord;
use crate::store::row::{Row, json};
use crate::store::statement::statement;
use crate::store::{Result, Store, StoreError, Transaction};

pub(super) const COLUMNS: &[&str] = &[
    "refund_pk",
    "checkout_pk",
    "connection_pk",
    "details",
    "seen_at",
];

/// Inserts a refund. If a refund is reported on two payables at once, two transactions insert it:
/// one of them inserts nothing and is repeated.
const INSERT: &str =
    "INSERT INTO @refunds (checkout_pk, gateway_payment_id, status, currency, amount,
         details, connection_pk, gateway_refund_id, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (connection_pk, gateway_refund_id) DO NOTHING RETURNING refund_pk";

const UPDATE: &str = "UPDATE @refunds SET checkout_pk = $1, gateway_payment_id = $2, status = $3,
         currency = $4, amount = $5, details = $6
     WHERE refund_pk = $7 RETURNING refund_pk";

pub(in crate::store) const OF_PAYABLES: &str =
    "SELECT #refunds FROM @refunds JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk {any $1} ORDER BY refund_pk";

const STUCK: &str = "SELECT #refunds, organization_id, payable_id, reference FROM @refunds
     JOIN @checkouts USING (checkout_pk) JOIN @payables USING (payable_pk)
     WHERE refunds.status IN ('failed', 'on_hold') ORDER BY refund_pk DESC LIMIT $1";

const STUCK_OF_ORGANIZATION: &str =
    "SELECT #refunds, organization_id, payable_id, reference FROM @refunds
     JOIN @checkouts USING (checkout_pk) JOIN @payables USING (payable_pk)
     WHERE refunds.status IN ('failed', 'on_hold') AND organization_id = $2
     ORDER BY refund_pk DESC LIMIT $1";

impl Store {
    /// Returns at most `limit` refunds of one organization or of all that failed or are on hold, newest
    /// first.
    pub(crate) async fn stuck_refunds(
        &self,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<(OwnerRow, RefundRecord)>> {
        const ACTION: &str = "read refunds that failed";
        let find = match organization {
            None => statement!(ACTION, STUCK, limit),
            Some(organization) => statement!(ACTION, STUCK_OF_ORGANIZATION, limit, organization),
        };
        let row = |row: &Row<'_>| Ok((OwnerRow::read(row)?, read(row)?));
        self.fetch_all(find, row).await
    }
}

impl Transaction {
    /// Writes a refund and returns its key. A new one has the key 0.
    pub(crate) async fn put_refund(&mut self, row: &RefundRecord) -> Result<i64> {
        const ACTION: &str = "write a refund";
        let text = if row.pk == 0 { INSERT } else { UPDATE };
        let refund = &row.refund;
        let currency = refund.amount.currency();
        let put = statement!(ACTION, text, row.checkout_pk, refund.payment_id.as_ref())
            .bind(refund.status.as_str())
            .bind(currency.code())
            .bind(refund.amount.minor_units())
            .bind(json(refund)?);
        let put = if row.pk == 0 {
            put.bind(row.connection_pk)
                .bind(&refund.id)
                .bind(row.seen_at)
        } else {
            put.bind(row.pk)
        };
        let written = self
            .fetch_optional(put, |row| row.number("refund_pk"))
            .await?;
        written.ok_or_else(|| StoreError::lost_race(ACTION))
    }
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<RefundRecord> {
    Ok(RefundRecord {
        pk: row.number("refund_pk")?,
        checkout_pk: row.number("checkout_pk")?,
        connection_pk: row.number("connection_pk")?,
        refund: row.json("details")?,
        seen_at: row.number("seen_at")?,
    })
}
