use crate::accounting::TargetName;
use crate::store::nul_escape::without_nul;
use crate::store::row::json;
use crate::store::statement::statement;
use crate::store::{Result, Transaction};

/// Inserts the names of a delivery. The first parameter is a JSON array of arrays of one name each.
const INSERT: &str = "INSERT INTO @unmatched_targets (connection_pk, name, delivery_pk)
     SELECT connection_pk, listed.value ->> 0, delivery_pk
     FROM @deliveries CROSS JOIN {each $1}
     WHERE delivery_pk = $2 ON CONFLICT DO NOTHING";

pub(in crate::store) const TAKE: &str = "DELETE FROM @unmatched_targets
     WHERE connection_pk = $1 AND name {any $2} RETURNING delivery_pk";

pub(in crate::store) const REQUEUE: &str = "UPDATE @deliveries SET state = 'pending', attempts = 0,
         list_polls = 0, failures = 0, next_attempt = $2
     WHERE state <> 'pending' AND dropped_at IS NULL AND delivery_pk {any $1}";

impl Transaction {
    /// Records the names that a delivery waits for.
    pub(super) async fn put_unmatched(&mut self, pk: i64, names: &[TargetName]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let names = names
            .iter()
            .map(|name| [without_nul(&name.to_string()).into_owned()]);
        let names: Vec<_> = names.collect();
        let insert = statement!("finish a delivery", INSERT, json(&names)?, pk);
        self.execute(insert).await?;
        Ok(())
    }

    /// Makes deliveries pending again that named one of these targets before it was known. Returns
    /// their number.
    pub(crate) async fn requeue_unmatched(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
        now: i64,
    ) -> Result<u64> {
        const ACTION: &str = "retry unmatched deliveries";
        if names.is_empty() {
            return Ok(0);
        }
        #[cfg(feature = "postgres")]
        self.lock_known_names(connection_pk, names).await?;
        let names: Vec<_> = names.iter().map(|name| name.to_string().into()).collect();
        let take = statement!(ACTION, TAKE, connection_pk, names);
        let waiting = self
            .fetch_all(take, |row| row.number("delivery_pk"))
            .await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let requeue = statement!(ACTION, REQUEUE, &waiting[..], now);
        self.execute(requeue).await
    }
}
