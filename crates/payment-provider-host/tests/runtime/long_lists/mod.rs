//! A gateway lists many payments of one checkout: they are posted in portions, each in a transaction, so
//! that other writers come in between.

mod begun_lists;
mod failures;
mod marks;
mod portions;
mod timing;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, numbers};
use crate::fixture::{Bench, invoice};
use crate::gateway::ManualClock;

/// The number of payments and refunds that one transaction records.
const PORTION: i64 = 100;

/// Advances the clock at each change, so that each transaction writes a time of its own, and
/// refuses one of the changes.
#[derive(Debug, Clone, Default)]
struct Watch {
    clock: Arc<Mutex<Option<ManualClock>>>,
    posted: Arc<AtomicUsize>,
    refused: Option<usize>,
    /// The number of further refunds, of which the last is refused.
    refused_refund: Arc<AtomicUsize>,
}

#[async_trait]
impl PaymentHandler for Watch {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Some(clock) = &*self.clock.lock().unwrap() {
            clock.advance(Duration::from_millis(1));
        }
        if let Cause::Posted { .. } = change.cause {
            let number = self.posted.fetch_add(1, Ordering::SeqCst) + 1;
            if self.refused == Some(number) {
                return Err("the tables of the application are locked".into());
            }
        }
        if let Cause::Refunded { .. } = change.cause
            && self.refused_refund.load(Ordering::SeqCst) > 0
            && self.refused_refund.fetch_sub(1, Ordering::SeqCst) == 1
        {
            return Err("the tables of the application are locked".into());
        }
        Ok(())
    }
}

async fn watched(database: Database, refused: Option<usize>) -> (Bench, Watch) {
    let watch = Watch {
        refused,
        ..Watch::default()
    };
    let bench = Bench::with_handler(database, watch.clone()).await;
    *watch.clock.lock().unwrap() = Some(bench.clock.clone());
    (bench, watch)
}

/// A checkout for an amount that is paid in so many instalments.
async fn paid_often(bench: &Bench, id: &str, times: usize) -> CheckoutReference {
    let owed = invoice(id, "10000.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&owed).await;
    for _ in 0..times {
        bench.gateway.pay(url.reference.as_str(), "1.00");
    }
    url.reference
}

fn refund_of(payment: &Payment) -> Refund {
    let id = RefundId::new(format!("r{}", payment.id)).unwrap();
    let mut refund = Refund::new(id, RefundStatus::Succeeded, payment.amount);
    refund.payment_id = Some(payment.id.clone());
    refund
}

/// The numbers of payments that were recorded together.
async fn recorded_together(bench: &Bench) -> Vec<i64> {
    let query = "SELECT count(*) FROM payments GROUP BY seen_at ORDER BY seen_at";
    numbers(&bench.host, query).await
}
