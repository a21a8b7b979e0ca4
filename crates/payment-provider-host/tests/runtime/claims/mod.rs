//! Link events that claim a payment: each claim ends in one posting, by the gateway's payment event
//! where the connection receives those, and by the gateway's list where it does not.

mod by_payment_id;
mod posting;
mod unconfirmed;

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::Database;
use crate::fixture::{Bench, invoice};
use crate::gateway::{claim_events, paid_event};

/// The time for which a claim waits for the payment event.
const GRACE: Duration = Duration::from_secs(5);

/// One invoice over 200.12 that is paid at the gateway.
struct Paid {
    bench: Bench,
    reference: CheckoutReference,
    payment: Payment,
    /// The ids of all payments that the handler is to be notified of.
    expected: Vec<String>,
}

impl Paid {
    /// On a connection that received no payment event so far.
    async fn without_payment_events(database: Database) -> Self {
        Self::of(
            Bench::with_recorded_notifications(database).await,
            Vec::new(),
        )
        .await
    }

    /// On a connection that received a payment event: that of another invoice.
    async fn with_payment_events(database: Database) -> Self {
        let bench = Bench::with_recorded_notifications(database).await;
        let url = bench.url(&invoice("earlier", "10.00")).await;
        let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
        let event = paid_event(url.reference.as_str(), &payment);
        bench.report(event).await;
        Self::of(bench, vec![payment.id.to_string()]).await
    }

    async fn of(bench: Bench, mut expected: Vec<String>) -> Self {
        let reference = bench.url(&invoice("inv", "200.12")).await.reference;
        let payment = bench.gateway.pay(reference.as_str(), "200.12");
        expected.push(payment.id.to_string());
        let paid = Self {
            bench,
            reference,
            payment,
            expected,
        };
        assert_eq!(paid.reads(), 0);
        paid
    }

    async fn receive_claim(&self) {
        let claim = claim_events(&self.bench.gateway, self.reference.as_str(), &self.payment);
        self.bench.receive(&claim).await;
    }

    async fn receive_payment(&self) {
        let event = paid_event(self.reference.as_str(), &self.payment);
        self.bench.receive(&[event]).await;
    }

    /// Applies what is due now.
    async fn apply(&self) {
        while self.bench.host.apply_due_deliveries().await.unwrap() > 0 {}
    }

    /// The number of requests that read a checkout or list its payments.
    fn reads(&self) -> usize {
        let state = self.bench.gateway.state();
        let is_read = |call: &&String| call.starts_with("fetch") || call.starts_with("list");
        state.calls.iter().filter(is_read).count()
    }

    /// Hides the payment from the gateway's list.
    fn hide(&self) {
        self.list(Vec::new());
    }

    fn list(&self, payments: Vec<Payment>) {
        let gateway = &self.bench.gateway;
        gateway.list(self.reference.as_str(), payments);
    }

    /// The state and the error of the latest delivery.
    async fn latest(&self) -> (DeliveryState, Option<String>) {
        let latest = self.bench.deliveries().await.pop().unwrap();
        (latest.state, latest.error)
    }

    async fn assert_nothing_is_posted(&self) {
        assert_eq!(self.bench.totals("inv").await, "0.00 0.00 0.00 pending");
    }

    /// Asserts that the money is posted once, the handler was notified of it once, and all deliveries
    /// are applied.
    async fn assert_posted_once(&self) {
        let totals = self.bench.totals("inv").await;
        assert_eq!(totals, "200.12 200.12 0.00 succeeded");
        let payments = self.bench.view("inv").await.payments;
        assert_eq!(payments.len(), 1);
        assert_eq!(payments[0].payment.id, self.payment.id);
        assert_eq!(self.bench.notified_payments().await, self.expected);
        let deliveries = self.bench.deliveries().await;
        for delivery in &deliveries {
            assert_eq!(delivery.state, DeliveryState::Applied, "{deliveries:#?}");
        }
        self.bench.assert_all_is_notified().await;
    }
}
