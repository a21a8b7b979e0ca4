//! What the host's handler is told, kept in a table of the host's own.

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::*;

use super::bench::Bench;
use super::database::{Database, execute, in_tx, on_pool, texts};

/// Writes down the key of each change that takes hold, and the money it books. A key that was there
/// before is an error, which leaves its news undone.
#[derive(Debug)]
struct Told;

#[async_trait]
impl PaymentHandler for Told {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let (id, booked) = match change.cause {
            Cause::Booked { payment, .. } => (Some(payment.id.as_str()), payment.amount),
            _ => (None, Money::zero(change.received.currency())),
        };
        in_tx!(tx, connection => {
            sqlx::query(
                "INSERT INTO told (change_key, payable, payment, booked) VALUES ($1, $2, $3, $4)",
            )
            .bind(change.key().as_str())
            .bind(change.payable.as_str())
            .bind(id)
            .bind(booked.minor_units())
            .execute(connection)
            .await?;
        });
        Ok(())
    }
}

impl Bench {
    /// With a host that keeps what it is told.
    pub async fn that_is_told(database: Database) -> Self {
        let bench = Self::with_handler(database, Told).await;
        execute(
            &bench.host,
            "CREATE TABLE told (change_key TEXT PRIMARY KEY, payable TEXT NOT NULL,
                 payment TEXT, booked BIGINT NOT NULL)",
        )
        .await;
        bench
    }

    /// The ids under which the host was told of money, in their order.
    pub async fn told_booked(&self) -> Vec<String> {
        let told = "SELECT payment FROM told WHERE payment IS NOT NULL ORDER BY payment";
        texts(&self.host, told).await
    }

    /// Whatever came in takes hold, and what the host was told of money adds up to what did.
    pub async fn assert_all_is_told(&self) {
        for delivery in self.deliveries().await {
            assert_eq!(delivery.error, None, "{:?}", delivery.state);
        }
        let query = "SELECT payable_id, received, coalesce((SELECT CAST(sum(booked) AS BIGINT)
                 FROM told WHERE payable = payable_id), 0) AS told
             FROM payables WHERE received <> coalesce((SELECT sum(booked)
                 FROM told WHERE payable = payable_id), 0)";
        let apart: Vec<(String, i64, i64)> = on_pool!(self.host, pool => {
            sqlx::query_as(query).fetch_all(pool).await.unwrap()
        });
        assert_eq!(apart, [], "what came in, and what was told of it");
    }
}
