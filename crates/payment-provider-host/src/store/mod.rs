//! Where the host runtime keeps what must survive a crash.
//!
//! [`Store`] is sealed: the promises of this crate rest on what a store does inside one
//! transaction, so the stores are written here. A host uses one, and joins its transactions.

mod backend;
mod rows;
mod sqlite;
mod subject_name;

use async_trait::async_trait;

pub(crate) use backend::Backend;
pub(crate) use rows::*;
pub use rows::{DeliveryState, HistoryKind};
pub use sqlite::{SqliteStore, SqliteTx};
pub(crate) use subject_name::SubjectName;

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

impl StoreError {
    /// Whether the same may succeed later: the database is busy or away. What it refuses to write, or
    /// holds and cannot be read, stays as it is.
    pub(crate) fn is_transient(&self) -> bool {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, WorkerCrashed};
        match self.source.downcast_ref::<sqlx::Error>() {
            Some(Io(_) | PoolTimedOut | PoolClosed | WorkerCrashed) => true,
            // Busy, locked, a failed read or write, a full disk; the rest of the code is detail.
            Some(Database(error)) => error
                .code()
                .and_then(|code| code.parse::<i32>().ok())
                .is_some_and(|code| [5, 6, 10, 13].contains(&(code & 0xff))),
            _ => false,
        }
    }

    /// What the database said.
    pub(crate) fn reason(&self) -> &dyn std::error::Error {
        &*self.source
    }
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A durable store.
///
/// Sealed: implemented by [`SqliteStore`]. What a host needs of it are transactions of its own beside
/// the runtime's, by its type `Tx` ([`SqliteTx`]).
#[async_trait]
pub trait Store: Backend {
    /// Begins a write transaction. Writers wait for each other; none fails for being second.
    async fn begin(&self) -> Result<Self::Tx>;

    /// Begins a transaction that only reads, on one consistent state; it waits for no writer.
    async fn begin_read(&self) -> Result<Self::Tx>;

    /// Makes all of a transaction durable.
    async fn commit(&self, tx: Self::Tx) -> Result<()>;
}
