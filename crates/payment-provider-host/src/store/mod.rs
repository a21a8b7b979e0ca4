//! Where the host runtime keeps what must survive a crash.
//!
//! [`Store`] is sealed: the promises of this crate rest on what a store does inside one
//! transaction, so the stores are written here. A host uses one, and joins its transactions.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("payment-provider-host needs a store: enable its feature `sqlite` or `postgres`");

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod any;
mod backend;
mod columns;
mod connection_rows;
mod error;
mod operations;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target_name;

#[cfg(test)]
#[path = "../../tests/store_contract/mod.rs"]
mod contract;

use async_trait::async_trait;

#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub use any::{AnyStore, AnyTx};
pub(crate) use backend::Backend;
pub(crate) use connection_rows::*;
pub use error::StoreError;
pub(crate) use error::comes_of_passing;
pub(crate) use operations::*;
#[cfg(feature = "postgres")]
pub use postgres::{InvalidSchemaName, PostgresStore, PostgresTx, SchemaName};
pub(crate) use rows::*;
pub use rows::{DeliveryState, HistoryKind};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteStore, SqliteTx};
pub(crate) use target_name::TargetName;

/// For how many milliseconds a delivery waits that another version of this crate stored and this one
/// cannot read, while both run side by side; and how often before it is parked: an hour in all.
const UNREADABLE_WAIT: i64 = 5 * 60 * 1000;
const UNREADABLE_TRIES: i64 = 12;

/// For how many milliseconds after a secret was noted to have verified a delivery it is not noted
/// again: the deliveries of a connection would all wait for one row.
const USE_NOTED_FOR: i64 = 60 * 1000;

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A durable store.
///
/// Sealed: the stores are those of this crate, by its features `sqlite` and `postgres`. What a host
/// needs of one are transactions of its own beside the runtime's, by its type `Tx`.
#[async_trait]
pub trait Store: Backend {
    /// Begins a write transaction. None fails for being second: where two are about the same, the
    /// second waits for the first.
    async fn begin(&self) -> Result<Self::Tx>;

    /// Begins a transaction that only reads, on one consistent state; it waits for no writer.
    async fn begin_read(&self) -> Result<Self::Tx>;

    /// Makes all of a transaction durable.
    async fn commit(&self, tx: Self::Tx) -> Result<()>;
}
