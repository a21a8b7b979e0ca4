//! Where the host runtime keeps what must survive a crash.
//!
//! [`Store`] is sealed: the promises of this crate rest on what a store does inside one
//! transaction, so the stores are written here. A host uses one, and joins its transactions through
//! [`Store::Tx`].

mod rows;
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use payment_provider_core::{ConnectionCode, CustomerId, EffectKey, OrganizationId};

pub(crate) use rows::*;
pub use rows::{DeliveryState, HistoryKind};
pub use sqlite::SqliteStore;

use crate::PayableId;

mod sealed {
    pub trait Sealed {}
}

/// A failure of the store itself. Nothing was changed by the transaction it happened in.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {action}")]
pub struct StoreError {
    action: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub(crate) fn new(
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            source: source.into(),
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A durable store. Every method that takes a transaction is part of a larger step; every other
/// one is a whole step of its own.
///
/// Sealed: implemented by [`SqliteStore`].
#[async_trait]
#[allow(
    private_interfaces,
    reason = "sealed: nobody outside implements or calls these"
)]
pub trait Store: sealed::Sealed + fmt::Debug + Send + Sync + 'static {
    /// A write transaction, handed to the host's own handler. Dropping it rolls back.
    type Tx: Send;

    /// Begins a write transaction. Writers wait for each other; none fails for being second.
    async fn begin(&self) -> Result<Self::Tx>;

    /// Begins a transaction that only reads, on one consistent state; it waits for no writer.
    async fn begin_read(&self) -> Result<Self::Tx>;

    /// Makes all of a transaction durable.
    async fn commit(&self, tx: Self::Tx) -> Result<()>;

    #[doc(hidden)]
    async fn installation_id(&self) -> Result<String>;

    // Connections.
    #[doc(hidden)]
    async fn insert_connection(&self, row: &ConnectionRow) -> Result<Inserted>;
    #[doc(hidden)]
    async fn update_connection(&self, row: &ConnectionRow) -> Result<()>;
    #[doc(hidden)]
    async fn connection(
        &self,
        organization: &OrganizationId,
        code: &ConnectionCode,
    ) -> Result<Option<ConnectionRow>>;
    #[doc(hidden)]
    async fn connection_by_pk(&self, pk: i64) -> Result<Option<ConnectionRow>>;
    #[doc(hidden)]
    async fn connections(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<Vec<ConnectionRow>>;

    // Customers.
    #[doc(hidden)]
    async fn put_customer(&self, row: &CustomerRow) -> Result<()>;
    #[doc(hidden)]
    async fn customer(
        &self,
        organization: &OrganizationId,
        customer: &CustomerId,
    ) -> Result<Option<CustomerRow>>;

    // Payables and checkouts.
    #[doc(hidden)]
    async fn put_payable(&self, tx: &mut Self::Tx, row: &PayableRow) -> Result<i64>;
    #[doc(hidden)]
    async fn payable(
        &self,
        tx: &mut Self::Tx,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableRow>>;
    #[doc(hidden)]
    async fn payable_by_pk(&self, tx: &mut Self::Tx, pk: i64) -> Result<PayableRow>;
    #[doc(hidden)]
    async fn checkouts_of(&self, tx: &mut Self::Tx, payable_pk: i64) -> Result<Vec<CheckoutRow>>;
    #[doc(hidden)]
    async fn checkout_by_pk(&self, tx: &mut Self::Tx, pk: i64) -> Result<CheckoutRow>;
    #[doc(hidden)]
    async fn checkout_by_name(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        name: &SubjectName,
    ) -> Result<Option<CheckoutRow>>;
    #[doc(hidden)]
    async fn put_checkout(&self, tx: &mut Self::Tx, row: &CheckoutRow) -> Result<i64>;

    // Money.
    #[doc(hidden)]
    async fn payments_of_checkout(
        &self,
        tx: &mut Self::Tx,
        checkout_pk: i64,
    ) -> Result<Vec<PaymentRow>>;
    #[doc(hidden)]
    async fn payments_of_payable(
        &self,
        tx: &mut Self::Tx,
        payable_pk: i64,
    ) -> Result<Vec<PaymentRow>>;
    #[doc(hidden)]
    async fn put_payment(&self, tx: &mut Self::Tx, row: &PaymentRow) -> Result<i64>;
    /// Removes a payment that turned out to be another one; its effects are that one's.
    #[doc(hidden)]
    async fn merge_payments(&self, tx: &mut Self::Tx, gone: i64, kept: i64) -> Result<()>;
    #[doc(hidden)]
    async fn effect_payment(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        key: &EffectKey,
    ) -> Result<Option<i64>>;
    #[doc(hidden)]
    async fn put_effect(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        key: &EffectKey,
        payment_pk: i64,
        at: i64,
    ) -> Result<()>;

    // History.
    #[doc(hidden)]
    async fn append_history(&self, tx: &mut Self::Tx, row: &HistoryRow) -> Result<()>;
    #[doc(hidden)]
    async fn history_of(&self, tx: &mut Self::Tx, payable_pk: i64) -> Result<Vec<HistoryRow>>;

    // Inbox.
    #[doc(hidden)]
    async fn receive_delivery(&self, row: &DeliveryRow) -> Result<Received>;
    #[doc(hidden)]
    async fn lease_deliveries(
        &self,
        owner: &str,
        now: i64,
        until: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>>;
    #[doc(hidden)]
    async fn next_delivery_due(&self) -> Result<Option<i64>>;
    #[doc(hidden)]
    async fn finish_delivery(
        &self,
        tx: &mut Self::Tx,
        pk: i64,
        owner: &str,
        end: DeliveryEnd<'_>,
    ) -> Result<bool>;
    #[doc(hidden)]
    async fn postpone_delivery(&self, pk: i64, owner: &str, wait: Postponed<'_>) -> Result<()>;
    #[doc(hidden)]
    async fn requeue_unmatched(
        &self,
        tx: &mut Self::Tx,
        connection_pk: i64,
        names: &[SubjectName],
        now: i64,
    ) -> Result<u64>;
    #[doc(hidden)]
    async fn deliveries(&self, connection_pk: i64) -> Result<Vec<DeliveryRow>>;
}
