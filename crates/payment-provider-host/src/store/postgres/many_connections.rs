//! Connections by the page, and walks over all of them.

use payment_provider_core::OrganizationId;
use sqlx::postgres::PgRow;

use super::connections::{self, read};
use super::{ConnectionRow, PostgresStore, Result, SecretUseRow, StoreError, WalkedConnection};
use crate::ConnectionKey;
use crate::store::Store;
use crate::store::columns::ReadColumn;

pub(super) const OF_ORGANIZATION: &str = "SELECT #connections FROM @connections
     WHERE organization_id = $1 AND code > $2 AND deleted_at IS NULL ORDER BY code LIMIT $3";
pub(super) const OF_ALL: &str = "SELECT #connections FROM @connections
     WHERE (organization_id, code) > ($1, $2) AND deleted_at IS NULL
     ORDER BY organization_id, code LIMIT $3";

pub(super) async fn after(
    store: &PostgresStore,
    organization: Option<&OrganizationId>,
    after: Option<&ConnectionKey>,
    limit: i64,
) -> Result<Vec<ConnectionRow>> {
    let (first, code) = ConnectionKey::bounds(after, organization);
    let query = match organization {
        Some(organization) => sqlx::query(store.sql(OF_ORGANIZATION)).bind(organization.as_str()),
        None => sqlx::query(store.sql(OF_ALL)).bind(first),
    };
    query
        .bind(code)
        .bind(limit)
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("read connections", error))?
        .iter()
        .map(read)
        .collect()
}

pub(super) const WALK: &str = "SELECT #connections FROM @connections
     WHERE connection_pk > $1 AND deleted_at IS NULL ORDER BY connection_pk LIMIT $2";

pub(super) async fn walk(
    store: &PostgresStore,
    after: i64,
    limit: i64,
) -> Result<Vec<WalkedConnection>> {
    let rows = sqlx::query(store.sql(WALK))
        .bind(after)
        .bind(limit)
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("read connections", error))?;
    let walked = |row: &PgRow| {
        Ok(WalkedConnection {
            pk: row.number("connection_pk")?,
            organization: row.parsed("organization_id")?,
            code: row.parsed("code")?,
            row: read(row).ok(),
        })
    };
    rows.iter().map(walked).collect()
}

/// The rows come in the order of their keys, so that two who do this at once wait for each other and
/// for nothing else.
pub(super) async fn update_settings(
    store: &PostgresStore,
    rows: &[ConnectionRow],
) -> Result<Vec<i64>> {
    let mut tx = store.begin().await?;
    let mut missed = Vec::new();
    for row in rows {
        if !connections::update_settings_in(&mut tx, row).await? {
            missed.push(row.pk);
        }
    }
    crash_point!("reseal.2-before-commit");
    tx.commit().await?;
    Ok(missed)
}

pub(super) const SECRET_USES: &str = "SELECT #connection_secrets FROM @connection_secrets
     WHERE connection_pk = ANY ($1) ORDER BY connection_pk, last_matched_at DESC, label";

pub(super) async fn secret_uses(
    store: &PostgresStore,
    connections: &[i64],
) -> Result<Vec<SecretUseRow>> {
    let rows = sqlx::query(store.sql(SECRET_USES))
        .bind(connections)
        .fetch_all(&store.pool)
        .await
        .map_err(|error| StoreError::new("read which secrets verified", error))?;
    let used = |row: &PgRow| {
        Ok(SecretUseRow {
            connection_pk: row.number("connection_pk")?,
            label: row.text("label")?,
            last_matched_at: row.number("last_matched_at")?,
        })
    };
    rows.iter().map(used).collect()
}
