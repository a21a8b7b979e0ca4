use payment_provider_core::OrganizationId;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::Host;
use secrecy::SecretString;

use super::KeyText;
use crate::tables::{TableError, in_tx, on_pool};
use crate::timestamp::from_millis;

/// A key as it is listed, without its hash.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) name: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl ApiKey {
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        from_millis(self.created_at)
    }

    pub(crate) fn revoked_at(&self) -> Option<Timestamp> {
        self.revoked_at.and_then(from_millis)
    }
}

/// Creates a key of an organization. Returns its id and its text, which is not stored.
pub(crate) async fn create(
    host: &Host,
    organization: &OrganizationId,
    name: &str,
) -> Result<(String, SecretString), TableError> {
    const SQL: &str =
        "INSERT INTO billing_api_keys (id, organization_id, name, secret_hash, created_at)
         VALUES ($1, $2, $3, $4, $5)";
    let (text, key) = KeyText::generate();
    let mut tx = host.begin().await?;
    in_tx!(&mut tx, connection => {
        sqlx::query(SQL)
            .bind(key.id())
            .bind(organization.as_str())
            .bind(name)
            .bind(key.hash())
            .bind(host.clock().now().as_millisecond())
            .execute(connection)
            .await?;
    });
    host.commit(tx).await?;
    Ok((key.id().to_owned(), text))
}

/// Returns at most `limit` keys of an organization, oldest first, beginning after the key `after`.
pub(crate) async fn list(
    host: &Host,
    organization: &OrganizationId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ApiKey>, TableError> {
    const SQL: &str = "SELECT id, name, created_at, revoked_at FROM billing_api_keys
         WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    Ok(on_pool!(host, pool => {
        sqlx::query_as(SQL)
            .bind(organization.as_str())
            .bind(after.unwrap_or_default())
            .bind(limit)
            .fetch_all(pool)
            .await
    })?)
}

/// Result of revoking a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RevokeOutcome {
    Revoked,
    RevokedBefore,
    /// The organization has no such key.
    Unknown,
}

/// Revokes a key. Servers refuse it from the next request on.
pub(crate) async fn revoke(
    host: &Host,
    organization: &OrganizationId,
    id: &str,
) -> Result<RevokeOutcome, TableError> {
    const REVOKE: &str = "UPDATE billing_api_keys SET revoked_at = $1
         WHERE organization_id = $2 AND id = $3 AND revoked_at IS NULL";
    const COUNT: &str =
        "SELECT count(*) FROM billing_api_keys WHERE organization_id = $1 AND id = $2";
    let now = host.clock().now().as_millisecond();
    let mut tx = host.begin().await?;
    let (revoked, known): (u64, i64) = in_tx!(&mut tx, connection => {
        let revoke = sqlx::query(REVOKE).bind(now).bind(organization.as_str()).bind(id);
        let revoked = revoke.execute(&mut *connection).await?.rows_affected();
        let count = sqlx::query_scalar(COUNT).bind(organization.as_str()).bind(id);
        (revoked, count.fetch_one(connection).await?)
    });
    host.commit(tx).await?;
    Ok(match (revoked, known) {
        (0, 0) => RevokeOutcome::Unknown,
        (0, _) => RevokeOutcome::RevokedBefore,
        _ => RevokeOutcome::Revoked,
    })
}

/// Returns the organization that a key reaches, or `None` if the key does not exist or was revoked.
pub(crate) async fn organization_of(
    host: &Host,
    key: &KeyText,
) -> Result<Option<OrganizationId>, TableError> {
    const SQL: &str = "SELECT organization_id, secret_hash FROM billing_api_keys
         WHERE id = $1 AND revoked_at IS NULL";
    let found: Option<(String, Vec<u8>)> = on_pool!(host, pool => {
        sqlx::query_as(SQL).bind(key.id()).fetch_optional(pool).await
    })?;
    let organization = found
        .filter(|(_, hash)| key.has_hash(hash))
        .and_then(|(organization, _)| OrganizationId::new(organization).ok());
    Ok(organization)
}
