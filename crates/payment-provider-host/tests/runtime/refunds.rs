//! What was given back: counted by how each refund stands, once, for the payable whose money it was.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crate::gateway::bench::{Bench, invoice};
use crate::gateway::{about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

fn rupees(text: &str) -> Money {
    Money::from_decimal(text, Currency::INR).unwrap()
}

fn refund(id: &str, payment: &Payment, status: RefundStatus, amount: &str) -> Refund {
    let mut refund = Refund::new(RefundId::new(id).unwrap(), status, rupees(amount));
    refund.payment_id = Some(payment.id.clone());
    refund.order_id.clone_from(&payment.order_id);
    refund
}

/// As gateways tell it: by the order.
fn told(gateway_type: &str, refund: &Refund) -> Event {
    let target = EventTarget::none().with_order_id(refund.order_id.clone());
    Event::new(gateway_type, target, EventKind::Refund(refund.clone()))
}

/// What the host's handler heard of refunds: `status refunded progress`.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl PaymentHandler for Heard {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        if let Cause::Refunded { refund, .. } = change.cause {
            let (status, refunded) = (refund.status.as_str(), change.refunded.decimal());
            let heard = format!("{status} {refunded} {}", change.progress);
            self.0.lock().unwrap().push(heard);
        }
        Ok(())
    }
}

impl Heard {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A payable of 200.12 that is paid, by this payment.
async fn paid(database: Database) -> (Bench, Heard, Payment) {
    let heard = Heard::default();
    let bench = Bench::with_handler(database, heard.clone()).await;
    let payment = pay(&bench, "inv").await;
    (bench, heard, payment)
}

async fn pay(bench: &Bench, id: &str) -> Payment {
    let url = bench.url(&invoice(id, "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.settle().await;
    payment
}

async fn receive(bench: &Bench, event: Event) {
    bench.receive(&[event]).await;
    bench.settle().await;
}

async fn refunded(bench: &Bench, id: &str) -> String {
    bench.view(id).await.refunded.decimal().to_string()
}

async fn lines(bench: &Bench, of: HistoryKind) -> Vec<String> {
    let history = bench.view("inv").await.history.into_iter();
    let lines = history.filter(|line| line.kind == of);
    lines.map(|line| line.detail).collect()
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

each_database!(a_refund_is_counted_once_and_what_is_paid_stays_paid);
async fn a_refund_is_counted_once_and_what_is_paid_stays_paid(database: Database) {
    let (bench, heard, payment) = paid(database).await;
    for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
        let news = refund("r1", &payment, status, "50.00");
        // Once for each address and version that is set up in the dashboard.
        for gateway_type in ["REFUND", "REFUND.V2"] {
            receive(&bench, told(gateway_type, &news)).await;
        }
    }
    let view = bench.view("inv").await;
    assert_eq!(view.refunded, rupees("50.00"));
    assert_eq!(view.due, rupees("0.00"));
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let known: Vec<_> = view.refunds.iter().map(|known| &known.refund).collect();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].status, RefundStatus::Succeeded);
    assert_eq!(view.refunds[0].checkout, view.checkouts[0].reference);
    assert_eq!(heard.all(), ["succeeded 50.00 succeeded"]);
    assert_eq!(reads(&bench), 0);
}

each_database!(refunds_add_up_and_one_that_comes_back_is_taken_off_again);
async fn refunds_add_up_and_one_that_comes_back_is_taken_off_again(database: Database) {
    let (bench, heard, payment) = paid(database).await;
    let (succeeded, failed) = (RefundStatus::Succeeded, RefundStatus::Failed);
    let news = [
        ("A", "r1", &succeeded, "150.00"),
        ("B", "r2", &succeeded, "50.12"),
        ("C", "r1", &failed, "150.00"),
        ("D", "r1", &succeeded, "150.00"),
    ];
    for (gateway_type, id, status, amount) in news {
        let news = refund(id, &payment, status.clone(), amount);
        receive(&bench, told(gateway_type, &news)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "50.12");
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let expected = [
        "succeeded 150.00 succeeded",
        "succeeded 200.12 succeeded",
        "failed 50.12 succeeded",
    ];
    assert_eq!(heard.all(), expected);
    // All of it given back asks nobody to pay again.
    let again = bench.host.payment_url(&invoice("inv", "200.12")).await;
    assert!(again.is_err(), "{again:?}");
}

each_database!(what_is_given_back_in_another_currency_is_stated_and_not_added);
async fn what_is_given_back_in_another_currency_is_stated_and_not_added(database: Database) {
    let (bench, heard, payment) = paid(database).await;
    let mut news = refund("r1", &payment, RefundStatus::Succeeded, "1.00");
    news.amount = Money::from_decimal("5.00", "USD".parse().unwrap()).unwrap();
    for gateway_type in ["A", "B"] {
        receive(&bench, told(gateway_type, &news)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert_eq!(heard.all(), ["succeeded 0.00 succeeded"]);
    let said =
        "refund r1 gives back USD 5.00, and what is owed is in INR: it counts toward no total";
    assert_eq!(lines(&bench, HistoryKind::Mismatch).await, [said]);
    assert_eq!(
        bench.view("inv").await.refunds[0].refund.amount,
        news.amount
    );
}

each_database!(more_than_came_in_is_counted_and_said);
async fn more_than_came_in_is_counted_and_said(database: Database) {
    let (bench, _, payment) = paid(database).await;
    for (id, amount) in [("r1", "200.12"), ("r2", "0.88")] {
        let news = refund(id, &payment, RefundStatus::Succeeded, amount);
        receive(&bench, told("REFUND", &news)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "201.00");
    let said = "the gateway says that INR 201.00 was given back, INR 0.88 more than is known here to \
                have come in";
    assert_eq!(lines(&bench, HistoryKind::Mismatch).await, [said]);
}

each_database!(a_refund_told_with_two_amounts_counts_with_the_same_one_in_either_order);
async fn a_refund_told_with_two_amounts_counts_with_the_same_one_in_either_order(database: Database) {
    for amounts in [["50.00", "60.00"], ["60.00", "50.00"]] {
        let (bench, _, payment) = paid(database).await;
        for amount in amounts {
            let news = refund("r1", &payment, RefundStatus::Succeeded, amount);
            receive(&bench, told("REFUND", &news)).await;
        }
        assert_eq!(refunded(&bench, "inv").await, "60.00");
        let said = lines(&bench, HistoryKind::Mismatch).await;
        assert!(said[0].ends_with("both as succeeded: INR 60.00 stands"));
    }
}

each_database!(what_concerns_another_payment_of_our_order_is_not_ours);
async fn what_concerns_another_payment_of_our_order_is_not_ours(database: Database) {
    let (bench, heard, payment) = paid(database).await;
    let before = bench.view("inv").await.history.len();
    let mut strange = payment.clone();
    strange.id = PaymentId::new("of-somebody-else").unwrap();
    let news = told(
        "REFUND",
        &refund("r1", &strange, RefundStatus::Succeeded, "50.00"),
    );
    let mut dispute = Dispute::new(
        DisputeId::new("d1").unwrap(),
        DisputeStatus::Open,
        rupees("200.12"),
    );
    dispute.payment_id = Some(strange.id.clone());
    let contested = Event::new("DISPUTE", news.target.clone(), EventKind::Dispute(dispute));
    for event in [news, contested] {
        let asked = reads(&bench);
        // Its copy as well says nothing of ours.
        for _ in 0..2 {
            receive(&bench, event.clone()).await;
            assert_eq!(last_state(&bench).await, DeliveryState::Unmatched);
        }
        assert_eq!(reads(&bench), asked + 2, "the checkout and its payments");
    }
    let view = bench.view("inv").await;
    let told = view.history[before..].iter().map(|line| line.kind);
    let of_others = told.filter(|kind| {
        // What was learned of our own checkout is no news of theirs.
        !matches!(
            kind,
            HistoryKind::PaymentsFetched | HistoryKind::CheckoutChanged
        )
    });
    assert_eq!(of_others.collect::<Vec<_>>(), []);
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert!(heard.all().is_empty());

    // Unless it turns out that it is: the payer paid twice.
    let reference = view.checkouts[0].reference.clone();
    strange.order_id = OrderId::new("order-2").ok();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference.as_str())
        .unwrap()
        .payments
        .push(strange.clone());
    receive(&bench, paid_event(reference.as_str(), &strange)).await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(lines(&bench, HistoryKind::Dispute).await.len(), 1);
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

each_database!(a_refund_told_before_its_payment_has_the_gateway_asked_and_is_counted);
async fn a_refund_told_before_its_payment_has_the_gateway_asked_and_is_counted(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let news = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let event = Event::new("REFUND", about(reference), EventKind::Refund(news));
    receive(&bench, event).await;
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(lines(&bench, HistoryKind::DeliveryReceived).await.len(), 1);
    assert!(lines(&bench, HistoryKind::Mismatch).await.is_empty());
}

each_database!(a_refund_told_by_a_gateway_that_cannot_be_asked_waits_for_its_payment);
async fn a_refund_told_by_a_gateway_that_cannot_be_asked_waits_for_its_payment(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().unaskable = true;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let news = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let event = Event::new("REFUND", about(reference), EventKind::Refund(news));
    receive(&bench, event).await;
    assert_eq!(last_state(&bench).await, DeliveryState::Unmatched);
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    receive(&bench, paid_event(reference, &payment)).await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    let states = bench.deliveries().await.into_iter();
    let states: Vec<_> = states.map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Applied; 2]);
}

each_database!(a_payment_is_name_enough_before_it_is_told_and_after);
async fn a_payment_is_name_enough_before_it_is_told_and_after(database: Database) {
    for refund_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let payment = bench.gateway.pay(reference, "200.12");
        let news = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
        let event = Event::new("REFUND", EventTarget::none(), EventKind::Refund(news));
        let mut events = [event, paid_event(reference, &payment)];
        if !refund_first {
            events.reverse();
        }
        for event in events {
            receive(&bench, event).await;
        }
        assert_eq!(refunded(&bench, "inv").await, "50.00", "{refund_first}");
    }
}

each_database!(a_refund_finds_its_payment_by_the_id_it_was_told_under);
async fn a_refund_finds_its_payment_by_the_id_it_was_told_under(database: Database) {
    for refund_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "200.12");
        let mut alias = listed.clone();
        alias.id = PaymentId::new("other").unwrap();
        let news = refund("r1", &alias, RefundStatus::Succeeded, "50.00");
        let event = Event::new("REFUND", about(reference), EventKind::Refund(news));
        let mut events = [event, paid_event(reference, &alias)];
        if !refund_first {
            events.reverse();
        }
        for event in [paid_event(reference, &listed)].into_iter().chain(events) {
            receive(&bench, event).await;
        }
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
        assert_eq!(refunded(&bench, "inv").await, "50.00", "{refund_first}");
    }
}

each_database!(the_payment_says_whose_refund_it_is_better_than_an_order);
async fn the_payment_says_whose_refund_it_is_better_than_an_order(database: Database) {
    for by_order_first in [true, false] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut by_order = refund("r1", &one, RefundStatus::Pending, "50.00");
        by_order.payment_id = None;
        let mut by_payment = refund("r1", &two, RefundStatus::Succeeded, "50.00");
        by_payment.order_id = None;
        let mut done = by_order.clone();
        done.status = RefundStatus::Succeeded;
        let mut events = [by_order, done, by_payment].map(|news| told("REFUND", &news));
        if !by_order_first {
            events.reverse();
        }
        for event in events {
            receive(&bench, event).await;
        }
        let totals = (
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        );
        assert_eq!(totals, ("0.00".to_owned(), "50.00".to_owned()));
    }
}

each_database!(a_refund_told_of_two_payments_is_of_the_same_one_in_any_order);
async fn a_refund_told_of_two_payments_is_of_the_same_one_in_any_order(database: Database) {
    let mut ends = Vec::new();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut by_order = refund("r1", &one, RefundStatus::Succeeded, "50.00");
        by_order.payment_id = None;
        let news = [
            refund("r1", &one, RefundStatus::Succeeded, "50.00"),
            refund("r1", &two, RefundStatus::Pending, "50.00"),
            by_order,
        ];
        for number in order {
            receive(&bench, told("REFUND", &news[number])).await;
        }
        let proof = bench.host.verify_ledger(None).await.unwrap();
        assert!(proof.is_sound(), "{order:?}: {:#?}", proof.findings);
        let totals = [
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        ];
        let of_both = [
            bench.view("inv").await.refunds,
            bench.view("inv-2").await.refunds,
        ];
        let said = [bench.view("inv").await, bench.view("inv-2").await]
            .into_iter()
            .flat_map(|view| view.history)
            .any(|line| line.kind == HistoryKind::Mismatch && line.detail.contains("payment"));
        assert!(said, "{order:?}");
        let payments = of_both.map(|refunds| {
            let named = refunds.into_iter().map(|known| known.refund.payment_id);
            named.collect::<Vec<_>>()
        });
        ends.push((totals, payments));
    }
    let expected = ["0.00".to_owned(), "50.00".to_owned()];
    assert_eq!(ends[0].0, expected, "the later id stands");
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
}

each_database!(a_refund_told_by_two_orders_is_of_the_same_checkout_in_either_order);
async fn a_refund_told_by_two_orders_is_of_the_same_checkout_in_either_order(database: Database) {
    for reversed in [false, true] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut news = [one, two].map(|payment| {
            let mut news = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
            news.payment_id = None;
            news
        });
        if reversed {
            news.reverse();
        }
        for news in &news {
            receive(&bench, told("REFUND", news)).await;
        }
        let totals = [
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        ];
        assert_eq!(totals, ["50.00", "0.00"], "{reversed}");
        let proof = bench.host.verify_ledger(None).await.unwrap();
        assert!(proof.is_sound(), "{:#?}", proof.findings);
    }
}
