//! The plans of the statements of one transaction.

use crate::store::account_keys::AccountKeys;
use crate::store::statement::statement;
use crate::store::transaction::Connection;
use crate::store::{Result, Transaction};

/// The largest number of keys for which the plans of any number of keys are good ones.
const FEW_KEYS: usize = 10;

/// From the sixth execution on, PostgreSQL may keep one plan of a prepared statement for all parameters. It
/// estimates ten elements of an array, whatever the array has. For a hundred keys, and many payments on one
/// checkout, such a plan reads the payments of the checkout once for each key.
const PLAN_BY_PARAMETERS: &str = "SET LOCAL plan_cache_mode = force_custom_plan";

impl Transaction {
    /// Makes PostgreSQL plan each statement of this transaction by its parameters, if many keys are loaded.
    /// On SQLite, and for few keys, it does nothing.
    pub(in crate::store) async fn plan_for(&mut self, keys: &AccountKeys<'_>) -> Result<()> {
        let is_postgres = matches!(self.connection, Connection::Postgres(_));
        if is_postgres && keys.count() > FEW_KEYS {
            self.execute(statement!("choose plans", PLAN_BY_PARAMETERS))
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgPoolOptions;

    use super::*;
    use crate::store::contract::postgres::Schema;
    use crate::store::{DatabaseLocation, FileUse};

    /// Loads accounts by so many keys, ten times on one connection. Returns the number of executions by
    /// plans that PostgreSQL keeps for all parameters.
    async fn kept_plans(keys: usize) -> i64 {
        let schema = Schema::new();
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect(&schema.url).await.unwrap();
        let store = DatabaseLocation::PostgresPool(pool.clone(), schema.name.clone())
            .open(FileUse::Shared)
            .await
            .unwrap();
        let ids: Vec<String> = (0..keys).map(|number| format!("p{number}")).collect();
        for _ in 0..10 {
            let mut tx = store.begin().await.unwrap();
            let keys = AccountKeys {
                connection_pk: 1,
                payments: ids.iter().map(String::as_str).collect(),
                ..AccountKeys::default()
            };
            assert!(tx.accounts(&keys).await.unwrap().is_empty());
            tx.commit().await.unwrap();
        }
        let kept = "SELECT sum(generic_plans)::bigint FROM pg_prepared_statements
            WHERE statement LIKE '%= ANY%' AND statement NOT LIKE '%pg_prepared%'";
        sqlx::query_scalar(kept).fetch_one(&pool).await.unwrap()
    }

    #[tokio::test]
    async fn accounts_are_loaded_by_many_keys_without_plans_for_any_number_of_them() {
        assert_eq!(kept_plans(FEW_KEYS + 1).await, 0);
        assert_eq!(
            kept_plans(1).await,
            5,
            "of ten executions, five are planned"
        );
    }
}
