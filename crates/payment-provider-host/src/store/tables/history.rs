use crate::accounting::HistoryEntry;
use crate::store::nul_escape::without_nul;
use crate::store::row::{Row, json, variant_name};
use crate::store::statement::statement;
use crate::store::{Result, Transaction};

pub(super) const COLUMNS: &[&str] = &["payable_pk", "at", "event", "detail", "delivery_pk"];

/// The parameter is a JSON array of arrays: the columns.
const INSERT: &str = "INSERT INTO @history (payable_pk, at, event, detail, delivery_pk)
     SELECT CAST(listed.value ->> 0 AS bigint), CAST(listed.value ->> 1 AS bigint),
         listed.value ->> 2, listed.value ->> 3, CAST(listed.value ->> 4 AS bigint)
     FROM {each $1} WHERE true ORDER BY listed.key
     ON CONFLICT (payable_pk, delivery_pk) WHERE delivery_pk IS NOT NULL DO NOTHING";

pub(in crate::store) const OF_PAYABLE: &str =
    "SELECT #history FROM @history WHERE payable_pk = $1 ORDER BY at, history_pk";

pub(in crate::store) const REFUNDS_OF_PAYABLES: &str = "SELECT #history FROM @history
     WHERE payable_pk {any $1} AND event IN ('refund', 'dispute') ORDER BY at, history_pk";

impl Transaction {
    /// Adds entries in their order, except those of a delivery for which the payable has one.
    pub(crate) async fn append_history(&mut self, rows: &[HistoryEntry]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let values = rows.iter().map(|row| {
            Ok((
                row.payable_pk,
                row.at,
                variant_name(&row.event)?,
                without_nul(&row.detail),
                row.delivery_pk,
            ))
        });
        let values: Vec<_> = values.collect::<Result<_>>()?;
        self.execute(statement!("write history", INSERT, json(&values)?))
            .await?;
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
