//! The database of the host runtime.
//!
//! A [`Store`] is SQLite or PostgreSQL. Its operations are written once, in `tables/`, one file for
//! each table; what differs between the databases is in `engine.rs`, `statement.rs`, `sqlite/` and
//! `postgres/`. The few statements that need two texts are in `two_texts.rs`.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("payment-provider-host needs a store: enable its feature `sqlite` or `postgres`");

mod account;
mod account_keys;
mod audit;
mod dialect;
mod engine;
mod error;
mod file_use;
mod location;
mod nul_escape;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod tables;
mod transaction;
mod two_texts;
mod value;

#[cfg(test)]
#[path = "../../tests/store_contract/mod.rs"]
mod contract;

use std::fmt;
use std::sync::Arc;

pub(crate) use account_keys::{AccountKeys, names_of};
pub(crate) use audit::{AuditedPayment, AuditedRefund, DanglingKind, DanglingRow, IncompleteList};
use dialect::Dialect;
use engine::Engine;
pub(crate) use error::StoreError;
pub(crate) use file_use::FileUse;
pub(crate) use location::DatabaseLocation;
#[cfg(feature = "postgres")]
pub use postgres::{InvalidSchemaName, SchemaName};
use statement::Translator;
pub(crate) use tables::*;
pub use transaction::Transaction;

/// The error of a tool that opens a database in which no host has ever run.
const NOT_A_HOST: &str = "no host keeps its books in it";

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The database that a host runs on. Cloning is cheap; all clones use the same connections.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    translator: Arc<Translator>,
}

impl Store {
    fn new(engine: Engine, dialect: Dialect) -> Self {
        Self {
            engine,
            translator: Arc::new(Translator::new(dialect, tables::columns)),
        }
    }

    /// Connections for the host's own reads, if the store is SQLite. They cannot write.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&self) -> Option<&sqlx::SqlitePool> {
        match &self.engine {
            Engine::Sqlite(pools) => Some(&pools.readers),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => None,
        }
    }

    /// Connections for the host's own reads, if the store is PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres(&self) -> Option<&sqlx::PgPool> {
        match &self.engine {
            Engine::Postgres(pool) => Some(pool),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => None,
        }
    }

    /// The schema of the runtime's tables, if the store is PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn schema(&self) -> Option<&SchemaName> {
        match &self.translator.dialect {
            Dialect::Postgres { schema } => Some(schema),
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => None,
        }
    }

    /// Waits for running transactions and closes all connections. A pool that the host provided for
    /// PostgreSQL is closed as well.
    pub async fn close(&self) {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pools) => pools.close().await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    /// The SQL of a statement, with its row locks or without.
    #[cfg(test)]
    pub(in crate::store) fn sql(&self, text: statement::Text, locks: bool) -> sqlx::SqlStr {
        self.translator.sql(text, locks)
    }
}

impl fmt::Debug for Store {
    /// Omits the address of the database and its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("dialect", &self.translator.dialect)
            .finish_non_exhaustive()
    }
}
