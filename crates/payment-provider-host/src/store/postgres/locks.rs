//! Locks of a transaction that are not a clause of another statement. On SQLite there are none:
//! only one transaction writes at a time.

use std::collections::BTreeSet;

use payment_provider_core::OrganizationId;

use super::{Result, SchemaName};
use crate::accounting::TargetName;
use crate::payable_id::PayableId;
use crate::store::Transaction;
use crate::store::dialect::Dialect;
use crate::store::statement::statement;

const LOCK: &str = "SELECT payable_pk FROM @payables WHERE payable_pk = $1 FOR NO KEY UPDATE";

const LOCK_KEY: &str = "SELECT pg_advisory_xact_lock($1)";

const SHARE_KEYS: &str =
    "SELECT pg_advisory_xact_lock_shared(key) FROM unnest($1::bigint[]) AS key";

const TRY_KEYS: &str = "SELECT coalesce(bool_and(pg_try_advisory_xact_lock(key)), true) AS locked
     FROM unnest($1::bigint[]) AS key";

const LOCK_PAYABLE: &str = "lock a payable";

impl Transaction {
    /// Returns the schema, if the database is PostgreSQL.
    fn schema(&self) -> Option<&SchemaName> {
        match &self.translator.dialect {
            Dialect::Postgres { schema } => Some(schema),
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => None,
        }
    }

    /// Waits until no other transaction has locked a payable, and locks it. Everything that was
    /// read of it before has to be read again.
    pub(in crate::store) async fn lock_payable(&mut self, payable_pk: i64) -> Result<()> {
        if !self.has_locked(payable_pk) {
            let lock = statement!(LOCK_PAYABLE, LOCK, payable_pk);
            self.execute(lock).await?;
            self.note_locked(payable_pk);
        }
        Ok(())
    }

    /// Waits until no other transaction creates a payable of this id, and locks the id, because
    /// there is no row to lock yet.
    pub(in crate::store) async fn lock_absent_payable(
        &mut self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<()> {
        let Some(schema) = self.schema() else {
            return Ok(());
        };
        let key = schema.lock_key(&["payable", organization.as_str(), payable.as_str()]);
        self.execute(statement!(LOCK_PAYABLE, LOCK_KEY, key))
            .await?;
        Ok(())
    }

    /// Locks names that become known in this transaction: until its end no other transaction can
    /// conclude that they are unknown.
    pub(in crate::store) async fn lock_known_names(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<()> {
        let Some(schema) = self.schema() else {
            return Ok(());
        };
        let keys = name_keys(schema, connection_pk, names);
        let new: Vec<i64> = keys.difference(&self.known_names).copied().collect();
        if !new.is_empty() {
            let lock = statement!("lock names", SHARE_KEYS, &new[..]);
            self.execute(lock).await?;
            self.known_names.extend(new);
        }
        Ok(())
    }

    /// Locks names that are unknown, so that no other transaction makes them known until the end of
    /// this one. Does not wait: returns false if another transaction may be making one of them known.
    pub(in crate::store) async fn try_lock_unknown_names(
        &mut self,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<bool> {
        let Some(schema) = self.schema() else {
            return Ok(true);
        };
        let keys: Vec<i64> = name_keys(schema, connection_pk, names)
            .into_iter()
            .collect();
        let lock = statement!("lock names", TRY_KEYS, &keys[..]);
        self.fetch_one(lock, |row| row.flag("locked")).await
    }
}

fn name_keys(schema: &SchemaName, connection_pk: i64, names: &[TargetName]) -> BTreeSet<i64> {
    let connection = connection_pk.to_string();
    names
        .iter()
        .map(|name| schema.lock_key(&["name", &connection, &name.to_string()]))
        .collect()
}
