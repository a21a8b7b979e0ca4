//! Refunds: each counts once, by its latest state, for the payable whose money it gives back.

mod amounts;
mod attribution;
mod claimed;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;

use crate::fixture::database::Database;
use crate::fixture::{Bench, invoice, rupees};
use crate::gateway::paid_event;

fn refund(id: &str, payment: &Payment, status: RefundStatus, amount: &str) -> Refund {
    let mut refund = Refund::new(RefundId::new(id).unwrap(), status, rupees(amount));
    refund.payment_id = Some(payment.id.clone());
    refund.order_id.clone_from(&payment.order_id);
    refund
}

/// A refund as gateways report it: by the order.
fn refund_event(gateway_type: &str, refund: &Refund) -> Event {
    let target = EventTarget::none().with_order_id(refund.order_id.clone());
    Event::new(gateway_type, target, EventKind::Refund(refund.clone()))
}

/// The notifications of refunds that the host's handler got: `status refunded progress`.
#[derive(Debug, Clone, Default)]
struct RefundNotifications(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl PaymentHandler for RefundNotifications {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Cause::Refunded { refund, .. } = change.cause {
            let (status, refunded) = (refund.status.as_str(), change.refunded.decimal());
            let notification = format!("{status} {refunded} {}", change.progress);
            self.0.lock().unwrap().push(notification);
        }
        Ok(())
    }
}

impl RefundNotifications {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A payable of 200.12 that is paid, by this payment.
async fn paid(database: Database) -> (Bench, RefundNotifications, Payment) {
    let notified = RefundNotifications::default();
    let bench = Bench::with_handler(database, notified.clone()).await;
    let payment = pay(&bench, "inv").await;
    (bench, notified, payment)
}

async fn pay(bench: &Bench, id: &str) -> Payment {
    let url = bench.url(&invoice(id, "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &payment)).await;
    payment
}

async fn receive(bench: &Bench, event: Event) {
    bench.report(event).await;
}

async fn refunded(bench: &Bench, id: &str) -> String {
    bench.view(id).await.refunded.decimal().to_string()
}

async fn last_state(bench: &Bench) -> DeliveryState {
    bench.deliveries().await.pop().unwrap().state
}

/// The calls to the gateway that read something.
fn reads(bench: &Bench) -> usize {
    let state = bench.gateway.state();
    let read = |call: &&String| !call.starts_with("create");
    state.calls.iter().filter(read).count()
}
