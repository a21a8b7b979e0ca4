//! SQLite: one file, write-ahead log, `synchronous=FULL`, every write through one connection.

mod connections;
mod inbox;
mod money;
mod payables;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::{ConnectionCode, CustomerId, EffectKey, OrganizationId, PaymentId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{
    Backend, CheckoutRow, ConnectionRow, CustomerRow, DeliveryEnd, DeliveryRow, DeliveryState,
    HistoryRow, Inserted, PayableRow, PaymentRow, Postponed, Received, Result, Store, StoreError,
    SubjectName,
};
use crate::PayableId;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// The embedded store: one SQLite file, used by one process.
///
/// A transaction that was committed is on the disk (`synchronous=FULL`), so an answer of 200 to a
/// webhook is a promise. All writes go through one connection and begin as `BEGIN IMMEDIATE`: they
/// queue in the process instead of failing with `SQLITE_BUSY`. Reads have connections of their own.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings its tables up to date. Deliveries that
    /// a process had under way when it died are due at once. Should it live on for a moment, what it
    /// does about them is void: they are not its own any more.
    ///
    /// The tables are this crate's own; tables of the host's may live beside them under other
    /// names, and can be written in the same transaction ([`SqliteTx`]).
    ///
    /// # Errors
    /// The file cannot be opened, is no database, or is of a newer version than this crate.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path.as_ref())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        private_file(path.as_ref()).map_err(|error| StoreError::new("open the database", error))?;
        let failed = |error| StoreError::new("open the database", error);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(1))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        MIGRATOR
            .run(&writer)
            .await
            .map_err(|error| StoreError::new("bring its tables up to date", error))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        let store = Self { writer, readers };
        sqlx::query("INSERT INTO installation (only_row, id) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(Uuid::new_v4().to_string())
            .execute(&store.writer)
            .await
            .map_err(|error| StoreError::new("name the installation", error))?;
        inbox::release(&store.writer).await?;
        Ok(store)
    }

    /// Connections for the host's own reads. They cannot write.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Waits for running transactions and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the file, if there is none, for its owner alone: it holds what customers and payments are
/// about. SQLite gives the files beside it the same permissions.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// A transaction on a [`SqliteStore`], for statements of the host's own: `.execute(&mut **tx)`.
pub type SqliteTx = Transaction<'static, Sqlite>;

type Tx = SqliteTx;

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Tx> {
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|error| StoreError::new("begin a transaction", error))
    }

    async fn begin_read(&self) -> Result<Tx> {
        let begun = self.readers.begin().await;
        begun.map_err(|error| StoreError::new("begin a transaction", error))
    }

    async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit()
            .await
            .map_err(|error| StoreError::new("commit a transaction", error))
    }
}

#[async_trait]
impl Backend for SqliteStore {
    type Tx = Tx;

    async fn installation_id(&self) -> Result<String> {
        sqlx::query_scalar("SELECT id FROM installation")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| StoreError::new("read the installation", error))
    }

    async fn insert_connection(&self, row: &ConnectionRow) -> Result<Inserted> {
        connections::insert(&self.writer, row).await
    }

    async fn update_settings(&self, row: &ConnectionRow) -> Result<bool> {
        connections::update_settings(&self.writer, row).await
    }

    async fn set_enabled(&self, connection_pk: i64, enabled: bool) -> Result<()> {
        connections::set_enabled(&self.writer, connection_pk, enabled).await
    }

    async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Option<ConnectionRow>> {
        connections::by_code(&self.readers, organization, code).await
    }

    async fn connection_by_pk(&self, pk: i64) -> Result<Option<ConnectionRow>> {
        connections::by_pk(&self.readers, pk).await
    }

    async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<ConnectionRow>> {
        connections::all(&self.readers, organization).await
    }

    async fn put_customer(&self, row: &CustomerRow) -> Result<()> {
        connections::put_customer(&self.writer, row).await
    }

    async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>> {
        connections::customer(&self.readers, organization, customer).await
    }

    async fn hold_payables(&self, _: &mut Tx, _: i64, _: &[SubjectName], _: &[i64]) -> Result<()> {
        // Whoever writes has all of the file.
        Ok(())
    }

    async fn put_payable(&self, tx: &mut Tx, row: &PayableRow) -> Result<i64> {
        payables::put(tx, row).await
    }

    async fn payable(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRow>> {
        payables::by_id(tx, organization, payable).await
    }

    async fn payable_by_pk(&self, tx: &mut Tx, pk: i64) -> Result<PayableRow> {
        payables::by_pk(tx, pk).await
    }

    async fn checkouts_of(&self, tx: &mut Tx, payable_pk: i64) -> Result<Vec<CheckoutRow>> {
        payables::checkouts(tx, payable_pk).await
    }

    async fn checkout_by_pk(&self, tx: &mut Tx, pk: i64) -> Result<CheckoutRow> {
        payables::checkout_by_pk(tx, pk).await
    }

    async fn checkout_by_name(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        name: &SubjectName,
    ) -> Result<Option<CheckoutRow>> {
        payables::checkout_by_name(tx, connection_pk, name).await
    }

    async fn put_checkout(&self, tx: &mut Tx, row: &CheckoutRow) -> Result<i64> {
        payables::put_checkout(tx, row).await
    }

    async fn payments_of_checkout(&self, tx: &mut Tx, checkout_pk: i64) -> Result<Vec<PaymentRow>> {
        money::of_checkout(tx, checkout_pk).await
    }

    async fn payments_of_payable(&self, tx: &mut Tx, payable_pk: i64) -> Result<Vec<PaymentRow>> {
        money::of_payable(tx, payable_pk).await
    }

    async fn put_payment(&self, tx: &mut Tx, row: &PaymentRow) -> Result<i64> {
        money::put(tx, row).await
    }

    async fn payment_by_id(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        id: &PaymentId,
    ) -> Result<Option<PaymentRow>> {
        money::by_id(tx, connection_pk, id).await
    }

    async fn merge_payments(&self, tx: &mut Tx, gone: i64, kept: i64) -> Result<()> {
        money::merge(tx, gone, kept).await
    }

    async fn effect_payment(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        key: &EffectKey,
    ) -> Result<Option<i64>> {
        money::effect_payment(tx, connection_pk, key).await
    }

    async fn forget_effect(&self, tx: &mut Tx, connection_pk: i64, key: &EffectKey) -> Result<()> {
        money::forget_effect(tx, connection_pk, key).await
    }

    async fn put_effect(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        key: &EffectKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()> {
        money::put_effect(tx, connection_pk, key, payment_pk, at).await
    }

    async fn append_history(&self, tx: &mut Tx, row: &HistoryRow) -> Result<()> {
        payables::append_history(tx, row).await
    }

    async fn history_of(&self, tx: &mut Tx, payable_pk: i64) -> Result<Vec<HistoryRow>> {
        payables::history(tx, payable_pk).await
    }

    async fn receive_delivery(&self, row: &DeliveryRow, again: bool) -> Result<Received> {
        inbox::receive(&self.writer, row, again).await
    }

    async fn retry_delivery(&self, connection_pk: i64, key: &str) -> Result<bool> {
        inbox::retry(&self.writer, connection_pk, key).await
    }

    async fn lease_deliveries(
        &self,
        owner: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>> {
        inbox::lease(&self.writer, owner, now, until, limit).await
    }

    async fn finish_delivery(
        &self,
        tx: &mut Tx,
        pk: i64,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<bool> {
        inbox::finish(tx, pk, owner, end).await
    }

    async fn postpone_delivery(&self, pk: i64, owner: &str, wait: Postponed<'_>) -> Result<()> {
        inbox::postpone(&self.writer, pk, owner, wait).await
    }

    async fn requeue_unmatched(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        names: &[SubjectName],
        now: i64,
    ) -> Result<u64> {
        inbox::requeue(tx, connection_pk, names, now).await
    }

    async fn deliveries(&self, connection_pk: i64, limit: i64) -> Result<Vec<DeliveryRow>> {
        inbox::latest(&self.readers, connection_pk, limit).await
    }
}
