use std::fmt;

use async_trait::async_trait;
use payment_provider_core::{
    ConnectionCode, CustomerId, DedupKey, OrganizationId, PaymentId, RefundId,
};

use super::{
    CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow, HistoryRow,
    InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, OpenCheckoutRow, ParkOutcome,
    PayableRow, PaymentRow, Postponed, Received, RefundRow, Result, SecretUseRow, TargetName,
    WalkedConnection,
};
use crate::{ConnectionKey, PayableId};

/// What the runtime needs of a store. Outside of this crate the trait cannot be named, so it cannot
/// be implemented and its methods cannot be called. Every method that takes a transaction is part of
/// a larger step; every other one is a whole step of its own.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// A transaction. Dropping it rolls back.
    type Tx: Send;

    async fn installation_id(&self) -> Result<String>;

    // Connections. One that is deleted is not found by any of these.
    /// The code of a deleted one stays taken.
    async fn insert_connection(&self, row: &ConnectionRow) -> Result<Inserted>;
    /// Writes the settings, and nothing else of the row, unless others than those it was read with
    /// are stored by now; says whether it did.
    async fn update_settings(&self, row: &ConnectionRow) -> Result<bool>;
    async fn set_enabled(&self, connection_pk: i64, enabled: bool) -> Result<()>;
    async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Option<ConnectionRow>>;
    async fn connection_by_pk(&self, pk: i64) -> Result<Option<ConnectionRow>>;
    async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<ConnectionRow>>;
    /// By organization and code, at most so many of those after a key.
    async fn connections_after(
        &self,
        organization: Option<&OrganizationId>,
        after: Option<&ConnectionKey>,
        limit: i64,
    ) -> Result<Vec<ConnectionRow>>;
    /// In the order of their row keys, at most so many of those after one.
    async fn walk_connections(&self, after: i64, limit: i64) -> Result<Vec<WalkedConnection>>;
    /// [`update_settings`](Self::update_settings) for each of these, in one step; the row keys of
    /// those it did not write.
    async fn update_settings_of(&self, rows: &[ConnectionRow]) -> Result<Vec<i64>>;
    /// The secrets of these that ever verified a delivery, the latest used first.
    async fn secret_uses(&self, connections: &[i64]) -> Result<Vec<SecretUseRow>>;
    /// Deletes a connection, and what makes it one, unless it is needed: no customer is linked to it
    /// and no delivery stored for it afterwards.
    async fn delete_connection(&self, pk: i64, now: i64, grace: i64) -> Result<Deletion>;

    // Customers.
    /// Says whether the connection is there: if not, nothing is written.
    async fn put_customer(&self, row: &CustomerRow) -> Result<bool>;
    async fn remove_customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<()>;
    /// Checkouts of a customer that may take money, on other connections than the one they are
    /// linked to by now.
    async fn checkouts_left_behind(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Vec<OpenCheckoutRow>>;
    /// The connection that a customer is linked to; that stays so until a transaction that writes
    /// ends.
    async fn link_of_customer(
        &self,
        tx: &mut Self::Tx,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<i64>>;
    async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>>;

    // Payables and checkouts. In a transaction that writes, whoever reads one of these, or anything
    // that belongs to it, has its payable to themselves until the transaction ends.

    /// Takes hold of all payables that these names and checkouts belong to, as far as they are known,
    /// before anything of them is read: whoever needs several takes them in the same order.
    async fn hold_payables(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        names: &[TargetName],
        checkouts: &[i64],
    ) -> Result<()>;
    /// Writes a payable; a new one has the key 0.
    async fn put_payable(&self, tx: &mut Self::Tx, row: &PayableRow) -> Result<i64>;
    async fn payable(
        &self,
        tx: &mut Self::Tx,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRow>>;
    async fn payable_by_pk(&self, tx: &mut Self::Tx, pk: i64) -> Result<PayableRow>;
    async fn checkouts_of(&self, tx: &mut Self::Tx, payable_pk: i64) -> Result<Vec<CheckoutRow>>;
    async fn checkout_by_pk(&self, tx: &mut Self::Tx, pk: i64) -> Result<CheckoutRow>;
    async fn checkout_by_name(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        name: &TargetName,
    ) -> Result<Option<CheckoutRow>>;
    /// Writes a checkout; a new one has the key 0.
    async fn put_checkout(&self, tx: &mut Self::Tx, row: &CheckoutRow) -> Result<i64>;

    // Money.
    async fn payments_of_checkout(
        &self,
        tx: &mut Self::Tx,
        checkout_pk: i64,
    ) -> Result<Vec<PaymentRow>>;
    async fn payments_of_payable(
        &self,
        tx: &mut Self::Tx,
        payable_pk: i64,
    ) -> Result<Vec<PaymentRow>>;
    async fn put_payment(&self, tx: &mut Self::Tx, row: &PaymentRow) -> Result<i64>;
    async fn payment_by_id(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        id: &PaymentId,
    ) -> Result<Option<PaymentRow>>;
    /// Removes a payment that turned out to be another one; its effects are that one's.
    async fn merge_payments(&self, tx: &mut Self::Tx, gone: i64, kept: i64) -> Result<()>;
    async fn effect_payment(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<Option<i64>>;
    async fn forget_effect(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        key: &DedupKey,
    ) -> Result<()>;
    /// Says which payment an effect belongs to, in place of what was said before.
    async fn put_effect(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        key: &DedupKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()>;

    // Refunds.
    async fn refund_by_id(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        id: &RefundId,
    ) -> Result<Option<RefundRow>>;
    /// In the order in which they became known.
    async fn refunds_of_payable(
        &self,
        tx: &mut Self::Tx,
        payable_pk: i64,
    ) -> Result<Vec<RefundRow>>;
    /// Writes a refund; a new one has the key 0.
    async fn put_refund(&self, tx: &mut Self::Tx, row: &RefundRow) -> Result<i64>;

    // History.
    /// Adds a line; none where the same payable has one of the same delivery.
    async fn append_history(&self, tx: &mut Self::Tx, row: &HistoryRow) -> Result<()>;
    /// By time, then in the order in which they were added.
    async fn history_of(&self, tx: &mut Self::Tx, payable_pk: i64) -> Result<Vec<HistoryRow>>;

    // Inbox.
    /// Stores a delivery, or counts one more copy of it. A copy of a parked one is tried again, and
    /// with `again` also one of an applied delivery. Such a copy is in time: it takes the place of
    /// one that was not. Also keeps which secret verified it, and when.
    async fn receive_delivery(&self, row: &DeliveryRow, again: bool) -> Result<Received>;
    /// Has a parked delivery tried again.
    async fn retry_delivery(&self, connection_pk: i64, key: &str) -> Result<bool>;
    /// Takes deliveries that are due and that nobody else has. Whoever takes one has it until the
    /// lease runs out.
    async fn lease_deliveries(
        &self,
        owner: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>>;
    /// Prolongs the lease of a delivery that is being worked on, never shortens it, and says whether
    /// it was still the owner's.
    async fn renew_lease(&self, pk: i64, owner: &str, until: i64) -> Result<bool>;
    /// Whether a delivery's lease is still the owner's, and nobody else's until the transaction ends.
    async fn is_leased(&self, tx: &mut Self::Tx, pk: i64, owner: &str) -> Result<bool>;
    /// Ends a delivery, and says whether its lease was still the owner's: if not, nothing of the
    /// transaction may become durable. One that names what is known by now, or just becomes known,
    /// is not unmatched but to be tried again.
    async fn finish_delivery(
        &self,
        tx: &mut Self::Tx,
        pk: i64,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<bool>;
    async fn postpone_delivery(&self, pk: i64, owner: &str, wait: Postponed<'_>) -> Result<()>;
    /// Looks again at deliveries that named one of these before it was known.
    async fn requeue_unmatched(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        names: &[TargetName],
        now: i64,
    ) -> Result<u64>;
    /// The latest, newest first.
    async fn deliveries(&self, connection_pk: i64, limit: i64) -> Result<Vec<DeliveryRow>>;

    // Operations on the inbox.
    /// Newest first, without their bodies, each with the code of its connection.
    async fn delivery_page(
        &self,
        page: InboxPage<'_>,
    ) -> Result<Vec<(ConnectionCode, DeliveryRow)>>;
    async fn delivery(&self, connection_pk: i64, key: &str) -> Result<Option<DeliveryRow>>;
    /// Parks a delivery that waits for something, whoever has it leased, so that nothing but a retry
    /// or a copy brings it back.
    async fn park_delivery(
        &self,
        connection_pk: i64,
        key: &str,
        error: &str,
    ) -> Result<ParkOutcome>;
    /// Has every parked delivery of a connection tried again; says how many there were.
    async fn retry_parked(&self, connection_pk: i64) -> Result<u64>;

    // The ledger as a whole, of one organization or of all.
    /// The next payables by key.
    async fn ledger_payables(
        &self,
        tx: &mut Self::Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<PayableRow>>;
    /// All payments on checkouts of payables with keys above the one and up to the other.
    async fn ledger_payments(
        &self,
        tx: &mut Self::Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerPayment>>;
    /// All refunds on checkouts of these payables, as the payments.
    async fn ledger_refunds(
        &self,
        tx: &mut Self::Tx,
        organization: Option<&OrganizationId>,
        after: i64,
        through: i64,
    ) -> Result<Vec<LedgerRefund>>;
    /// Which payment each of these effects belongs to, in this order.
    async fn effect_payments(
        &self,
        tx: &mut Self::Tx,
        keys: &[(i64, DedupKey)],
    ) -> Result<Vec<Option<i64>>>;
    async fn ledger_effects(
        &self,
        tx: &mut Self::Tx,
        organization: Option<&OrganizationId>,
    ) -> Result<i64>;
    /// Rows that refer to none, or to one of another connection.
    async fn loose_ends(
        &self,
        tx: &mut Self::Tx,
        organization: Option<&OrganizationId>,
        limit: i64,
    ) -> Result<Vec<LooseEnd>>;
}
