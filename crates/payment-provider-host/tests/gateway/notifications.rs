//! A handler that keeps its notifications in a table of the host.

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;

use super::bench::Bench;
use super::store::{execute, in_tx, on_pool, texts};

/// Stores the key of each change, and the money that it posts. A key that is stored already is an error,
/// which rolls the change back.
#[derive(Debug)]
pub struct NotificationRecorder;

#[async_trait]
impl PaymentHandler for NotificationRecorder {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let (id, posted) = match change.cause {
            Cause::Posted { payment, .. } => (Some(payment.id.as_str()), payment.amount),
            _ => (None, Money::zero(change.received.currency())),
        };
        in_tx!(tx, connection => {
            sqlx::query(
                "INSERT INTO notifications (change_key, payable, payment, posted) VALUES ($1, $2, $3, $4)",
            )
            .bind(change.key().as_str())
            .bind(change.payable.as_str())
            .bind(id)
            .bind(posted.minor_units())
            .execute(connection)
            .await?;
        });
        Ok(())
    }
}

impl Bench {
    /// Returns a bench whose host stores its notifications.
    pub async fn with_recorded_notifications() -> Self {
        let bench = Self::with_handler(NotificationRecorder).await;
        execute(
            &bench.host,
            "CREATE TABLE notifications (change_key TEXT PRIMARY KEY, payable TEXT NOT NULL,
                 payment TEXT, posted BIGINT NOT NULL)",
        )
        .await;
        bench
    }

    /// Returns the ids of the payments that the host was notified of as posted, in order.
    pub async fn notified_payments(&self) -> Vec<String> {
        let query = "SELECT payment FROM notifications WHERE payment IS NOT NULL ORDER BY payment";
        texts(&self.host, query).await
    }

    /// Asserts that no delivery has an error, and that the notified amounts add up to the received ones.
    pub async fn assert_all_is_notified(&self) {
        for delivery in self.deliveries().await {
            assert_eq!(delivery.error, None, "{:?}", delivery.state);
        }
        let query = "SELECT payable_id, received, coalesce((SELECT CAST(sum(posted) AS BIGINT)
                 FROM notifications WHERE payable = payable_id), 0) AS notified
             FROM payables WHERE received <> coalesce((SELECT sum(posted)
                 FROM notifications WHERE payable = payable_id), 0)";
        let apart: Vec<(String, i64, i64)> = on_pool!(self.host, pool => {
            sqlx::query_as(query).fetch_all(pool).await.unwrap()
        });
        assert_eq!(apart, [], "received, and notified");
    }
}
