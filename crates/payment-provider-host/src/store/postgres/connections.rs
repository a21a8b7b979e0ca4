use payment_provider_core::{ConnectionCode, OrganizationId};
use sqlx::postgres::PgRow;

use super::{ConnectionRow, Inserted, PostgresStore, PostgresTx, Result, StoreError};
use crate::store::Store;
use crate::store::columns::{ReadColumn, json};

pub(super) async fn insert(store: &PostgresStore, row: &ConnectionRow) -> Result<Inserted> {
    let mut tx = store.begin().await?;
    let done = sqlx::query(tx.sql(
        "INSERT INTO @connections (organization_id, provider, code, name, environment,
             plain_settings, sealed_settings, enabled, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (organization_id, code) DO NOTHING",
    ))
    .bind(row.organization.as_str())
    .bind(row.provider.as_str())
    .bind(row.code.as_str())
    .bind(&row.name)
    .bind(row.environment.as_str())
    .bind(json(&row.plain)?)
    .bind(json(&row.sealed)?)
    .bind(row.enabled)
    .bind(row.created_at)
    .execute(tx.own())
    .await
    .map_err(|error| StoreError::new("add a connection", error))?;
    tx.commit().await?;
    Ok(if done.rows_affected() == 1 {
        Inserted::New
    } else {
        Inserted::Taken
    })
}

pub(super) async fn update_settings(store: &PostgresStore, row: &ConnectionRow) -> Result<bool> {
    let mut tx = store.begin().await?;
    let done = update_settings_in(&mut tx, row).await?;
    tx.commit().await?;
    Ok(done)
}

/// The row is locked by whoever changes it, and the condition is looked at again after waiting: of
/// two changes from one version the second finds another version.
pub(super) async fn update_settings_in(tx: &mut PostgresTx, row: &ConnectionRow) -> Result<bool> {
    let sql = tx.sql(
        "UPDATE @connections SET plain_settings = $1, sealed_settings = $2,
             settings_version = settings_version + 1
         WHERE connection_pk = $3 AND settings_version = $4",
    );
    let done = sqlx::query(sql)
        .bind(json(&row.plain)?)
        .bind(json(&row.sealed)?)
        .bind(row.pk)
        .bind(row.version)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("change a connection", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_enabled(store: &PostgresStore, pk: i64, enabled: bool) -> Result<()> {
    let mut tx = store.begin().await?;
    sqlx::query(tx.sql("UPDATE @connections SET enabled = $1 WHERE connection_pk = $2"))
        .bind(enabled)
        .bind(pk)
        .execute(tx.own())
        .await
        .map_err(|error| StoreError::new("change a connection", error))?;
    tx.commit().await?;
    Ok(())
}

pub(super) const BY_CODE: &str = "SELECT #connections FROM @connections
     WHERE organization_id = $1 AND code = $2 AND deleted_at IS NULL";

pub(super) async fn by_code(
    store: &PostgresStore,
    organization: &OrganizationId,
    code: &ConnectionCode,
) -> Result<Option<ConnectionRow>> {
    sqlx::query(store.sql(BY_CODE))
        .bind(organization.as_str())
        .bind(code.as_str())
        .fetch_optional(&store.pool)
        .await
        .map_err(|error| StoreError::new("read a connection", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn by_pk(store: &PostgresStore, pk: i64) -> Result<Option<ConnectionRow>> {
    let sql = "SELECT #connections FROM @connections
         WHERE connection_pk = $1 AND deleted_at IS NULL";
    sqlx::query(store.sql(sql))
        .bind(pk)
        .fetch_optional(&store.pool)
        .await
        .map_err(|error| StoreError::new("read a connection", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn all(
    store: &PostgresStore,
    organization: Option<&OrganizationId>,
) -> Result<Vec<ConnectionRow>> {
    sqlx::query(store.sql(
        "SELECT #connections FROM @connections
         WHERE ($1::text IS NULL OR organization_id = $1) AND deleted_at IS NULL
         ORDER BY organization_id, code",
    ))
    .bind(organization.map(OrganizationId::as_str))
    .fetch_all(&store.pool)
    .await
    .map_err(|error| StoreError::new("read connections", error))?
    .iter()
    .map(read)
    .collect()
}

pub(super) fn read(row: &PgRow) -> Result<ConnectionRow> {
    Ok(ConnectionRow {
        pk: row.number("connection_pk")?,
        organization: row.parsed("organization_id")?,
        provider: row.parsed("provider")?,
        code: row.parsed("code")?,
        name: row.text("name")?,
        environment: row.parsed("environment")?,
        plain: row.json("plain_settings")?,
        sealed: row.json("sealed_settings")?,
        version: row.number("settings_version")?,
        enabled: row.flag("enabled")?,
        matched_secret: row.maybe_text("matched_secret")?,
        matched_at: row.maybe_number("matched_at")?,
        created_at: row.number("created_at")?,
    })
}
