//! Link events that claim a payment: each claim ends in one posting, by the gateway's payment event
//! where the connection receives those, and by the gateway's list where it does not.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::WriteOff;

use crate::fixture::database::{Database, each_database, numbers};
use crate::fixture::{Bench, connection, invoice, organization};
use crate::gateway::{Fault, claim_events, paid_event};

each_database! {
    a_claim_waits_for_the_payment_event_and_sends_no_request,
    a_claim_after_its_payment_event_adds_nothing_and_sends_no_request,
    a_claim_and_its_payment_event_in_one_delivery_count_once,
    a_claim_has_the_list_fetched_at_once_where_no_payment_events_come,
    payment_events_that_stopped_coming_are_not_waited_for,
    a_late_payment_event_adds_nothing_to_what_its_claim_had_fetched,
    a_claim_outlasts_a_list_that_is_down_for_six_minutes,
    a_claim_that_the_gateway_never_lists_is_parked_and_applied_once_it_is_listed,
    a_claim_that_the_gateway_refuses_to_confirm_is_parked_with_the_reason,
    a_claim_whose_money_was_written_off_is_done,
    a_claim_after_a_write_off_of_the_same_amount_is_posted,
    a_claim_at_a_gateway_without_a_status_api_is_applied_with_the_payment_event,
    a_claim_at_a_gateway_without_a_status_api_is_parked_until_the_payment_event,
    a_payment_url_is_not_given_out_while_a_claim_waits,
    a_claim_that_waits_is_applied_by_another_process,
    each_instalment_that_is_claimed_is_posted_once,
}

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
        bench.receive(&[event]).await;
        bench.apply_all().await;
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

async fn a_claim_waits_for_the_payment_event_and_sends_no_request(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_nothing_is_posted().await;
    let (state, error) = paid.latest().await;
    assert_eq!(state, DeliveryState::Pending);
    assert!(error.unwrap().contains("waits a few seconds"));

    paid.bench.clock.advance(Duration::from_secs(1));
    paid.receive_payment().await;
    paid.apply().await;
    let totals = paid.bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 0);
    let failures = numbers(&paid.bench.host, "SELECT failures FROM deliveries").await;
    assert_eq!(failures, [0; 3]);
}

async fn a_claim_after_its_payment_event_adds_nothing_and_sends_no_request(database: Database) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.receive_payment().await;
        paid.apply().await;
        paid.receive_claim().await;
        paid.apply().await;
        paid.assert_posted_once().await;
        assert_eq!(paid.reads(), 0);
    }
}

async fn a_claim_and_its_payment_event_in_one_delivery_count_once(database: Database) {
    for claim_first in [true, false] {
        let paid = Paid::without_payment_events(database).await;
        let reference = paid.reference.as_str();
        let mut events = claim_events(&paid.bench.gateway, reference, &paid.payment);
        let at = if claim_first { events.len() } else { 0 };
        events.insert(at, paid_event(reference, &paid.payment));
        paid.bench.receive(&events).await;
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_has_the_list_fetched_at_once_where_no_payment_events_come(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2, "the checkout and its payments");
    assert_eq!(paid.bench.deliveries().await[0].attempts, 1);
    // The same claim in other bytes needs no request any more.
    let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
    paid.bench.receive(&claim[..1]).await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

/// Events of a kind that a merchant unsubscribed from are not waited for.
async fn payment_events_that_stopped_coming_are_not_waited_for(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.bench.clock.advance(Duration::from_hours(8 * 24));
    paid.receive_claim().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_late_payment_event_adds_nothing_to_what_its_claim_had_fetched(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    paid.bench.clock.advance(Duration::from_millis(4_999));
    paid.apply().await;
    paid.assert_nothing_is_posted().await;
    assert_eq!(paid.reads(), 0);
    paid.bench.clock.advance(Duration::from_millis(1));
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);

    paid.bench.clock.advance(Duration::from_mins(10));
    paid.receive_payment().await;
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_claim_outlasts_a_list_that_is_down_for_six_minutes(database: Database) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.bench.gateway.state().list_is_down = true;
        paid.receive_claim().await;
        paid.apply().await;
        paid.bench.clock.advance(GRACE);
        for _ in 0..36 {
            paid.apply().await;
            paid.assert_nothing_is_posted().await;
            let (state, error) = paid.latest().await;
            assert_eq!(state, DeliveryState::Pending);
            assert!(error.unwrap().contains("list_payments: no answer in time"));
            paid.bench.clock.advance(Duration::from_secs(10));
        }
        assert!(paid.reads() > 2, "it is tried again meanwhile");
        let failures = "SELECT max(failures) FROM deliveries";
        assert_eq!(numbers(&paid.bench.host, failures).await, [0]);
        paid.bench.gateway.state().list_is_down = false;
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_that_the_gateway_never_lists_is_parked_and_applied_once_it_is_listed(
    database: Database,
) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
        paid.hide();
        paid.bench.receive(&claim).await;
        paid.bench.apply_all().await;
        let (state, error) = paid.latest().await;
        assert_eq!(state, DeliveryState::Parked);
        assert!(error.unwrap().contains("does not list"));
        paid.assert_nothing_is_posted().await;

        paid.list(vec![paid.payment.clone()]);
        let retried = paid.bench.host.retry_parked(&connection("main")).await;
        assert_eq!(retried.unwrap(), 1);
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_claim_that_the_gateway_refuses_to_confirm_is_parked_with_the_reason(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    for _ in 0..100 {
        paid.bench.gateway.fail_next(Fault::Revoked);
    }
    paid.receive_claim().await;
    paid.bench.apply_all().await;
    let (state, error) = paid.latest().await;
    assert_eq!(state, DeliveryState::Parked);
    assert!(error.unwrap().contains("fetch_checkout"));
    paid.assert_nothing_is_posted().await;
}

async fn a_claim_whose_money_was_written_off_is_done(database: Database) {
    let paid = Paid::without_payment_events(database).await;
    let claim = claim_events(&paid.bench.gateway, paid.reference.as_str(), &paid.payment);
    paid.hide();
    paid.bench.receive(&claim).await;
    paid.bench.apply_all().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Parked);
    let off = WriteOff::new(paid.reference.clone(), "asha", "reversed");
    let inv = PayableId::new("inv").unwrap();
    let written = paid.bench.host.write_off(&organization(), &inv, &off).await;
    assert_eq!(written.unwrap().written_off, paid.payment.amount);
    let retried = paid.bench.host.retry_parked(&connection("main")).await;
    assert_eq!(retried.unwrap(), 1);
    paid.bench.apply_all().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Applied);
    assert_eq!(paid.bench.view("inv").await.received.minor_units(), 0);
}

/// A payment that was reversed is written off, and the payer pays the same amount again: the write-off does
/// not explain the second claim.
async fn a_claim_after_a_write_off_of_the_same_amount_is_posted(database: Database) {
    for is_listed_late in [false, true] {
        let paid = Paid::without_payment_events(database).await;
        let gateway = &paid.bench.gateway;
        let first = claim_events(gateway, paid.reference.as_str(), &paid.payment);
        paid.hide();
        paid.bench.receive(&first).await;
        paid.bench.apply_all().await;
        let off = WriteOff::new(paid.reference.clone(), "asha", "reversed");
        let inv = PayableId::new("inv").unwrap();
        let written = paid.bench.host.write_off(&organization(), &inv, &off).await;
        written.unwrap();

        let again = gateway.pay(paid.reference.as_str(), "200.12");
        let second = claim_events(gateway, paid.reference.as_str(), &again);
        if is_listed_late {
            paid.hide();
        }
        paid.bench.receive(&second).await;
        paid.apply().await;
        if is_listed_late {
            assert_eq!(paid.latest().await.0, DeliveryState::Pending);
            paid.list(vec![again.clone()]);
        }
        paid.bench.apply_all().await;
        let totals = paid.bench.totals("inv").await;
        assert_eq!(totals, "200.12 200.12 0.00 succeeded", "{is_listed_late}");
        assert_eq!(paid.bench.notified_payments().await, [again.id.to_string()]);
    }
}

async fn a_claim_at_a_gateway_without_a_status_api_is_applied_with_the_payment_event(
    database: Database,
) {
    let paid = Paid::with_payment_events(database).await;
    paid.bench.gateway.state().unaskable = true;
    paid.receive_claim().await;
    paid.apply().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    paid.receive_payment().await;
    paid.apply().await;
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
}

async fn a_claim_at_a_gateway_without_a_status_api_is_parked_until_the_payment_event(
    database: Database,
) {
    for paid in [
        Paid::without_payment_events(database).await,
        Paid::with_payment_events(database).await,
    ] {
        paid.bench.gateway.state().unaskable = true;
        paid.receive_claim().await;
        paid.bench.apply_all().await;
        let (state, error) = paid.latest().await;
        assert_eq!(state, DeliveryState::Parked);
        assert!(error.unwrap().contains("has no status API"));
        paid.assert_nothing_is_posted().await;

        paid.receive_payment().await;
        paid.apply().await;
        let retried = paid.bench.host.retry_parked(&connection("main")).await;
        assert_eq!(retried.unwrap(), 1);
        paid.bench.apply_all().await;
        paid.assert_posted_once().await;
    }
}

async fn a_payment_url_is_not_given_out_while_a_claim_waits(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    let reason = paid.bench.nothing_due(&invoice("inv", "200.12")).await;
    assert_eq!(reason, NothingDue::Paid);
    assert_eq!(paid.reads(), 2);
    paid.receive_payment().await;
    paid.bench.clock.advance(GRACE);
    paid.apply().await;
    paid.assert_posted_once().await;
    assert_eq!(paid.reads(), 2);
}

async fn a_claim_that_waits_is_applied_by_another_process(database: Database) {
    let paid = Paid::with_payment_events(database).await;
    paid.receive_claim().await;
    paid.apply().await;
    assert_eq!(paid.latest().await.0, DeliveryState::Pending);
    let other = paid.bench.another_process().await;
    paid.bench.clock.advance(GRACE);
    while other.apply_due_deliveries().await.unwrap() > 0 {}
    let totals = paid.bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
    assert_eq!(paid.latest().await.0, DeliveryState::Applied);
    assert_eq!(paid.reads(), 2);
}

async fn each_instalment_that_is_claimed_is_posted_once(database: Database) {
    let bench = Bench::with_recorded_notifications(database).await;
    let owed = invoice("inv", "200.00").with_partial_payments(PartialPayments::any());
    let reference = bench.url(&owed).await.reference;
    let mut deliveries = Vec::new();
    for amount in ["50.00", "70.00", "80.00"] {
        let payment = bench.gateway.pay(reference.as_str(), amount);
        deliveries.push(claim_events(&bench.gateway, reference.as_str(), &payment));
        deliveries.push(vec![paid_event(reference.as_str(), &payment)]);
    }
    // The claims arrive in the reverse order, some after their payment events.
    for position in [4, 3, 2, 5, 0, 1] {
        bench.receive(&deliveries[position]).await;
        bench.host.apply_due_deliveries().await.unwrap();
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.00 200.00 0.00 succeeded");
    assert_eq!(bench.notified_payments().await, ["1", "2", "3"]);
    bench.assert_all_is_notified().await;
}
