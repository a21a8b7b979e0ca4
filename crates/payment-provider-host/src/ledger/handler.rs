//! The host's handler: its own reaction to changes, in the transaction that records them.

use std::fmt;

use async_trait::async_trait;

use super::change::PayableChange;
use crate::store::Transaction;

/// The host's reaction to changes of a payable, in the transaction that records them.
///
/// **Contract.** The handler's writes through `tx` become durable together with the change, or not at
/// all. The handler is called once for each change that takes effect. After an error the whole
/// transaction is rolled back, and the delivery is tried again later. The handler must not wait for
/// the network, nor call methods of the runtime that write: it would wait for locks that its own
/// transaction holds, which are the one writer of SQLite, or on PostgreSQL everything about this
/// payable.
///
/// **Tables in another database.** There the promise weakens to *at least once*: writes stay although
/// the transaction here is rolled back, and the change is notified again. The totals are those after the
/// change, not differences, so storing them twice changes nothing. Anything that is done once for each
/// change, such as a ledger line or a letter, is stored under [`PayableChange::key`], which is the same
/// each time: a handler that finds the key there already is done. A change has taken effect only when
/// its transaction is committed, which the handler does not see; a change that is rolled back need not
/// come again in the same form. A process that was frozen may write there after the server ended its
/// transaction here and another process took over. Compare such tables now and then with
/// [`Host::payable`](crate::Host::payable), which is authoritative.
///
/// `()` is a handler that does nothing.
///
/// # Examples
/// ```
/// use payment_provider_core::reexport::async_trait;
/// use payment_provider_host::prelude::*;
///
/// #[derive(Debug)]
/// struct Receipts;
///
/// #[async_trait]
/// impl PaymentHandler for Receipts {
///     async fn on_change(
///         &self,
///         _: &mut Transaction,
///         change: &PayableChange<'_>,
///     ) -> Result<(), HandlerError> {
///         println!("{}: {} is paid", change.payable, change.applied);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait PaymentHandler: fmt::Debug + Send + Sync + 'static {
    /// Reacts to a change. The totals are those after it.
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError>;
}

/// The error of a handler. The change is rolled back and tried again.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

#[async_trait]
impl PaymentHandler for () {
    async fn on_change(
        &self,
        _: &mut Transaction,
        _: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        Ok(())
    }
}
