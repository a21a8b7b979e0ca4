use payment_provider_core::{DedupKey, OrganizationId};

use crate::store::nul_escape::escaped_key;
use crate::store::row::json;
use crate::store::statement::statement;
use crate::store::{Result, StoreError, Transaction};

pub(in crate::store) const PAYMENT: &str =
    "SELECT payment_pk FROM @dedup_keys WHERE connection_pk = $1 AND dedup_key = $2";

/// The parameter is a JSON array of pairs: the connection and the key.
pub(in crate::store) const PAYMENTS: &str = "SELECT payment_pk FROM {each $1}
         LEFT JOIN @dedup_keys ON connection_pk = CAST(listed.value ->> 0 AS bigint)
             AND dedup_key = listed.value ->> 1
     ORDER BY listed.key";

const DELETE: &str = "DELETE FROM @dedup_keys WHERE connection_pk = $1 AND dedup_key = $2";

const INSERT: &str = "INSERT INTO @dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT (connection_pk, dedup_key) DO NOTHING";

const UPSERT: &str = "INSERT INTO @dedup_keys (connection_pk, dedup_key, payment_pk, applied_at)
     VALUES ($1, $2, $3, $4)
     ON CONFLICT (connection_pk, dedup_key) DO UPDATE SET payment_pk = excluded.payment_pk";

const COUNT: &str =
    "SELECT count(*) AS count FROM @dedup_keys LEFT JOIN @connections USING (connection_pk)
     WHERE CAST($1 AS text) IS NULL OR organization_id = $1";

impl Transaction {
    /// Returns the payment that a deduplication key belongs to.
    pub(crate) async fn payment_of_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<Option<i64>> {
        let find = statement!("read a deduplication key", PAYMENT, connection_pk, key);
        let found = self
            .fetch_optional(find, |row| row.number("payment_pk"))
            .await?;
        if found.is_none() {
            self.note_absent(connection_pk, key.as_str());
        }
        Ok(found)
    }

    /// Returns the payment of each of these deduplication keys, in this order.
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

    pub(crate) async fn delete_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<()> {
        let delete = statement!("delete a deduplication key", DELETE, connection_pk, key);
        self.execute(delete).await?;
        Ok(())
    }

    /// Assigns a deduplication key to a payment, in place of the payment it had before.
    ///
    /// A key that this transaction looked up and did not find is written only if it is still absent: a
    /// transaction that wrote it meanwhile has booked by it.
    pub(crate) async fn put_dedup_key(
        &mut self,
        connection_pk: i64,
        key: &DedupKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()> {
        const ACTION: &str = "write a deduplication key";
        let absent = self.take_absent(connection_pk, key.as_str());
        let text = if absent { INSERT } else { UPSERT };
        let put = statement!(ACTION, text, connection_pk, key, payment_pk, at);
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
