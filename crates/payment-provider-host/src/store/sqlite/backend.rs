//! What the runtime asks of the store, each answered by the file of its table.

use async_trait::async_trait;
use payment_provider_core::{
    ConnectionCode, CustomerId, DedupKey, OrganizationId, PaymentId, RefundId,
};

use super::{
    SqliteStore, Tx, connections, customers, deletion, inbox, ledger, many_connections, money,
    operate, payables, refunds,
};
use crate::store::{
    Backend, CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow,
    HistoryRow, InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, OpenCheckoutRow,
    ParkOutcome, PayableRow, PaymentRow, Postponed, Received, RefundRow, Result, SecretUseRow,
    StoreError, TargetName, WalkedConnection,
};
use crate::{ConnectionKey, PayableId};

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

    async fn hold_payables(&self, _: &mut Tx, _: i64, _: &[TargetName], _: &[i64]) -> Result<()> {
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
        name: &TargetName,
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
        key: &DedupKey,
    ) -> Result<Option<i64>> {
        money::effect_payment(tx, connection_pk, key).await
    }

    async fn forget_effect(&self, tx: &mut Tx, connection_pk: i64, key: &DedupKey) -> Result<()> {
        money::forget_effect(tx, connection_pk, key).await
    }

    async fn put_effect(
        &self,
        tx: &mut Tx,
        connection_pk: i64,
        key: &DedupKey,
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
        names: &[TargetName],
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
        keys: &[(i64, DedupKey)],
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
