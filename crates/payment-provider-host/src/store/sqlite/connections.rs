use payment_provider_core::{ConnectionCode, OrganizationId};
use sqlx::sqlite::{SqliteExecutor, SqlitePool, SqliteRow};

use super::{ConnectionRow, Inserted, Result, StoreError};
use crate::store::columns::{ReadColumn, json};

pub(super) async fn insert(pool: &SqlitePool, row: &ConnectionRow) -> Result<Inserted> {
    let done = sqlx::query(
        "INSERT INTO connections (organization_id, provider, code, name, environment,
             plain_settings, sealed_settings, enabled, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (organization_id, code) DO NOTHING",
    )
    .bind(row.organization.as_str())
    .bind(row.provider.as_str())
    .bind(row.code.as_str())
    .bind(&row.name)
    .bind(row.environment.as_str())
    .bind(json(&row.plain)?)
    .bind(json(&row.sealed)?)
    .bind(row.enabled)
    .bind(row.created_at)
    .execute(pool)
    .await
    .map_err(|error| StoreError::new("add a connection", error))?;
    Ok(if done.rows_affected() == 1 {
        Inserted::New
    } else {
        Inserted::Taken
    })
}

pub(super) async fn update_settings<'e>(
    executor: impl SqliteExecutor<'e>,
    row: &ConnectionRow,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE connections SET plain_settings = ?, sealed_settings = ?,
             settings_version = settings_version + 1
         WHERE connection_pk = ? AND settings_version = ?",
    )
    .bind(json(&row.plain)?)
    .bind(json(&row.sealed)?)
    .bind(row.pk)
    .bind(row.version)
    .execute(executor)
    .await
    .map_err(|error| StoreError::new("change a connection", error))?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_enabled(pool: &SqlitePool, pk: i64, enabled: bool) -> Result<()> {
    sqlx::query("UPDATE connections SET enabled = ? WHERE connection_pk = ?")
        .bind(enabled)
        .bind(pk)
        .execute(pool)
        .await
        .map_err(|error| StoreError::new("change a connection", error))?;
    Ok(())
}

pub(super) const BY_CODE: &str =
    "SELECT * FROM connections WHERE organization_id = ? AND code = ? AND deleted_at IS NULL";

pub(super) async fn by_code(
    pool: &SqlitePool,
    organization: &OrganizationId,
    code: &ConnectionCode,
) -> Result<Option<ConnectionRow>> {
    sqlx::query(BY_CODE)
        .bind(organization.as_str())
        .bind(code.as_str())
        .fetch_optional(pool)
        .await
        .map_err(|error| StoreError::new("read a connection", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn by_pk(pool: &SqlitePool, pk: i64) -> Result<Option<ConnectionRow>> {
    sqlx::query("SELECT * FROM connections WHERE connection_pk = ? AND deleted_at IS NULL")
        .bind(pk)
        .fetch_optional(pool)
        .await
        .map_err(|error| StoreError::new("read a connection", error))?
        .as_ref()
        .map(read)
        .transpose()
}

pub(super) async fn all(
    pool: &SqlitePool,
    organization: Option<&OrganizationId>,
) -> Result<Vec<ConnectionRow>> {
    sqlx::query(
        "SELECT * FROM connections
         WHERE (?1 IS NULL OR organization_id = ?1) AND deleted_at IS NULL
         ORDER BY organization_id, code",
    )
    .bind(organization.map(OrganizationId::as_str))
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::new("read connections", error))?
    .iter()
    .map(read)
    .collect()
}

pub(super) fn read(row: &SqliteRow) -> Result<ConnectionRow> {
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
