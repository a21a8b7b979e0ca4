//! SQLite: one file, write-ahead log, `synchronous=FULL`, every write through one connection.

mod connections;
mod customers;
mod deletion;
mod inbox;
mod ledger;
mod lives;
mod many_connections;
mod money;
mod operate;
mod payables;
mod refunds;

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::{
    ConnectionCode, CustomerId, EffectKey, OrganizationId, PaymentId, RefundId,
};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use uuid::Uuid;

use super::{
    Backend, CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow,
    DeliveryState, HistoryRow, InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, NO_HOST,
    OpenCheckoutRow, ParkOutcome, PayableRow, PaymentRow, Postponed, Received, RefundRow, Result,
    SecretUseRow, Store, StoreError, SubjectName, WalkedConnection,
};
use crate::{ConnectionKey, PayableId};

use lives::{Lives, Others};

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
    /// `None` of a store that works beside those of others.
    lives: Option<Lives>,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings its tables up to date. Deliveries that
    /// a process had under way when it died are due at once, unless another process has the file open:
    /// then what is under way may be the other's, and is due when its lease runs out.
    ///
    /// The tables are this crate's own; tables of the host's may live beside them under other
    /// names, and can be written in the same transaction ([`SqliteTx`]).
    ///
    /// # Errors
    /// The file cannot be opened, is no database, or is of a newer version than this crate.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut store = Self::open_with(path, &MIGRATOR).await?;
        let (lives, others) = Lives::begin(path).await?;
        if others == Others::None {
            inbox::release(&store.writer).await?;
            lives.share().await?;
        }
        store.lives = Some(lives);
        Ok(store)
    }

    /// Opens the file of a host that may be running, for the tool of an operator: what others have under
    /// way stays theirs, and whether they live is told to nobody by this one. For calls that end
    /// soon; a process that runs the inbox uses [`open`](Self::open).
    ///
    /// # Errors
    /// As for [`open`](Self::open); and there is no such file, or no host has ever opened it.
    pub async fn open_beside(path: impl AsRef<Path>) -> Result<Self> {
        let failed = |error| StoreError::new("open the database", error);
        let mut connection = SqliteConnectOptions::new()
            .filename(path.as_ref())
            .read_only(true)
            .connect()
            .await
            .map_err(failed)?;
        let is_there = "SELECT count(*) FROM sqlite_master WHERE name = 'installation'";
        let found: i64 = sqlx::query_scalar(is_there)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        connection.close().await.map_err(failed)?;
        if found == 0 {
            return Err(StoreError::new("open the database", NO_HOST));
        }
        Self::connect(path.as_ref(), &MIGRATOR).await
    }

    async fn open_with(path: &Path, migrator: &Migrator) -> Result<Self> {
        private_file(path).map_err(|error| StoreError::new("open the database", error))?;
        let store = Self::connect(path, migrator).await?;
        sqlx::query("INSERT INTO installation (only_row, id) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(Uuid::new_v4().to_string())
            .execute(&store.writer)
            .await
            .map_err(|error| StoreError::new("name the installation", error))?;
        crash_point!("tables.3-named");
        Ok(store)
    }

    async fn connect(path: &Path, migrator: &Migrator) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let failed = |error| StoreError::new("open the database", error);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(1))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        crash_point!("tables.1-begun");
        migrator
            .run(&writer)
            .await
            .map_err(|error| StoreError::new("bring its tables up to date", error))?;
        crash_point!("tables.2-made");
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        Ok(Self {
            writer,
            readers,
            lives: None,
        })
    }

    /// As an earlier version opened it, which had only the steps up to a number.
    #[cfg(test)]
    pub(in crate::store) async fn open_at_version(path: &Path, newest: i64) -> Self {
        let steps = MIGRATOR.iter().filter(|step| step.version <= newest);
        let migrator = Migrator::with_migrations(steps.cloned().collect());
        Self::open_with(path, &migrator).await.unwrap()
    }

    /// Connections for the host's own reads. They cannot write.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Waits for running transactions and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lives) = &self.lives {
            lives.end();
        }
    }
}

/// Makes the file, if there is none, for its owner alone: it holds what customers and payments are
/// about. SQLite gives the files beside it the same permissions. One that is there is not touched: to
/// close it would take back the locks that this process has on it already.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
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

    async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionKey>,
        limit: i64,
    ) -> Result<Vec<ConnectionRow>> {
        many_connections::after(&self.readers, organization, after, limit).await
    }

    async fn walk_connections(&self, after: i64, limit: i64) -> Result<Vec<WalkedConnection>> {
        many_connections::walk(&self.readers, after, limit).await
    }

    async fn update_settings_of(&self, rows: &[ConnectionRow]) -> Result<Vec<i64>> {
        many_connections::update_settings(&self.writer, rows).await
    }

    async fn secret_uses(&self, connections: &[i64]) -> Result<Vec<SecretUseRow>> {
        many_connections::secret_uses(&self.readers, connections).await
    }

    async fn delete_connection(&self, pk: i64, now: i64, grace: i64) -> Result<Deletion> {
        deletion::delete(&self.writer, pk, now, grace).await
    }

    async fn put_customer(&self, row: &CustomerRow) -> Result<bool> {
        customers::put(&self.writer, row).await
    }

    async fn remove_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<()> {
        customers::remove(&self.writer, organization, customer).await
    }

    async fn checkouts_left_behind(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Vec<OpenCheckoutRow>> {
        customers::left_behind(&self.readers, organization, customer).await
    }

    async fn link_of_customer(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<i64>> {
        customers::link(tx, organization, customer).await
    }

    async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>> {
        customers::by_id(&self.readers, organization, customer).await
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

    async fn refund_by_id(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        id: &RefundId,
    ) -> Result<Option<RefundRow>> {
        refunds::by_id(tx, connection_pk, id).await
    }

    async fn refunds_of_payable(&self, tx: &mut Tx, payable_pk: i64) -> Result<Vec<RefundRow>> {
        refunds::of_payable(tx, payable_pk).await
    }

    async fn put_refund(&self, tx: &mut Tx, row: &RefundRow) -> Result<i64> {
        refunds::put(tx, row).await
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

    async fn renew_lease(&self, pk: i64, owner: &str, until: i64) -> Result<bool> {
        inbox::renew(&self.writer, pk, owner, until).await
    }

    async fn is_leased(&self, tx: &mut Tx, pk: i64, owner: &str) -> Result<bool> {
        inbox::is_leased(tx, pk, owner).await
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

    async fn delivery_page(
        &self,
        page: InboxPage<'_>,
    ) -> Result<Vec<(ConnectionCode, DeliveryRow)>> {
        operate::page(&self.readers, page).await
    }

    async fn delivery(&self, connection_pk: i64, key: &str) -> Result<Option<DeliveryRow>> {
        operate::one(&self.readers, connection_pk, key).await
    }

    async fn park_delivery(
        &self,
        connection_pk: i64,
        key: &str,
        error: &str,
    ) -> Result<ParkOutcome> {
        operate::park(&self.writer, connection_pk, key, error).await
    }

    async fn retry_parked(&self, connection_pk: i64) -> Result<u64> {
        operate::retry_parked(&self.writer, connection_pk).await
    }

    async fn ledger_payables(
        &self,
        tx: &mut Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<PayableRow>> {
        ledger::payables(tx, organization, after, limit).await
    }

    async fn ledger_payments(
        &self,
        tx: &mut Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerPayment>> {
        ledger::payments(tx, organization, after, through).await
    }

    async fn ledger_refunds(
        &self,
        tx: &mut Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerRefund>> {
        ledger::refunds(tx, organization, after, through).await
    }

    async fn effect_payments(
        &self,
        tx: &mut Tx,
        keys: &[(i64, EffectKey)],
    ) -> Result<Vec<Option<i64>>> {
        ledger::effect_payments(tx, keys).await
    }

    async fn ledger_effects(
        &self,
        tx: &mut Tx,
        organization: Option<&OrganizationId>,
    ) -> Result<i64> {
        ledger::effects(tx, organization).await
    }

    async fn loose_ends(
        &self,
        tx: &mut Tx,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<LooseEnd>> {
        ledger::loose_ends(tx, organization, limit).await
    }
}
