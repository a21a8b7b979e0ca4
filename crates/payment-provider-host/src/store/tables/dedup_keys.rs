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

const INSERT: &str = "INSERT INTO @dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT (connection_pk, dedup_key) DO NOTHING";

pub(in crate::store) const OF_PAYABLES: &str =
    "SELECT dedup_keys.payment_pk AS payment_pk, dedup_key FROM @dedup_keys
     JOIN @payments USING (payment_pk) JOIN @checkouts USING (checkout_pk)
     WHERE payable_pk {any $1} ORDER BY applied_at";

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

    /// Adds the deduplication key of a report that took effect.
    ///
    /// If another transaction wrote the key meanwhile, it has posted the report: then this
    /// transaction fails and is repeated.
    pub(crate) async fn add_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()> {
        const ACTION: &str = "write a deduplication key";
        let put = statement!(ACTION, INSERT, connection_pk, key, payment_pk, at);
        match self.execute(put).await? {
            0 => Err(StoreError::lost_race(ACTION)),
            _ => Ok(()),
        }
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
