//! PostgreSQL: one database, any number of processes.
//!
//! # Correctness without a single writer
//!
//! On SQLite, write transactions run one after the other, so what one of them reads stays true
//! until it commits. On PostgreSQL they run concurrently at `READ COMMITTED`: every *statement*
//! sees what was committed when it began, so a read followed by a write guarantees nothing. What
//! has to stay true is locked before it is read. There is no lock that all transactions need.
//!
//! **Locks are taken in this order**, each only by the transactions that need it:
//!
//! 1. The row of a *payable*, `FOR NO KEY UPDATE`. A write transaction that reads a payable, or a
//!    checkout by its key or by any of its names, locks the payable and reads the row after it has the
//!    lock; a row that was found before is read again. A payable's checkouts, their payments and the
//!    history are written only under this lock, so reading them needs no lock of its own. A delivery
//!    that concerns several payables locks all of them first, in the order of their keys, in one
//!    statement. Where there is no row yet, an advisory lock on the payable's id takes its place. (`NO
//!    KEY`: rows that refer to the payable can still be inserted.)
//! 2. *Names* of checkouts, as advisory locks: shared by transactions that make a name known, exclusive
//!    for a transaction that concludes that a name is unknown. The latter does not wait for the lock,
//!    and so delays no other.
//! 3. The row of a *customer*, `FOR SHARE`, by a transaction that creates a checkout for the customer
//!    on the connection they are linked to. Moving the customer writes that row and takes no other lock
//!    than, `FOR KEY SHARE`, the row of the connection they move to.
//! 4. The row of a *delivery*, and after it, where something is recorded there, the row of its
//!    connection. [`Store::receive_delivery`] then locks the row of the secret that verified it.
//!
//! A deletion locks the row of the connection, `FOR UPDATE`, and waits for no other lock while it holds
//! it.
//!
//! | operation | guaranteed by |
//! |---|---|
//! | concurrent calls of `payment_url` get one checkout; attempts are numbered | the payable's row is locked from before the plan until the request is stored; `UNIQUE (payable_pk, attempt)` and `UNIQUE (connection_pk, reference)` beneath |
//! | two transactions meet a payable for the first time | the advisory lock on its id; no transaction overwrites a row that it did not read |
//! | closing while a checkout is created; state, tries and expiry of a checkout | read and written under the payable's lock |
//! | a payment is posted once, with the host's handler in the transaction | looked up and recorded under the payable's lock. If it is reported on two payables at once it is still one payment: `UNIQUE (connection_pk, gateway_payment_id)` and the key of `dedup_keys`; the second transaction rolls back and is repeated |
//! | a refund counts once, by its latest status | read and written under the lock of its payable; `UNIQUE (connection_pk, gateway_refund_id)` beneath: the second transaction rolls back and is repeated |
//! | totals: `received = applied + overpaid` | read under the payable's lock, `CHECK` beneath |
//! | a delivery is stored once, its duplicates counted | `INSERT … ON CONFLICT DO UPDATE`, counting in place |
//! | one worker works on a delivery | `FOR NO KEY UPDATE SKIP LOCKED`; renewing the lease, ending or postponing the delivery names the lease, and rolls back if the lease belongs to another worker by then |
//! | an operator parks a delivery | one `UPDATE` that removes the lease; a worker that held it rolls back |
//! | a duplicate arrives while a delivery is worked on | `finish_delivery` compares the number of deliveries under the row's lock, in its own `UPDATE` |
//! | an unmatched delivery is retried once its name is known | a transaction that makes a name known locks it before it looks for waiting deliveries; a transaction that concludes that a delivery has to wait locks its names and looks once more. One of the two sees the other |
//! | no change of settings undoes another | `UPDATE … WHERE settings_version`, which is evaluated again after waiting for the row |
//! | a customer moves: no checkout is created on the old connection unnoticed | creating a checkout reads the link under its lock before the request is stored, and again before the URL is returned; moving the customer waits for that, and then looks for open checkouts |
//! | deleting a connection loses no delivery and no customer | storing a delivery ends with a lock on the connection's key, linking a customer begins with it: both wait for a deletion, or it for them. They find `deleted_at` set and roll back, or the deletion sees them and is refused |
//!
//! **Deadlocks are rare and never fatal.** They can arise from a name that moves to another payable
//! between two statements, a refund that turns out to belong to another payable, payments that are
//! reported on two payables each, and a host's handler that locks its own rows in another order.
//! The server then aborts one of the transactions (`40P01`). Steps that are one transaction of the
//! store are repeated here; every other one fails with an error that is
//! [transient](crate::Error::is_transient) and is rolled back: the inbox retries the delivery without
//! counting a failure, and `payment_url` returns an error that asks for a retry. A handler that
//! returns such an error of the database, wrapped in any type, is treated the same.
//!
//! **Waiting is bounded.** A statement that waits five seconds for a lock is aborted (`55P03`), and the
//! server ends a transaction that is idle for thirty seconds, so a process that is frozen or cut off
//! delays no other for longer. Both limits apply to the runtime's transactions alone. The host sets how
//! long a statement may take (`statement_timeout` of the pool or role).
//!
//! **Later versions** may be started beside this one and migrate the tables. Every statement names the
//! columns that it reads, so that statements which running processes have prepared stay valid when a
//! table gets more columns.
//!
//! **Poolers.** Statements are prepared by name on their connection. A pooler in transaction mode has to
//! keep track of them (`PgBouncer` since 1.21, with `max_prepared_statements`).
//!
//! **Reads** ([`Store::begin_read`]) are `REPEATABLE READ READ ONLY`: one state of all tables, and no
//! lock.
//!
//! # Clocks
//!
//! Times are the host's ([`HostBuilder::with_clock`](crate::HostBuilder::with_clock)), as on SQLite; the
//! server's clock decides nothing. If the clocks of processes differ: a lease lasts
//! [`delivery_lease`](crate::HostConfig::delivery_lease), 30 seconds by default, and is renewed every
//! third of that while the work goes on, so a process whose clock is ahead by more than two thirds of it
//! takes over a delivery that is still worked on. That costs work and no money: both apply it under the
//! payable's lock, and the process that lost its lease rolls back. The same holds for a process that was
//! frozen for longer than its lease and wakes. A smaller difference shifts the next try of a delivery,
//! the expiry of a checkout and the two minutes after which "not found" is trusted by as much. Keep
//! clocks within seconds.
//!
//! # Durability
//!
//! A response of 200 to a webhook means that the delivery is stored durably. This requires `fsync` and
//! `synchronous_commit` of the server to be on, as they are by default. An asynchronous standby may lack
//! the latest transactions when it takes over: name it in `synchronous_standby_names` if that matters.
//!
//! Every write that must not be lost runs between a `BEGIN` and a `COMMIT`, even if it is one statement.
//! On a connection of the host's pool on which other code left a transaction open, a single `INSERT`
//! would report success and never be committed. Here such a write is committed, or fails.

mod begin;
mod locks;
pub(in crate::store) mod migration;
#[cfg(test)]
mod online_migration_tests;
mod plans;
#[cfg(test)]
mod query_plan_tests;
mod schema_name;
#[cfg(test)]
mod transaction_tests;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::dialect::Dialect;
use super::engine::Engine;
use super::{NOT_A_HOST, Result, Store, StoreError};

pub(in crate::store) use begin::begin;
pub use schema_name::{InvalidSchemaName, SchemaName};

/// Connects to the database at a URL, such as `postgres://user:password@host/database`. No error
/// contains the password.
pub(super) async fn connect(url: &str) -> Result<PgPool> {
    // The parser's error may quote the URL.
    let options: PgConnectOptions = url
        .parse()
        .map_err(|_| StoreError::new("read its address", "it is not a PostgreSQL URL"))?;
    PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(|error| StoreError::new("connect to the database", error))
}

impl Store {
    /// Opens a schema of a database (PostgreSQL 13 or later). Creates the schema and its tables if they
    /// do not exist and migrates them, while other processes that start wait; a database that is up to
    /// date is not changed, and no right to change it is needed.
    ///
    /// # Errors
    /// The database cannot be reached, refuses access, or belongs to a newer version of this crate.
    pub(super) async fn open_postgres(pool: PgPool, schema: SchemaName) -> Result<Self> {
        migration::run(&pool, &schema, migration::MIGRATIONS).await?;
        let store = Self::of_postgres(pool, schema);
        store.name_installation().await?;
        Ok(store)
    }

    /// Opens a schema that hosts may be using, for an operator's tool.
    ///
    /// # Errors
    /// As for [`open_postgres`](Self::open_postgres); also if no host has ever used the schema.
    pub(super) async fn open_postgres_beside(pool: PgPool, schema: SchemaName) -> Result<Self> {
        const ACTION: &str = "open the database";
        let installed = "SELECT to_regclass(quote_ident($1) || '.installation') IS NOT NULL";
        let found: bool = sqlx::query_scalar(installed)
            .bind(schema.as_str())
            .fetch_one(&pool)
            .await
            .map_err(|error| StoreError::new(ACTION, error))?;
        if !found {
            return Err(StoreError::new(ACTION, NOT_A_HOST));
        }
        Self::open_postgres(pool, schema).await
    }

    /// Creates a store on the present tables, without migrating them.
    pub(in crate::store) fn of_postgres(pool: PgPool, schema: SchemaName) -> Self {
        Self::new(Engine::Postgres(pool), Dialect::Postgres { schema })
    }
}
