use std::borrow::Cow;

use payment_provider_core::OrganizationId;

use crate::accounting::{CloseReason, PayableRecord, TargetName};
use crate::payable_id::PayableId;
use crate::store::account_keys::AccountKeys;
use crate::store::nul_escape::name_key;
use crate::store::row::Row;
use crate::store::statement::statement;
use crate::store::{Result, StoreError, Transaction};

pub(super) const COLUMNS: &[&str] = &[
    "payable_pk",
    "organization_id",
    "payable_id",
    "currency",
    "amount",
    "applicable",
    "received",
    "applied",
    "overpaid",
    "refunded",
    "closed",
    "created_at",
];

const INSERT: &str =
    "INSERT INTO @payables (currency, amount, applicable, received, applied, overpaid,
         refunded, closed, organization_id, payable_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (organization_id, payable_id) DO NOTHING
     RETURNING payable_pk";

const UPDATE: &str =
    "UPDATE @payables SET currency = $1, amount = $2, applicable = $3, received = $4,
         applied = $5, overpaid = $6, refunded = $7, closed = $8
     WHERE payable_pk = $9 RETURNING payable_pk";

pub(in crate::store) const BY_ID: &str = "SELECT #payables FROM @payables
     WHERE organization_id = $1 AND payable_id = $2 {FOR NO KEY UPDATE}";

/// Locks payables in the order of their keys, in one statement: the rows are sorted before they are
/// locked.
pub(in crate::store) const LOCK_ALL: &str = "SELECT #payables FROM @payables WHERE payable_pk IN (
         SELECT payable_pk FROM @payables WHERE payable_pk {any $2}
         UNION SELECT payable_pk FROM @checkouts WHERE checkout_pk {any $3}
         UNION SELECT payable_pk FROM @checkouts WHERE connection_pk = $1 AND reference {any $4}
         UNION SELECT payable_pk FROM @checkouts WHERE connection_pk = $1 AND gateway_id {any $5}
         UNION SELECT payable_pk FROM @payments JOIN @checkouts USING (checkout_pk)
             WHERE payments.connection_pk = $1 AND order_id {any $6}
         UNION SELECT payable_pk FROM @dedup_keys
             JOIN @payments USING (payment_pk) JOIN @checkouts USING (checkout_pk)
             WHERE dedup_keys.connection_pk = $1 AND dedup_key {any $7}
         UNION SELECT payable_pk FROM @payments JOIN @checkouts USING (checkout_pk)
             WHERE payments.connection_pk = $1 AND gateway_payment_id {any $8}
         UNION SELECT payable_pk FROM @refunds JOIN @checkouts USING (checkout_pk)
             WHERE refunds.connection_pk = $1 AND gateway_refund_id {any $9}
         UNION SELECT payable_pk FROM @disputes JOIN @checkouts USING (checkout_pk)
             WHERE disputes.connection_pk = $1 AND gateway_dispute_id {any $10})
     ORDER BY payable_pk {FOR NO KEY UPDATE}";

/// Operations on payables. In a transaction that writes, a payable is locked before it or anything
/// that belongs to it is read, and stays locked until the transaction ends.
/// The part of [`LOCK_ALL`] for row keys.
pub(in crate::store) const LOCK_BY_ROW_KEYS: &str =
    "SELECT #payables FROM @payables WHERE payable_pk IN (
         SELECT payable_pk FROM @payables WHERE payable_pk {any $1}
         UNION SELECT payable_pk FROM @checkouts WHERE checkout_pk {any $2})
     ORDER BY payable_pk {FOR NO KEY UPDATE}";

impl Transaction {
    /// Locks all payables that these keys lead to, before anything of them is read, and returns
    /// them. All transactions that need several payables lock them in the same order.
    pub(in crate::store) async fn lock_accounts(
        &mut self,
        keys: &AccountKeys<'_>,
    ) -> Result<Vec<PayableRecord>> {
        const ACTION: &str = "lock accounts";
        let (mut references, mut gateway_ids) = (Vec::new(), Vec::new());
        let (mut orders, mut posted) = (Vec::new(), Vec::new());
        for name in keys.names {
            let ids = match name {
                TargetName::Reference(_) => &mut references,
                TargetName::GatewayId(_) => &mut gateway_ids,
                TargetName::Order(_) => &mut orders,
                TargetName::Payment(_) => &mut posted,
            };
            ids.push(name_key(name));
        }
        let texts = |ids: &[&'_ str]| -> Vec<Cow<'_, str>> {
            ids.iter().map(|id| Cow::Owned((*id).to_owned())).collect()
        };
        let by_row_keys = keys.names.is_empty()
            && keys.payments.is_empty()
            && keys.refunds.is_empty()
            && keys.disputes.is_empty();
        let lock = if by_row_keys {
            statement!(ACTION, LOCK_BY_ROW_KEYS, keys.payables, keys.checkouts)
        } else {
            statement!(ACTION, LOCK_ALL, keys.connection_pk)
                .bind(keys.payables)
                .bind(keys.checkouts)
                .bind(references)
                .bind(gateway_ids)
                .bind(orders)
                .bind(posted)
                .bind(texts(&keys.payments))
                .bind(texts(&keys.refunds))
                .bind(texts(&keys.disputes))
        };
        let found = self.fetch_all(lock, read).await?;
        for row in &found {
            self.note_locked(row.pk);
        }
        Ok(found)
    }

    /// Writes a payable and returns its key. A new one has the key 0.
    pub(crate) async fn put_payable(&mut self, row: &PayableRecord) -> Result<i64> {
        const ACTION: &str = "write a payable";
        let text = if row.pk == 0 { INSERT } else { UPDATE };
        let put = statement!(
            ACTION,
            text,
            row.currency.code(),
            row.amount,
            row.applicable
        )
        .bind(row.received)
        .bind(row.applied)
        .bind(row.overpaid)
        .bind(row.refunded)
        .bind(row.closed.map(CloseReason::as_str));
        let put = if row.pk == 0 {
            put.bind(&row.organization)
                .bind(&row.payable)
                .bind(row.created_at)
        } else {
            put.bind(row.pk)
        };
        let written = self
            .fetch_optional(put, |row| row.number("payable_pk"))
            .await?;
        let pk = written.ok_or_else(|| StoreError::lost_race(ACTION))?;
        // A new row is invisible to other transactions.
        self.note_locked(pk);
        Ok(pk)
    }

    pub(crate) async fn payable(
        &mut self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRecord>> {
        let found = self.find_payable(organization, payable).await?;
        if found.is_some() || !self.locks_rows() {
            return Ok(found);
        }
        // Another transaction may be creating the payable, and there is no row to wait for.
        #[cfg(feature = "postgres")]
        self.lock_absent_payable(organization, payable).await?;
        self.find_payable(organization, payable).await
    }

    async fn find_payable(
        &mut self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRecord>> {
        let find = statement!("read a payable", BY_ID, organization, payable);
        let found = self.fetch_optional(find, read).await?;
        if let Some(row) = &found {
            self.note_locked(row.pk);
        }
        Ok(found)
    }
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<PayableRecord> {
    Ok(PayableRecord {
        pk: row.number("payable_pk")?,
        organization: row.parsed("organization_id")?,
        payable: row.parsed("payable_id")?,
        currency: row.parsed("currency")?,
        amount: row.number("amount")?,
        applicable: row.number("applicable")?,
        received: row.number("received")?,
        applied: row.number("applied")?,
        overpaid: row.number("overpaid")?,
        refunded: row.number("refunded")?,
        closed: row.optional_variant("closed")?,
        created_at: row.number("created_at")?,
    })
}
