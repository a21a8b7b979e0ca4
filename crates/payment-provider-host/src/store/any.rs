//! Either store, for a host that learns which when it starts.

use async_trait::async_trait;
use payment_provider_core::{
    ConnectionCode, CustomerId, DedupKey, OrganizationId, PaymentId, RefundId,
};

use super::{
    Backend, CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow,
    HistoryRow, InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, OpenCheckoutRow,
    ParkOutcome, PayableRow, PaymentRow, PostgresStore, PostgresTx, Postponed, Received, RefundRow,
    Result, SecretUseRow, SqliteStore, SqliteTx, Store, StoreError, TargetName, WalkedConnection,
};
use crate::{ConnectionKey, PayableId};

/// One of the stores, chosen at run time.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// One file, one process.
    Sqlite(SqliteStore),
    /// One database, several processes.
    Postgres(PostgresStore),
}

/// A transaction on an [`AnyStore`].
#[derive(Debug)]
pub enum AnyTx {
    /// On the file.
    Sqlite(SqliteTx),
    /// On the database.
    Postgres(PostgresTx),
}

impl From<SqliteStore> for AnyStore {
    fn from(store: SqliteStore) -> Self {
        Self::Sqlite(store)
    }
}

impl From<PostgresStore> for AnyStore {
    fn from(store: PostgresStore) -> Self {
        Self::Postgres(store)
    }
}

/// A transaction of the other kind: it was begun on another store.
fn foreign() -> StoreError {
    StoreError::new(
        "use a transaction",
        "the transaction was begun on another store",
    )
}

macro_rules! each {
    ($self:ident . $method:ident ( $($argument:expr),* )) => {
        match $self {
            Self::Sqlite(store) => store.$method($($argument),*).await,
            Self::Postgres(store) => store.$method($($argument),*).await,
        }
    };
}

macro_rules! each_in {
    ($self:ident, $tx:ident . $method:ident ( $($argument:expr),* )) => {
        match ($self, $tx) {
            (Self::Sqlite(store), AnyTx::Sqlite(tx)) => store.$method(tx, $($argument),*).await,
            (Self::Postgres(store), AnyTx::Postgres(tx)) => {
                store.$method(tx, $($argument),*).await
            }
            _ => Err(foreign()),
        }
    };
}

#[async_trait]
impl Store for AnyStore {
    async fn begin(&self) -> Result<AnyTx> {
        Ok(match self {
            Self::Sqlite(store) => AnyTx::Sqlite(store.begin().await?),
            Self::Postgres(store) => AnyTx::Postgres(store.begin().await?),
        })
    }

    async fn begin_read(&self) -> Result<AnyTx> {
        Ok(match self {
            Self::Sqlite(store) => AnyTx::Sqlite(store.begin_read().await?),
            Self::Postgres(store) => AnyTx::Postgres(store.begin_read().await?),
        })
    }

    async fn commit(&self, tx: AnyTx) -> Result<()> {
        match (self, tx) {
            (Self::Sqlite(store), AnyTx::Sqlite(tx)) => store.commit(tx).await,
            (Self::Postgres(store), AnyTx::Postgres(tx)) => store.commit(tx).await,
            _ => Err(foreign()),
        }
    }
}

#[async_trait]
impl Backend for AnyStore {
    type Tx = AnyTx;

    async fn installation_id(&self) -> Result<String> {
        each!(self.installation_id())
    }

    async fn insert_connection(&self, row: &ConnectionRow) -> Result<Inserted> {
        each!(self.insert_connection(row))
    }

    async fn update_settings(&self, row: &ConnectionRow) -> Result<bool> {
        each!(self.update_settings(row))
    }

    async fn set_enabled(&self, connection_pk: i64, enabled: bool) -> Result<()> {
        each!(self.set_enabled(connection_pk, enabled))
    }

    async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Option<ConnectionRow>> {
        each!(self.connection(organization, code))
    }

    async fn connection_by_pk(&self, pk: i64) -> Result<Option<ConnectionRow>> {
        each!(self.connection_by_pk(pk))
    }

    async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<ConnectionRow>> {
        each!(self.connections(organization))
    }

    async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionKey>,
        limit: i64,
    ) -> Result<Vec<ConnectionRow>> {
        each!(self.connections_after(organization, after, limit))
    }

    async fn walk_connections(&self, after: i64, limit: i64) -> Result<Vec<WalkedConnection>> {
        each!(self.walk_connections(after, limit))
    }

    async fn update_settings_of(&self, rows: &[ConnectionRow]) -> Result<Vec<i64>> {
        each!(self.update_settings_of(rows))
    }

    async fn secret_uses(&self, connections: &[i64]) -> Result<Vec<SecretUseRow>> {
        each!(self.secret_uses(connections))
    }

    async fn delete_connection(&self, pk: i64, now: i64, grace: i64) -> Result<Deletion> {
        each!(self.delete_connection(pk, now, grace))
    }

    async fn put_customer(&self, row: &CustomerRow) -> Result<bool> {
        each!(self.put_customer(row))
    }

    async fn remove_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<()> {
        each!(self.remove_customer(organization, customer))
    }

    async fn checkouts_left_behind(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Vec<OpenCheckoutRow>> {
        each!(self.checkouts_left_behind(organization, customer))
    }

    async fn link_of_customer(
        &self,
        tx: &mut AnyTx,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<i64>> {
        each_in!(self, tx.link_of_customer(organization, customer))
    }

    async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>> {
        each!(self.customer(organization, customer))
    }

    async fn hold_payables(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        names: &[TargetName],
        checkouts: &[i64],
    ) -> Result<()> {
        each_in!(self, tx.hold_payables(connection_pk, names, checkouts))
    }

    async fn put_payable(&self, tx: &mut AnyTx, row: &PayableRow) -> Result<i64> {
        each_in!(self, tx.put_payable(row))
    }

    async fn payable(
        &self,
        tx: &mut AnyTx,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRow>> {
        each_in!(self, tx.payable(organization, payable))
    }

    async fn payable_by_pk(&self, tx: &mut AnyTx, pk: i64) -> Result<PayableRow> {
        each_in!(self, tx.payable_by_pk(pk))
    }

    async fn checkouts_of(&self, tx: &mut AnyTx, payable_pk: i64) -> Result<Vec<CheckoutRow>> {
        each_in!(self, tx.checkouts_of(payable_pk))
    }

    async fn checkout_by_pk(&self, tx: &mut AnyTx, pk: i64) -> Result<CheckoutRow> {
        each_in!(self, tx.checkout_by_pk(pk))
    }

    async fn checkout_by_name(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        name: &TargetName,
    ) -> Result<Option<CheckoutRow>> {
        each_in!(self, tx.checkout_by_name(connection_pk, name))
    }

    async fn put_checkout(&self, tx: &mut AnyTx, row: &CheckoutRow) -> Result<i64> {
        each_in!(self, tx.put_checkout(row))
    }

    async fn payments_of_checkout(
        &self,
        tx: &mut AnyTx,
        checkout_pk: i64,
    ) -> Result<Vec<PaymentRow>> {
        each_in!(self, tx.payments_of_checkout(checkout_pk))
    }

    async fn payments_of_payable(
        &self,
        tx: &mut AnyTx,
        payable_pk: i64,
    ) -> Result<Vec<PaymentRow>> {
        each_in!(self, tx.payments_of_payable(payable_pk))
    }

    async fn put_payment(&self, tx: &mut AnyTx, row: &PaymentRow) -> Result<i64> {
        each_in!(self, tx.put_payment(row))
    }

    async fn payment_by_id(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        id: &PaymentId,
    ) -> Result<Option<PaymentRow>> {
        each_in!(self, tx.payment_by_id(connection_pk, id))
    }

    async fn merge_payments(&self, tx: &mut AnyTx, gone: i64, kept: i64) -> Result<()> {
        each_in!(self, tx.merge_payments(gone, kept))
    }

    async fn effect_payment(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<Option<i64>> {
        each_in!(self, tx.effect_payment(connection_pk, key))
    }

    async fn forget_effect(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<()> {
        each_in!(self, tx.forget_effect(connection_pk, key))
    }

    async fn put_effect(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        key: &DedupKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()> {
        each_in!(self, tx.put_effect(connection_pk, key, payment_pk, at))
    }

    async fn refund_by_id(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        id: &RefundId,
    ) -> Result<Option<RefundRow>> {
        each_in!(self, tx.refund_by_id(connection_pk, id))
    }

    async fn refunds_of_payable(&self, tx: &mut AnyTx, payable_pk: i64) -> Result<Vec<RefundRow>> {
        each_in!(self, tx.refunds_of_payable(payable_pk))
    }

    async fn put_refund(&self, tx: &mut AnyTx, row: &RefundRow) -> Result<i64> {
        each_in!(self, tx.put_refund(row))
    }

    async fn append_history(&self, tx: &mut AnyTx, row: &HistoryRow) -> Result<()> {
        each_in!(self, tx.append_history(row))
    }

    async fn history_of(&self, tx: &mut AnyTx, payable_pk: i64) -> Result<Vec<HistoryRow>> {
        each_in!(self, tx.history_of(payable_pk))
    }

    async fn receive_delivery(&self, row: &DeliveryRow, again: bool) -> Result<Received> {
        each!(self.receive_delivery(row, again))
    }

    async fn retry_delivery(&self, connection_pk: i64, key: &str) -> Result<bool> {
        each!(self.retry_delivery(connection_pk, key))
    }

    async fn lease_deliveries(
        &self,
        owner: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>> {
        each!(self.lease_deliveries(owner, now, until, limit))
    }

    async fn renew_lease(&self, pk: i64, owner: &str, until: i64) -> Result<bool> {
        each!(self.renew_lease(pk, owner, until))
    }

    async fn is_leased(&self, tx: &mut AnyTx, pk: i64, owner: &str) -> Result<bool> {
        each_in!(self, tx.is_leased(pk, owner))
    }

    async fn finish_delivery(
        &self,
        tx: &mut AnyTx,
        pk: i64,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<bool> {
        each_in!(self, tx.finish_delivery(pk, owner, end))
    }

    async fn postpone_delivery(&self, pk: i64, owner: &str, wait: Postponed<'_>) -> Result<()> {
        each!(self.postpone_delivery(pk, owner, wait))
    }

    async fn requeue_unmatched(
        &self,
        tx: &mut AnyTx,
        connection_pk: i64,
        names: &[TargetName],
        now: i64,
    ) -> Result<u64> {
        each_in!(self, tx.requeue_unmatched(connection_pk, names, now))
    }

    async fn deliveries(&self, connection_pk: i64, limit: i64) -> Result<Vec<DeliveryRow>> {
        each!(self.deliveries(connection_pk, limit))
    }

    async fn delivery_page(
        &self,
        page: InboxPage<'_>,
    ) -> Result<Vec<(ConnectionCode, DeliveryRow)>> {
        each!(self.delivery_page(page))
    }

    async fn delivery(&self, connection_pk: i64, key: &str) -> Result<Option<DeliveryRow>> {
        each!(self.delivery(connection_pk, key))
    }

    async fn park_delivery(
        &self,
        connection_pk: i64,
        key: &str,
        error: &str,
    ) -> Result<ParkOutcome> {
        each!(self.park_delivery(connection_pk, key, error))
    }

    async fn retry_parked(&self, connection_pk: i64) -> Result<u64> {
        each!(self.retry_parked(connection_pk))
    }

    async fn ledger_payables(
        &self,
        tx: &mut AnyTx,
        organization: Option<&OrganizationId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<PayableRow>> {
        each_in!(self, tx.ledger_payables(organization, after, limit))
    }

    async fn ledger_payments(
        &self,
        tx: &mut AnyTx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerPayment>> {
        each_in!(self, tx.ledger_payments(organization, after, through))
    }

    async fn ledger_refunds(
        &self,
        tx: &mut AnyTx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerRefund>> {
        each_in!(self, tx.ledger_refunds(organization, after, through))
    }

    async fn effect_payments(
        &self,
        tx: &mut AnyTx,
        keys: &[(i64, DedupKey)],
    ) -> Result<Vec<Option<i64>>> {
        each_in!(self, tx.effect_payments(keys))
    }

    async fn ledger_effects(
        &self,
        tx: &mut AnyTx,
        organization: Option<&OrganizationId>,
    ) -> Result<i64> {
        each_in!(self, tx.ledger_effects(organization))
    }

    async fn loose_ends(
        &self,
        tx: &mut AnyTx,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<LooseEnd>> {
        each_in!(self, tx.loose_ends(organization, limit))
    }
}
