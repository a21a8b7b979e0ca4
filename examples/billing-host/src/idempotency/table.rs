use axum::http::StatusCode;
use payment_provider_core::OrganizationId;
use payment_provider_host::{Host, Transaction};
use serde_json::Value;
use uuid::Uuid;

use crate::tables::{TableError, in_tx};

/// Deletes at most `$2` rows from before `$1`. A row that is used again meanwhile stays.
pub(crate) const DELETE_EXPIRED: &str = "DELETE FROM billing_idempotency_keys
     WHERE created_at < $1 AND (organization_id, route, idempotency_key) IN (
         SELECT organization_id, route, idempotency_key FROM billing_idempotency_keys
         WHERE created_at < $1 ORDER BY created_at LIMIT $2)";

/// Condition of a statement for the row of a claim, with its parameters `$1` to `$3`.
macro_rules! of_row {
    () => {
        "organization_id = $1 AND route = $2 AND idempotency_key = $3"
    };
}

/// The row of a key, and the id under which this request claims it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    organization: String,
    route: &'static str,
    key: String,
    owner: String,
}

/// A row that another request has written.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Found {
    pub(super) body_hash: Vec<u8>,
    owner: String,
    pub(super) lease_until: i64,
    pub(super) status: Option<i64>,
    pub(super) answer: Option<String>,
    pub(super) created_at: i64,
}

impl Row {
    pub(super) fn new(organization: &OrganizationId, route: &'static str, key: String) -> Self {
        Self {
            organization: organization.to_string(),
            route,
            key,
            owner: Uuid::new_v4().to_string(),
        }
    }

    /// Inserts the row. Returns false if there is one.
    pub(super) async fn insert(
        &self,
        tx: &mut Transaction,
        body_hash: &[u8],
        now: i64,
        lease_until: i64,
    ) -> Result<bool, TableError> {
        const SQL: &str =
            "INSERT INTO billing_idempotency_keys (organization_id, route, idempotency_key,
                 body_hash, owner, lease_until, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization_id, route, idempotency_key) DO NOTHING";
        let inserted = in_tx!(tx, connection => {
            sqlx::query(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(body_hash)
                .bind(&self.owner)
                .bind(lease_until)
                .bind(now)
                .execute(connection)
                .await?
                .rows_affected()
        });
        Ok(inserted > 0)
    }

    /// Returns the row, which another request has written. It may have been deleted meanwhile.
    pub(super) async fn find(&self, tx: &mut Transaction) -> Result<Option<Found>, TableError> {
        const SQL: &str = concat!(
            "SELECT body_hash, owner, lease_until, status, answer, created_at
             FROM billing_idempotency_keys WHERE ",
            of_row!()
        );
        Ok(in_tx!(tx, connection => {
            sqlx::query_as(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .fetch_optional(connection)
                .await?
        }))
    }

    /// Claims a key whose request ended without an answer. Returns false if another request was faster.
    pub(super) async fn take_over(
        &self,
        tx: &mut Transaction,
        found: &Found,
        lease_until: i64,
    ) -> Result<bool, TableError> {
        const SQL: &str = concat!(
            "UPDATE billing_idempotency_keys SET owner = $4, lease_until = $5
             WHERE owner = $6 AND lease_until = $7 AND status IS NULL AND ",
            of_row!()
        );
        let updated = in_tx!(tx, connection => {
            sqlx::query(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(&self.owner)
                .bind(lease_until)
                .bind(&found.owner)
                .bind(found.lease_until)
                .execute(connection)
                .await?
                .rows_affected()
        });
        Ok(updated > 0)
    }

    /// Claims a key that is no longer kept, for another body or the same. Returns false if another request
    /// was faster.
    pub(super) async fn replace(
        &self,
        tx: &mut Transaction,
        found: &Found,
        body_hash: &[u8],
        now: i64,
        lease_until: i64,
    ) -> Result<bool, TableError> {
        const SQL: &str = concat!(
            "UPDATE billing_idempotency_keys SET body_hash = $4, owner = $5, lease_until = $6,
                 created_at = $7, status = NULL, answer = NULL
             WHERE owner = $8 AND created_at = $9 AND ",
            of_row!()
        );
        let updated = in_tx!(tx, connection => {
            sqlx::query(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(body_hash)
                .bind(&self.owner)
                .bind(lease_until)
                .bind(now)
                .bind(&found.owner)
                .bind(found.created_at)
                .execute(connection)
                .await?
                .rows_affected()
        });
        Ok(updated > 0)
    }

    /// Stores the answer. Returns false if the row is claimed by another request.
    pub(super) async fn complete(
        &self,
        tx: &mut Transaction,
        status: StatusCode,
        made: &Value,
    ) -> Result<bool, TableError> {
        const SQL: &str = concat!(
            "UPDATE billing_idempotency_keys SET status = $4, answer = $5
             WHERE owner = $6 AND status IS NULL AND ",
            of_row!()
        );
        let updated = in_tx!(tx, connection => {
            sqlx::query(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(i64::from(status.as_u16()))
                .bind(made.to_string())
                .bind(&self.owner)
                .execute(connection)
                .await?
                .rows_affected()
        });
        Ok(updated > 0)
    }

    /// Shortens the lease of a row, which another request has written.
    pub(super) async fn cap_lease(
        &self,
        tx: &mut Transaction,
        found: &Found,
        lease_until: i64,
    ) -> Result<(), TableError> {
        const SQL: &str = concat!(
            "UPDATE billing_idempotency_keys SET lease_until = $4
             WHERE owner = $5 AND lease_until > $4 AND status IS NULL AND ",
            of_row!()
        );
        in_tx!(tx, connection => {
            sqlx::query(SQL)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(lease_until)
                .bind(&found.owner)
                .execute(connection)
                .await?;
        });
        Ok(())
    }

    /// Deletes the row if it has no answer and is still claimed by this request.
    pub(super) async fn delete(&self, host: &Host) -> Result<(), TableError> {
        const SQL: &str = concat!(
            "DELETE FROM billing_idempotency_keys WHERE owner = $4 AND status IS NULL AND ",
            of_row!()
        );
        self.end(host, SQL).await
    }

    /// Lets another request take the row over, if it has no answer and is still claimed by this request.
    pub(super) async fn end_lease(&self, host: &Host) -> Result<(), TableError> {
        const SQL: &str = concat!(
            "UPDATE billing_idempotency_keys SET lease_until = 0
             WHERE owner = $4 AND status IS NULL AND ",
            of_row!()
        );
        self.end(host, SQL).await
    }

    async fn end(&self, host: &Host, statement: &'static str) -> Result<(), TableError> {
        let mut tx = host.begin().await?;
        in_tx!(&mut tx, connection => {
            sqlx::query(statement)
                .bind(&self.organization)
                .bind(self.route)
                .bind(&self.key)
                .bind(&self.owner)
                .execute(connection)
                .await?;
        });
        host.commit(tx).await?;
        Ok(())
    }
}
