use crate::accounting::HistoryEntry;
use crate::store::row::{Row, variant_name};
use crate::store::statement::statement;
use crate::store::{Result, Transaction};

pub(super) const COLUMNS: &[&str] = &["payable_pk", "at", "event", "detail", "delivery_pk"];

const INSERT: &str = "INSERT INTO @history (payable_pk, at, event, detail, delivery_pk)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (payable_pk, delivery_pk) WHERE delivery_pk IS NOT NULL DO NOTHING";

pub(in crate::store) const OF_PAYABLE: &str =
    "SELECT #history FROM @history WHERE payable_pk = $1 ORDER BY at, history_pk";

pub(in crate::store) const REFUNDS_OF_PAYABLES: &str = "SELECT #history FROM @history
     WHERE payable_pk {any $1} AND event IN ('refund', 'dispute') ORDER BY at, history_pk";

impl Transaction {
    /// Adds an entry, unless the payable has one for the same delivery.
    pub(crate) async fn append_history(&mut self, row: &HistoryEntry) -> Result<()> {
        let insert = statement!("write history", INSERT, row.payable_pk, row.at)
            .bind(variant_name(&row.event)?)
            .bind(&*row.detail)
            .bind(row.delivery_pk);
        self.execute(insert).await?;
        Ok(())
    }

    /// Returns the history of a payable by time, then in the order in which it was added.
    pub(crate) async fn history_of(&mut self, payable_pk: i64) -> Result<Vec<HistoryEntry>> {
        let find = statement!("read history", OF_PAYABLE, payable_pk);
        self.fetch_all(find, read).await
    }
}

pub(in crate::store) fn read(row: &Row<'_>) -> Result<HistoryEntry> {
    Ok(HistoryEntry {
        payable_pk: row.number("payable_pk")?,
        at: row.number("at")?,
        event: row.variant("event")?,
        detail: row.text("detail")?,
        delivery_pk: row.optional_number("delivery_pk")?,
    })
}
