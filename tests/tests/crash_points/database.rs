//! The database that outlives the processes, and the invariants that must hold in it.

use std::path::PathBuf;

use cross_crate_tests::Database;
use reqwest::Url;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;
use test_support::postgres;

/// The queries that must count nothing. `OF.` precedes the names of the runtime's tables.
const NEVER: &[(&str, &str)] = &[
    (
        "an invoice differs from its payable",
        "SELECT count(*) FROM billing_invoices AS invoice
         JOIN OF.payables AS payable ON payable.payable_id = invoice.id
             AND payable.organization_id = invoice.organization_id
         WHERE invoice.amount_paid_cents <> payable.applied
            OR invoice.overpaid_cents <> payable.overpaid",
    ),
    (
        "a payable differs from its payments",
        "SELECT count(*) FROM OF.payables AS payable
         WHERE payable.received <> (
             SELECT coalesce(sum(payment.amount), 0) FROM OF.payments AS payment
             JOIN OF.checkouts AS checkout ON checkout.checkout_pk = payment.checkout_pk
             WHERE checkout.payable_pk = payable.payable_pk AND payment.allocation_outcome IS NOT NULL)",
    ),
    (
        "a payment is posted that had no effect",
        "SELECT count(*) FROM OF.payments AS payment
         WHERE allocation_outcome IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM OF.dedup_keys WHERE dedup_keys.payment_pk = payment.payment_pk)",
    ),
    (
        "what was given back differs from its refunds",
        "SELECT count(*) FROM OF.payables AS payable
         WHERE payable.refunded <> (
             SELECT coalesce(sum(refund.amount), 0) FROM OF.refunds AS refund
             JOIN OF.checkouts AS checkout ON checkout.checkout_pk = refund.checkout_pk
             WHERE checkout.payable_pk = payable.payable_pk AND refund.status = 'succeeded')",
    ),
    (
        "a delivery is left",
        "SELECT count(*) FROM OF.deliveries WHERE state NOT IN ('applied', 'ignored')",
    ),
];

/// The database of one series.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    database: Database,
    /// The server that the database is removed from in the end, and its name there.
    on_server: Option<(String, String)>,
    pub(crate) directory: TempDir,
}

impl TestDatabase {
    pub(crate) fn file() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self {
            database: Database::file_in(directory.path()),
            on_server: None,
            directory,
        }
    }

    pub(crate) async fn server() -> Self {
        let server = postgres::url();
        let name = format!("test_{:032x}", rand::random::<u128>());
        on_server(&server, format!("CREATE DATABASE {name}")).await;
        let mut url: Url = server.parse().expect("an address");
        url.set_path(&name);
        Self {
            database: Database::Server(url.into()),
            on_server: Some((server, name)),
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    /// Creates another database of the same kind.
    pub(crate) async fn others(&self) -> Self {
        match &self.database {
            Database::File(_) => Self::file(),
            Database::Server(_) => Self::server().await,
        }
    }

    /// Returns the file of the keys that encrypt the secrets of connections.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.directory.path().join("sealing.key")
    }

    /// Returns the argument that names the database to billing-host.
    pub(crate) fn argument(&self) -> String {
        self.database.argument()
    }

    /// Ends the leases of a crashed process. On a file they are free at once, and on a server when the lease ends,
    /// which takes longer than a test.
    pub(crate) async fn end_leases(&self) {
        if self.on_server.is_some() {
            self.run("UPDATE OF.deliveries SET lease_until = 0 WHERE state = 'pending'")
                .await;
        }
    }

    /// Records a gateway's statement for the only checkout of an invoice: this amount was paid, without a list of
    /// payments.
    pub(crate) async fn state_paid(&self, invoice: &str, amount: i64) {
        let statement = format!(
            "UPDATE OF.checkouts SET gateway_paid = {amount} WHERE payable_pk =
             (SELECT payable_pk FROM OF.payables WHERE payable_id = '{invoice}')"
        );
        assert_eq!(self.run(&statement).await, 1, "rows of checkouts");
    }

    /// Moves a timestamp of all checkouts of an invoice back by this many milliseconds.
    pub(crate) async fn move_back(&self, moment: &str, invoice: &str, milliseconds: i64) {
        let statement = format!(
            "UPDATE OF.checkouts SET {moment} = {moment} - {milliseconds} WHERE payable_pk =
             (SELECT payable_pk FROM OF.payables WHERE payable_id = '{invoice}')"
        );
        assert_eq!(self.run(&statement).await, 1, "rows of {moment}");
    }

    /// Ends the waits and leases of checkouts that have to be ended.
    pub(crate) async fn end_waits_of_cancels(&self) {
        self.run("UPDATE OF.cancels SET next_attempt = 0").await;
    }

    /// Moves all applied deliveries back by this many days.
    pub(crate) async fn age_deliveries(&self, days: i64) {
        let age = days * 24 * 60 * 60 * 1000;
        let statement = format!(
            "UPDATE OF.deliveries SET received_at = received_at - {age}, ended_at = ended_at - {age}
             WHERE state = 'applied'"
        );
        assert!(self.run(&statement).await > 0, "there are deliveries");
    }

    /// Returns the violated invariants.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let counts = match &self.database {
            Database::File(path) => {
                let mut connection = file(path).await;
                let mut counts = Vec::new();
                for (_, query) in NEVER {
                    let query = AssertSqlSafe(query.replace("OF.", ""));
                    let count = sqlx::query_scalar(query).fetch_one(&mut connection).await;
                    counts.push(count.expect("a number"));
                }
                counts
            }
            Database::Server(url) => {
                let mut connection = PgConnection::connect(url).await.expect("the server");
                let mut counts = Vec::new();
                for (_, query) in NEVER {
                    let query = AssertSqlSafe(query.replace("OF.", "payment_provider."));
                    let count = sqlx::query_scalar(query).fetch_one(&mut connection).await;
                    counts.push(count.expect("a number"));
                }
                counts
            }
        };
        let named = NEVER.iter().zip(counts);
        let found = named.filter(|(_, count): &(_, i64)| *count != 0);
        found
            .map(|((what, _), count)| format!("{what}: {count}"))
            .collect()
    }

    async fn run(&self, statement: &str) -> u64 {
        match &self.database {
            Database::File(path) => {
                let statement = AssertSqlSafe(statement.replace("OF.", ""));
                let done = sqlx::query(statement).execute(&mut file(path).await).await;
                done.expect("a change").rows_affected()
            }
            Database::Server(url) => {
                let statement = statement.replace("OF.", "payment_provider.");
                on_server(url, statement).await
            }
        }
    }

    /// Removes the database.
    pub(crate) async fn remove(self) {
        if let Some((server, name)) = self.on_server {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            on_server(&server, drop).await;
        }
    }
}

async fn file(path: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options.connect().await.expect("the file")
}

async fn on_server(url: &str, statement: String) -> u64 {
    let mut connection = PgConnection::connect(url).await.expect("the server");
    let done = sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .expect("a change");
    done.rows_affected()
}
