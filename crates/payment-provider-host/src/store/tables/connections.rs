use std::collections::BTreeMap;

use payment_provider_core::{ConnectionCode, Environment, OrganizationId, ProviderId};

use crate::connection_ref::ConnectionRef;
use crate::crash_point::CommitStep;
use crate::encryption::Ciphertext;
use crate::plain_setting::PlainSetting;
use crate::store::engine::retry_on_conflict;
use crate::store::row::{Row, json};
use crate::store::statement::{Statement, statement};
use crate::store::tables::key_uses;
use crate::store::{Result, Store, Transaction};

#[derive(Debug, Clone)]
pub(crate) struct ConnectionRow {
    pub pk: i64,
    pub organization: OrganizationId,
    pub provider: ProviderId,
    pub code: ConnectionCode,
    pub name: String,
    pub environment: Environment,
    pub plain: BTreeMap<String, PlainSetting>,
    pub encrypted: BTreeMap<String, Vec<Ciphertext>>,
    /// The version of the settings, which increases with every change of them.
    pub version: i64,
    pub enabled: bool,
    /// The label of the secret that verified the latest delivery.
    pub matched_secret: Option<String>,
    /// The arrival of the latest verified delivery.
    pub matched_at: Option<i64>,
    pub created_at: i64,
}

impl ConnectionRow {
    pub(crate) fn to_ref(&self) -> ConnectionRef {
        ConnectionRef::new(self.organization.clone(), self.code.clone())
    }
}

/// The outcome of an insert: its unique key was free, or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    New,
    Taken,
}

/// A connection, read in a walk over all connections.
#[derive(Debug, Clone)]
pub(crate) struct WalkedConnection {
    pub pk: i64,
    pub organization: OrganizationId,
    pub code: ConnectionCode,
    /// `None` if another version of this crate wrote the row, so that it cannot be read.
    pub row: Option<ConnectionRow>,
}

pub(super) const COLUMNS: &[&str] = &[
    "connection_pk",
    "organization_id",
    "provider",
    "code",
    "name",
    "environment",
    "plain_settings",
    "encrypted_settings",
    "settings_version",
    "enabled",
    "matched_secret",
    "matched_at",
    "created_at",
];

const INSERT: &str = "INSERT INTO @connections (organization_id, provider, code, name, environment,
         plain_settings, encrypted_settings, encryption_keys, enabled, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (organization_id, code) DO NOTHING";

/// Updates the settings if the version is unchanged. The condition is evaluated again after waiting
/// for the row: of two changes of one version, the second finds another version and updates
/// nothing.
const UPDATE_SETTINGS: &str =
    "UPDATE @connections SET plain_settings = $1, encrypted_settings = $2, encryption_keys = $3,
         settings_version = settings_version + 1
     WHERE connection_pk = $4 AND settings_version = $5";

const SET_ENABLED: &str = "UPDATE @connections SET enabled = $1
     WHERE connection_pk = $2 AND deleted_at IS NULL";

pub(in crate::store) const BY_CODE: &str = "SELECT #connections FROM @connections
     WHERE organization_id = $1 AND code = $2 AND deleted_at IS NULL";

const BY_PK: &str = "SELECT #connections FROM @connections
     WHERE connection_pk = $1 AND deleted_at IS NULL";

pub(in crate::store) const PAGE_OF_ORGANIZATION: &str = "SELECT #connections FROM @connections
     WHERE organization_id = $1 AND code > $2 AND deleted_at IS NULL ORDER BY code LIMIT $3";

pub(in crate::store) const PAGE_OF_ALL: &str = "SELECT #connections FROM @connections
     WHERE (organization_id, code) > ($1, $2) AND deleted_at IS NULL
     ORDER BY organization_id, code LIMIT $3";

pub(in crate::store) const WALK: &str = "SELECT #connections FROM @connections
     WHERE connection_pk > $1 AND deleted_at IS NULL ORDER BY connection_pk LIMIT $2";

const RECORD_PAYMENT_EVENT: &str = "UPDATE @connections SET payment_event_at = $1
     WHERE connection_pk = $2 AND (payment_event_at IS NULL OR payment_event_at <= $3)";

/// Operations on connections. None of them finds a deleted connection.
impl Store {
    /// Inserts a connection, unless its code is taken. The code of a deleted connection stays taken.
    pub(crate) async fn insert_connection(&self, row: &ConnectionRow) -> Result<Inserted> {
        let insert = statement!("add a connection", INSERT, &row.organization, &row.provider)
            .bind(&row.code)
            .bind(&*row.name)
            .bind(row.environment.as_str())
            .bind(json(&row.plain)?)
            .bind(json(&row.encrypted)?)
            .bind(key_uses::text(&row.encrypted))
            .bind(row.enabled)
            .bind(row.created_at);
        let added = self.execute_durably(CommitStep::Connection, insert).await?;
        Ok(match added {
            1 => Inserted::New,
            _ => Inserted::Taken,
        })
    }

    /// Writes the settings, and no other column, unless they were changed since the row was read.
    /// Returns false if they were.
    pub(crate) async fn update_settings(&self, row: &ConnectionRow) -> Result<bool> {
        let update = update_settings(row)?;
        Ok(self.execute_durably(CommitStep::Settings, update).await? == 1)
    }

    /// [Updates the settings](Self::update_settings) of several connections in one transaction.
    /// Returns the keys of those that were changed since they were read.
    ///
    /// The rows come in the order of their keys, so that two transactions that do this at once wait for
    /// each other and cannot deadlock.
    pub(crate) async fn update_settings_batch(&self, rows: &[ConnectionRow]) -> Result<Vec<i64>> {
        retry_on_conflict(|| async {
            let mut tx = self.begin().await?;
            let mut missed = Vec::new();
            for row in rows {
                if tx.execute(update_settings(row)?).await? == 0 {
                    missed.push(row.pk);
                }
            }
            tx.commit_as(CommitStep::KeyRotation).await?;
            Ok(missed)
        })
        .await
    }

    /// Returns false if the connection is deleted.
    pub(crate) async fn set_enabled(&self, connection_pk: i64, enabled: bool) -> Result<bool> {
        let update = statement!("change a connection", SET_ENABLED, enabled, connection_pk);
        Ok(self.execute_durably(CommitStep::Enabling, update).await? == 1)
    }

    pub(crate) async fn connection(
        &self,
        connection: &ConnectionRef,
    ) -> Result<Option<ConnectionRow>> {
        let find = statement!(
            "read a connection",
            BY_CODE,
            &connection.organization,
            &connection.code
        );
        self.fetch_optional(find, read).await
    }

    pub(crate) async fn connection_by_pk(&self, pk: i64) -> Result<Option<ConnectionRow>> {
        let find = statement!("read a connection", BY_PK, pk);
        self.fetch_optional(find, read).await
    }

    /// Returns at most `limit` connections after a key, by organization and code.
    pub(crate) async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionRef>,
        limit: i64,
    ) -> Result<Vec<ConnectionRow>> {
        const ACTION: &str = "read connections";
        let (first, code) = ConnectionRef::bounds(after, organization);
        let page = match organization {
            Some(organization) => statement!(ACTION, PAGE_OF_ORGANIZATION, organization),
            None => statement!(ACTION, PAGE_OF_ALL, first),
        };
        self.fetch_all(page.bind(code).bind(limit), read).await
    }

    /// Returns at most `limit` connections in the order of their row keys, after one of them.
    pub(crate) async fn walk_connections(
        &self,
        after: i64,
        limit: i64,
    ) -> Result<Vec<WalkedConnection>> {
        let walked = |row: &Row<'_>| {
            Ok(WalkedConnection {
                pk: row.number("connection_pk")?,
                organization: row.parsed("organization_id")?,
                code: row.parsed("code")?,
                row: read(row).ok(),
            })
        };
        let walk = statement!("read connections", WALK, after, limit);
        self.fetch_all(walk, walked).await
    }
}

impl Transaction {
    /// Records that a connection receives payment events, unless that was recorded after `outdated`.
    pub(crate) async fn record_payment_event(
        &mut self,
        pk: i64,
        at: i64,
        outdated: i64,
    ) -> Result<()> {
        const ACTION: &str = "record a payment event";
        let record = statement!(ACTION, RECORD_PAYMENT_EVENT, at, pk, outdated);
        self.execute(record).await?;
        Ok(())
    }
}

fn update_settings(row: &ConnectionRow) -> Result<Statement<'static>> {
    let update = statement!("change a connection", UPDATE_SETTINGS, json(&row.plain)?);
    Ok(update
        .bind(json(&row.encrypted)?)
        .bind(key_uses::text(&row.encrypted))
        .bind(row.pk)
        .bind(row.version))
}

fn read(row: &Row<'_>) -> Result<ConnectionRow> {
    Ok(ConnectionRow {
        pk: row.number("connection_pk")?,
        organization: row.parsed("organization_id")?,
        provider: row.parsed("provider")?,
        code: row.parsed("code")?,
        name: row.text("name")?,
        environment: row.parsed("environment")?,
        plain: row.json("plain_settings")?,
        encrypted: row.json("encrypted_settings")?,
        version: row.number("settings_version")?,
        enabled: row.flag("enabled")?,
        matched_secret: row.optional_text("matched_secret")?,
        matched_at: row.optional_number("matched_at")?,
        created_at: row.number("created_at")?,
    })
}
