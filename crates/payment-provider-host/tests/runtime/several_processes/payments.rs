//! Reports of payments to several processes at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::payable::PayableView;
use payment_provider_host::prelude::*;

use super::{CALLERS, together, two};
use crate::fixture::database::{Database, each_database, execute, in_tx, numbers};
use crate::fixture::{Bench, connection, invoice, provider, runtime};
use crate::gateway::{delivery, paid_event};

each_database! {
    one_payment_reported_in_sixteen_ways_is_posted_once(threads = 4),
    instalments_reported_at_once_add_up(threads = 4),
    one_payment_reported_on_two_payables_is_posted_on_one(threads = 4),
}

/// Counts posted payments in the transaction that posts them.
#[derive(Debug, Clone, Default)]
struct Counts(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl PaymentHandler for Counts {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if matches!(change.cause, Cause::Posted { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
            in_tx!(tx, connection => {
                sqlx::query("INSERT INTO own (payable) VALUES ($1)")
                    .bind(change.payable.as_str())
                    .execute(connection)
                    .await?;
            });
        }
        Ok(())
    }
}

async fn one_payment_reported_in_sixteen_ways_is_posted_once(database: Database) {
    let counts = Counts::default();
    let bench = Bench::with_handler(database, counts.clone()).await;
    execute(&bench.host, "CREATE TABLE own (payable TEXT NOT NULL)").await;
    let (gateway, clock, place) = (&bench.gateway, &bench.clock, &bench.place);
    let other = runtime(gateway, clock, place, counts).await;
    for round in 0..5 {
        let id = format!("inv-{round}");
        let url = bench.url(&invoice(&id, "200.12")).await;
        let reference = url.reference.to_string();
        let payment = bench.gateway.pay(&reference, "200.12");
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            // Other bytes, so another delivery; the payment is the same.
            let mut event = paid_event(&reference, &payment);
            event.gateway_type = format!("PAYMENT {caller}");
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                host.receive_webhook(&provider(), &connection("main"), &request)
                    .await
                    .unwrap();
                host.apply_due_deliveries().await.unwrap();
            }
        })
        .await;
        bench.apply_all().await;
        assert_eq!(bench.totals(&id).await, "200.12 200.12 0.00 succeeded");
        assert_eq!(bench.view(&id).await.payments.len(), 1);
    }
    let own = numbers(&bench.host, "SELECT count(*) FROM own").await;
    assert_eq!(own, [5]);
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), 5 * CALLERS);
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.state == DeliveryState::Applied)
    );
}

async fn instalments_reported_at_once_add_up(database: Database) {
    let (bench, other) = two(database).await;
    let mut unpaid = invoice("inv", "160.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.to_string();
    let clock = bench.clock.clone();
    let payments: Vec<_> = (0..CALLERS)
        .map(|_| bench.gateway.pay(&reference, "10.00"))
        .collect();
    together((&bench, &other), |caller, host| {
        let mut request = delivery("k1", &[paid_event(&reference, &payments[caller])]);
        request.received_at = clock.now();
        async move {
            host.receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            host.apply_due_deliveries().await.unwrap();
        }
    })
    .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "160.00 160.00 0.00 succeeded");
    assert_eq!(bench.view("inv").await.payments.len(), CALLERS);
}

async fn one_payment_reported_on_two_payables_is_posted_on_one(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..6 {
        let (a, b) = (format!("a-{round}"), format!("b-{round}"));
        let one = bench.url(&invoice(&a, "10.00")).await;
        let two = bench.url(&invoice(&b, "10.00")).await;
        let payment = bench.gateway.pay(one.reference.as_str(), "10.00");
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            let reference = [&one.reference, &two.reference][caller / 2 % 2];
            let mut event = paid_event(reference.as_str(), &payment);
            event.gateway_type = format!("PAYMENT {caller}");
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                host.receive_webhook(&provider(), &connection("main"), &request)
                    .await
                    .unwrap();
                host.apply_due_deliveries().await.unwrap();
            }
        })
        .await;
        bench.apply_all().await;
        let received = |view: &PayableView| view.received.minor_units();
        let (a, b) = (bench.view(&a).await, bench.view(&b).await);
        assert_eq!(received(&a) + received(&b), 1_000);
        assert_eq!(a.payments.len() + b.payments.len(), 1);
    }
}
