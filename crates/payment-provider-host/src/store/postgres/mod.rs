//! PostgreSQL: one database, any number of processes.
//!
//! # Why it is right without one writer
//!
//! SQLite's transactions come one after the other, so what one reads stays true until it commits. Here
//! any number run at once, at `READ COMMITTED`: every *statement* sees what was committed when it
//! began, so two plain reads and a write between them promise nothing. What has to stay true is locked
//! before it is read. There is no lock that all of them want.
//!
//! **Locks are taken in this order**, each only by those who need it:
//!
//! 1. The row of a *payable*, `FOR NO KEY UPDATE`. In a transaction that writes, whoever reads a
//!    payable, or a checkout by its key or by any of its names, gets it with this lock, and reads it
//!    after having got it: what was found before is read again. A payable's checkouts, the payments on
//!    them and its history are written by its holder alone, so reading them needs no locks of their
//!    own. A delivery that tells of several payables takes all of them first, in the order of their
//!    keys, in one statement. Where there is no row yet, an advisory lock on the payable's name takes
//!    its place. (`NO KEY`: rows that refer to the payable can be added meanwhile.)
//! 2. The row of a *payment* that is looked for by the gateway's id, and after it that of a *refund*,
//!    since they may belong to another payable than the one that is held.
//! 3. *Names* of checkouts, as advisory locks: shared by those who make one known, alone for who
//!    concludes that nobody knows it. The latter does not wait for it, and so holds up nothing.
//! 4. The row of a *customer*, `FOR SHARE`, by who asks for money in their name on the strength of the
//!    connection they are linked to. Who moves them writes that row and holds no other but, `FOR KEY
//!    SHARE`, that of the connection they move to.
//! 5. The row of a *delivery*, and after it, in [`receive_delivery`](super::Backend) alone, that of its
//!    connection, and then that of the secret which verified it.
//!
//! Who deletes a connection holds its row, `FOR UPDATE`, and waits for nothing while it does.
//!
//! | what | rests on |
//! |---|---|
//! | callers of `payment_url` at once get one checkout; attempts are numbered | the payable's row is held from before the plan until the request is stored; `UNIQUE (payable_pk, attempt)` and `UNIQUE (connection_pk, reference)` beneath |
//! | two who hear of a payable first | the advisory lock on its name; nobody writes over a row they did not see |
//! | closing while a link is made; state, tries and end of a checkout | read and written under the payable's row |
//! | a payment is booked once, with the host's handler in the transaction | looked for and recorded under the payable's row. Told of on two payables at once, it is one payment still: `UNIQUE (connection_pk, gateway_payment_id)` and the key of `effects`; who comes second with either takes back all of its transaction and tries again |
//! | a refund counts once, by how it stands | read and written under the row of the payable whose it is; `UNIQUE (connection_pk, gateway_refund_id)` beneath: who comes second takes back all of its transaction and tries again |
//! | totals: `received = credited + surplus` | read under the payable's row, `CHECK` beneath |
//! | a delivery is stored once, copies counted | `INSERT … ON CONFLICT DO UPDATE`, counting in place |
//! | a delivery is worked on by one | `FOR NO KEY UPDATE SKIP LOCKED`; who renews the lease, ends or postpones the delivery names the lease, and takes back everything if it is another's by then |
//! | a delivery that an operator takes out | one `UPDATE` that takes the lease away; a worker that had it finds it gone, and takes back what it did |
//! | news that comes while a delivery is worked on | `finish_delivery` compares the number of copies under the row's lock, in its own `UPDATE` |
//! | a delivery that names something unknown is looked at again once that is known | whoever makes a name known locks it before looking for those that wait; whoever concludes that a delivery has to wait locks its names and looks once more. One of the two sees the other |
//! | settings: none undoes another's change | `UPDATE … WHERE settings_version`, which looks again after waiting for the row |
//! | a customer who moves: no checkout is asked for on the old connection unseen | whoever asks reads the link under its lock before the request is stored, and again before the address is handed out; whoever moves the customer waits for those, and then looks for what they stored |
//! | deleting a connection loses no delivery and no customer | a delivery ends with a lock on the connection's key, a link begins with its key's lock: both wait for a deletion, or it for them. They find `deleted_at` then and take everything back, or it sees them and refuses |
//!
//! **Deadlocks are rare and never fatal.** What can lead to one: a name that moves to another payable
//! between two statements; a refund that turns out to be another payable's; payments that are told of on two payables each; a host's handler that locks
//! rows of its own in another order. The server then ends one of the transactions (`40P01`): steps
//! that are one statement are done again here, and every other one fails with an error that is
//! [transient](StoreError::is_transient), undone altogether: the inbox tries the delivery again without
//! parking it for that, and whoever asked for an address is told to ask again. A handler that passes on
//! such an error of the database, in whatever wrapping, is treated the same.
//!
//! **Nobody waits for long.** A statement that waits five seconds for a lock is given up (`55P03`), and
//! the server ends a transaction in which nothing was asked for thirty seconds: a process that is
//! frozen, or cut off, holds nobody up for longer. Both limits are those of the runtime's transactions
//! alone. How long a statement may take is the host's to set (`statement_timeout` of the pool or role).
//!
//! **Later versions** may be started beside this one and bring the tables up to date. Every statement
//! names the columns that it reads, so that what running processes have prepared stays good when a
//! table gets more of them.
//!
//! **Poolers.** Statements are prepared by name on their connection. A pooler in transaction mode has to
//! keep track of that (`PgBouncer` since 1.21, with `max_prepared_statements`).
//!
//! **Reads** ([`begin_read`](super::Store::begin_read)) are `REPEATABLE READ READ ONLY`: one state of
//! everything, and no lock.
//!
//! # Clocks
//!
//! Times are the host's ([`HostBuilder::with_clock`](crate::HostBuilder::with_clock)), as on SQLite;
//! the server's clock decides nothing. Processes whose clocks differ: a lease lasts
//! [`delivery_lease`](crate::HostConfig::delivery_lease), 30 seconds unless the host says otherwise, and
//! is renewed every third of that while the work goes on, so one whose clock is ahead by more than two
//! thirds of it takes a delivery over while it is still worked on. That costs work and no money: both
//! apply it under the payable's row, and the one that lost its lease takes all of it back. The same
//! holds for a process that was frozen for longer than its lease and wakes. A smaller difference moves
//! the next try of a delivery, the end of a checkout and the two minutes after which "not found" is
//! believed by as much. Keep clocks within seconds.
//!
//! # Durability
//!
//! An answer of 200 is a promise if the server keeps its own: `fsync` and `synchronous_commit` on, as
//! they are unless somebody turned them off. A standby that is not synchronous may not have what was
//! answered last when it takes over: name one in `synchronous_standby_names` if that matters.
//!
//! What must not be lost is written between a `BEGIN` and a `COMMIT` of its own, single statements as
//! well: a connection of the host's pool on which other code left a transaction open would take an
//! `INSERT` alone, report success, and never commit it. Here such a write is committed, or fails.

#[cfg(test)]
mod added_columns;
mod backend;
mod connections;
mod customers;
mod deletion;
mod inbox;
mod ledger;
mod lists;
mod many_connections;
pub(in crate::store) mod migration;
mod money;
mod operate;
mod payables;
#[cfg(test)]
mod plans;
mod refunds;
mod schema;
mod text;
mod transaction;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use uuid::Uuid;

use super::{
    CheckoutRow, ConnectionRow, CustomerRow, Deletion, DeliveryEnd, DeliveryRow, HistoryRow,
    InboxPage, Inserted, LedgerPayment, LedgerRefund, LooseEnd, NO_HOST, OpenCheckoutRow,
    ParkOutcome, PayableRow, PaymentRow, Postponed, Received, RefundRow, Result, SecretUseRow,
    Store, StoreError, TargetName, WalkedConnection,
};

pub use schema::{InvalidSchemaName, SchemaName};
pub use transaction::PostgresTx;

type Tx = PostgresTx;

/// How often a step of one statement is done again that the server gave up for another.
const MOST_TRIES: usize = 5;

/// The store of a host with several processes: a schema of a PostgreSQL database (version 13 or later).
///
/// Everything is in the one schema, and nothing else of the database is touched: the search path and
/// all other settings of the pool's connections stay as they are. Tables of the host's may live in any
/// other schema, and can be written in the same transaction ([`PostgresTx`]).
///
/// A transaction holds a connection of the pool, and may wait for another's: have at least as many as
/// the inbox applies at once and requests come at once, and let a handler use the transaction it is
/// given, not the pool.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    schema: SchemaName,
}

impl fmt::Debug for PostgresStore {
    /// Leaves out where the database is, and by what password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects to the database at an address, such as `postgres://user:password@host/database`, with
    /// a pool of its own, and [brings the tables up to date](Self::with_pool).
    ///
    /// # Errors
    /// The address is none, or see [`with_pool`](Self::with_pool). None says the password.
    pub async fn connect(url: &str, schema: SchemaName) -> Result<Self> {
        Self::with_pool(Self::pool_at(url).await?, schema).await
    }

    /// Connects to the database of hosts that may be running, for the tool of an operator.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect); and no host has ever used the schema.
    pub async fn connect_beside(url: &str, schema: SchemaName) -> Result<Self> {
        let pool = Self::pool_at(url).await?;
        let is_there = "SELECT to_regclass(quote_ident($1) || '.installation') IS NOT NULL";
        let found: bool = sqlx::query_scalar(is_there)
            .bind(schema.as_str())
            .fetch_one(&pool)
            .await
            .map_err(|error| StoreError::new("open the database", error))?;
        if !found {
            return Err(StoreError::new("open the database", NO_HOST));
        }
        Self::with_pool(pool, schema).await
    }

    async fn pool_at(url: &str) -> Result<PgPool> {
        // What was wrong with the address may quote it.
        let options: PgConnectOptions = url
            .parse()
            .map_err(|_| StoreError::new("read its address", "it is no address of PostgreSQL"))?;
        PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(options)
            .await
            .map_err(|error| StoreError::new("connect to the database", error))
    }

    /// Uses a pool of the host's. Makes the schema and its tables if they are not there, and brings
    /// them up to date, while other processes that start wait; in a database that is up to date
    /// already nothing is changed, and no right to change anything is needed.
    ///
    /// # Errors
    /// The database cannot be reached, refuses, or is of a newer version than this crate.
    pub async fn with_pool(pool: PgPool, schema: SchemaName) -> Result<Self> {
        migration::run(&pool, &schema, migration::MIGRATIONS).await?;
        let store = Self { pool, schema };
        sqlx::query(store.sql(
            "INSERT INTO @installation (only_row, id)
             SELECT 1, $1 WHERE NOT EXISTS (SELECT FROM @installation) ON CONFLICT DO NOTHING",
        ))
        .bind(Uuid::new_v4().to_string())
        .execute(&store.pool)
        .await
        .map_err(|error| StoreError::new("name the installation", error))?;
        crash_point!("tables.3-named");
        Ok(store)
    }

    /// Over tables as they are.
    #[cfg(test)]
    pub(in crate::store) fn of_pool(pool: PgPool, schema: SchemaName) -> Self {
        Self { pool, schema }
    }

    /// The connections, for the host's own reads.
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Where the runtime's tables are.
    pub const fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// Waits for running transactions and closes the pool, the host's as well if it is one.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        self.schema.sql(text)
    }
}

/// Does a step again that the server gave up so that another could go on. For steps that are one
/// statement, or whose statements can be done twice.
async fn persist<T, F>(step: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for _ in 1..MOST_TRIES {
        match step().await {
            Err(error) if error.is_conflict() => {}
            done => return done,
        }
    }
    step().await
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Tx> {
        PostgresTx::begin(&self.pool, &self.schema, true).await
    }

    async fn begin_read(&self) -> Result<Tx> {
        PostgresTx::begin(&self.pool, &self.schema, false).await
    }

    async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit().await
    }
}
