use payment_provider_core::{DedupKey, OrganizationId};

use crate::store::nul_escape::escaped_key;
use crate::store::row::json;
use crate::store::statement::statement;
use crate::store::{Result, StoreError, Transaction};

/// The parameter is a JSON array of pairs: the connection and the key.
pub(in crate::store) const PAYMENTS: &str = "SELECT payment_pk FROM {each $1}
         LEFT JOIN @dedup_keys ON connection_pk = CAST(listed.value ->> 0 AS bigint)
             AND dedup_key = listed.value ->> 1
     ORDER BY listed.key";

/// The first parameter is a JSON array of arrays: the connection, the key and the payment.
const INSERT: &str = "INSERT INTO @dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
     SELECT CAST(listed.value ->> 0 AS bigint), listed.value ->> 1,
         CAST(listed.value ->> 2 AS bigint), $2
     FROM {each $1} WHERE true ON CONFLICT (connection_pk, dedup_key) DO NOTHING";

pub(in crate::store) const OF_PAYMENTS: &str = "SELECT payment_pk, dedup_key FROM @dedup_keys
     WHERE payment_pk {any $1} ORDER BY applied_at";

const COUNT: &str =
    "SELECT count(*) AS count FROM @dedup_keys LEFT JOIN @connections USING (connection_pk)
     WHERE CAST($1 AS text) IS NULL OR organization_id = $1";

impl Transaction {
    /// Returns the payment of each of these deduplication keys, in the order of the keys.
    pub(crate) async fn payments_of_dedup_keys(
        &mut self,
        keys: &[(i64, DedupKey)],
    ) -> Result<Vec<Option<i64>>> {
        let pairs = keys.iter().map(|(pk, key)| (pk, escaped_key(key.as_str())));
        let pairs: Vec<_> = pairs.collect();
        let find = statement!("read deduplication keys", PAYMENTS, json(&pairs)?);
        self.fetch_all(find, |row| row.optional_number("payment_pk"))
            .await
    }

    /// Adds the deduplication keys of reports that took effect, each with its connection and payment.
    ///
    /// If another transaction wrote one of the keys meanwhile, it has posted the report: then this
    /// transaction fails and is repeated.
    pub(crate) async fn add_dedup_keys(
        &mut self,
        keys: &[(i64, &DedupKey, i64)],
        at: i64,
    ) -> Result<()> {
        const ACTION: &str = "write deduplication keys";
        if keys.is_empty() {
            return Ok(());
        }
        let rows = keys
            .iter()
            .map(|(connection_pk, key, pk)| (connection_pk, escaped_key(key.as_str()), pk));
        let rows: Vec<_> = rows.collect();
        let added = self.execute(statement!(ACTION, INSERT, json(&rows)?, at));
        if added.await? < keys.len() as u64 {
            return Err(StoreError::lost_race(ACTION));
        }
        Ok(())
    }

    /// Returns the number of deduplication keys of one organization or of all.
    pub(crate) async fn count_dedup_keys(
        &mut self,
        organization: Option<&OrganizationId>,
    ) -> Result<i64> {
        let count = statement!("count deduplication keys", COUNT, organization);
        self.fetch_one(count, |row| row.number("count")).await
    }
}
