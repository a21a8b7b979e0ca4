//! Closing a payable that was paid, or is being paid, while no webhook comes.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, invoice, organization};
use crate::gateway::{Fault, about, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::cash::{Closed, Verdict};
use payment_provider_host::*;

async fn close(bench: &Bench, unpaid: &Payable) -> Closing {
    bench.host.close(unpaid, Closed::Voided).await.unwrap()
}

fn count(closing: &Closing) -> (usize, usize) {
    (closing.still_payable.len(), closing.unbooked.len())
}

async fn verdicts(bench: &Bench) -> Vec<Option<Verdict>> {
    let payments = bench.view("inv").await.payments.into_iter();
    payments.map(|payment| payment.verdict).collect()
}

each_database!(what_was_paid_and_never_told_is_booked_by_closing);
async fn what_was_paid_and_never_told_is_booked_by_closing(database: Database) {
    for unsupported in [false, true] {
        let bench = Bench::new(database).await;
        let unpaid = invoice("inv", "100.00");
        let url = bench.url(&unpaid).await;
        bench.gateway.state().unsupported = unsupported;
        let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
        assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
        assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
        assert_eq!(verdicts(&bench).await, [Some(Verdict::Late)]);

        // The webhook comes after all, and closing is repeated: neither changes anything.
        bench
            .receive(&[paid_event(url.reference.as_str(), &payment)])
            .await;
        bench.settle().await;
        let calls = bench.gateway.state().calls.len();
        assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
        assert_eq!(bench.gateway.state().calls.len(), calls);
        assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
    }
}

each_database!(an_instalment_on_a_link_that_stays_payable_is_booked_too);
async fn an_instalment_on_a_link_that_stays_payable_is_booked_too(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "40.00");
    bench.gateway.state().will_not_cancel = true;
    assert_eq!(count(&close(&bench, &unpaid).await), (1, 0));
    assert_eq!(bench.totals("inv").await, "40.00 0.00 40.00 failed");
}

each_database!(money_that_cannot_be_fetched_is_reported_and_closing_again_books_it);
async fn money_that_cannot_be_fetched_is_reported_and_closing_again_books_it(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    // The cancellation is answered, the fetch is not.
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    let closing = close(&bench, &unpaid).await;
    assert_eq!(count(&closing), (0, 1));
    let (reference, error) = &closing.unbooked[0];
    assert_eq!(*reference, url.reference);
    assert!(
        matches!(error, CheckoutError::Provider(error) if error.kind() == ErrorKind::Timeout),
        "{error}"
    );
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 failed");
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

each_database!(money_that_is_stated_and_not_listed_is_reported_until_it_is);
async fn money_that_is_stated_and_not_listed_is_reported_until_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let stated = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, unpaid.amount);
    let paid = bench.gateway.pay(reference, "100.00");
    let listed = |payments: Vec<Payment>| {
        let mut state = bench.gateway.state();
        state.links.get_mut(reference).unwrap().payments = payments;
    };
    listed(Vec::new());
    let event = Event::new("LINK", about(reference), EventKind::Snapshot(stated));
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    let closing = close(&bench, &unpaid).await;
    assert_eq!(count(&closing), (0, 1));
    let error = &closing.unbooked[0].1;
    assert!(matches!(error, CheckoutError::Busy { .. }), "{error}");
    listed(vec![paid]);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

each_database!(money_on_what_ended_before_is_booked_by_closing);
async fn money_on_what_ended_before_is_booked_by_closing(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let first = bench.url(&unpaid).await;
    // Replaced by one that asks for more; the first is cancelled, then paid all the same.
    let unpaid = invoice("inv", "150.00");
    bench.url(&unpaid).await;
    bench.gateway.pay(first.reference.as_str(), "100.00");
    // A webhook tells of it; the gateway does not list it at the time.
    let snapshot = bench.gateway.snapshot(first.reference.as_str());
    let kind = EventKind::Snapshot(CheckoutSnapshot::new(
        CheckoutStatus::Cancelled,
        snapshot.amount,
        snapshot.amount_paid,
    ));
    let hidden = {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(first.reference.as_str()).unwrap();
        std::mem::take(&mut link.payments)
    };
    let event = Event::new("LINK", about(first.reference.as_str()), kind);
    bench.receive(&[event]).await;
    bench.settle().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);
    bench
        .gateway
        .state()
        .links
        .get_mut(first.reference.as_str())
        .unwrap()
        .payments = hidden;
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
    let states: Vec<_> = bench.view("inv").await.checkouts;
    let states: Vec<_> = states.iter().map(|checkout| checkout.state).collect();
    assert_eq!(states, [CheckoutState::Cancelled; 2]);
}

each_database!(what_is_paid_while_an_interrupted_creation_is_found_is_booked_though_closed);
async fn what_is_paid_while_an_interrupted_creation_is_found_is_booked_though_closed(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&unpaid).await.is_err());
    let reference = bench.gateway.references().remove(0);
    bench.gateway.pay(&reference, "100.00");
    bench.gateway.state().hold = true;
    let void = async {
        bench.gateway.call_held().await;
        // The gateway is away for the one who closes.
        bench.gateway.fail_next(Fault::Down);
        let closing = close(&bench, &unpaid).await;
        bench.gateway.state().hold = false;
        closing
    };
    let (url, closing) = tokio::join!(bench.host.payment_url(&unpaid), void);
    assert_eq!(count(&closing), (1, 0));
    assert!(matches!(url, Err(CheckoutError::Refused(Refusal::Closed))));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

each_database!(an_account_that_cannot_be_asked_any_more_leaves_nothing_unsaid);
async fn an_account_that_cannot_be_asked_any_more_leaves_nothing_unsaid(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Revoked);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 1));
    bench
        .host
        .set_connection_enabled(&organization(), &code(), false)
        .await
        .unwrap();
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench.gateway.fail_next(Fault::Revoked);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 1));
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}
