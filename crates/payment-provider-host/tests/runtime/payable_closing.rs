//! Closing a payable that was paid, or is being paid, while no webhook comes.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{AllocationOutcome, CheckoutState, CloseReason};
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::workflows::CloseOutcome;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice};
use crate::gateway::{Fault, about, paid_event};

each_database! {
    an_unreported_payment_is_posted_by_closing,
    an_instalment_on_a_link_that_stays_payable_is_posted_too,
    money_that_cannot_be_fetched_is_reported_and_closing_again_posts_it,
    money_that_is_stated_and_not_listed_is_reported_until_it_is,
    money_on_what_ended_before_is_posted_by_closing,
    a_payment_found_while_an_interrupted_creation_is_resumed_is_posted_though_closed,
    an_account_that_cannot_be_asked_any_more_leaves_nothing_unsaid,
}

async fn close(bench: &Bench, unpaid: &Payable) -> CloseOutcome {
    bench.host.close(unpaid, CloseReason::Voided).await.unwrap()
}

fn count(closing: &CloseOutcome) -> (usize, usize) {
    (closing.still_payable.len(), closing.unreconciled.len())
}

async fn verdicts(bench: &Bench) -> Vec<Option<AllocationOutcome>> {
    let payments = bench.view("inv").await.payments.into_iter();
    payments
        .map(|payment| payment.allocation.map(|it| it.outcome))
        .collect()
}

async fn an_unreported_payment_is_posted_by_closing(database: Database) {
    for unsupported in [false, true] {
        let bench = Bench::new(database).await;
        let unpaid = invoice("inv", "100.00");
        let url = bench.url(&unpaid).await;
        bench.gateway.state().unsupported = unsupported;
        let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
        assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
        assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
        assert_eq!(verdicts(&bench).await, [Some(AllocationOutcome::Late)]);

        // The webhook comes after all, and closing is repeated: neither changes anything.
        bench
            .report(paid_event(url.reference.as_str(), &payment))
            .await;
        let calls = bench.gateway.state().calls.len();
        assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
        assert_eq!(bench.gateway.state().calls.len(), calls);
        assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
    }
}

async fn an_instalment_on_a_link_that_stays_payable_is_posted_too(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00").with_partial_payments(PartialPayments::any());
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "40.00");
    bench.gateway.state().will_not_cancel = true;
    assert_eq!(count(&close(&bench, &unpaid).await), (1, 0));
    assert_eq!(bench.totals("inv").await, "40.00 0.00 40.00 failed");
}

async fn money_that_cannot_be_fetched_is_reported_and_closing_again_posts_it(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    bench.gateway.pay(url.reference.as_str(), "100.00");
    // The cancellation is answered, the fetch is not.
    bench.gateway.fail_next(Fault::Skip);
    bench.gateway.fail_next(Fault::Down);
    let closing = close(&bench, &unpaid).await;
    assert_eq!(count(&closing), (0, 1));
    let (reference, error) = &closing.unreconciled[0];
    assert_eq!(*reference, url.reference);
    assert!(
        matches!(error.kind(), ErrorKind::Provider(error) if error.kind() == payment_provider_core::ProviderErrorKind::Timeout),
        "{error}"
    );
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 failed");
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

async fn money_that_is_stated_and_not_listed_is_reported_until_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let stated = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, unpaid.amount);
    let paid = bench.gateway.pay(reference, "100.00");
    let listed = |payments: Vec<Payment>| {
        bench.gateway.list(reference, payments);
    };
    listed(Vec::new());
    let event = Event::new("LINK", about(reference), EventKind::Snapshot(stated));
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    let closing = close(&bench, &unpaid).await;
    assert_eq!(count(&closing), (0, 1));
    let error = &closing.unreconciled[0].1;
    assert!(matches!(error.kind(), ErrorKind::Pending { .. }), "{error}");
    listed(vec![paid]);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

async fn money_on_what_ended_before_is_posted_by_closing(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "100.00");
    let first = bench.url(&unpaid).await;
    // Replaced by one that asks for more; the first is cancelled, then paid all the same.
    let unpaid = invoice("inv", "150.00");
    bench.url(&unpaid).await;
    bench.gateway.pay(first.reference.as_str(), "100.00");
    // A webhook reports it; the gateway does not list it at the time.
    let snapshot = bench.gateway.snapshot(first.reference.as_str());
    let kind = EventKind::Snapshot(CheckoutSnapshot::new(
        CheckoutStatus::Cancelled,
        snapshot.amount,
        snapshot.amount_paid,
    ));
    let hidden = bench.gateway.list(first.reference.as_str(), Vec::new());
    let event = Event::new("LINK", about(first.reference.as_str()), kind);
    bench.report(event).await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);
    bench.gateway.list(first.reference.as_str(), hidden);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
    let states: Vec<_> = bench.view("inv").await.checkouts;
    let states: Vec<_> = states.iter().map(|checkout| checkout.state).collect();
    assert_eq!(states, [CheckoutState::Cancelled; 2]);
}

async fn a_payment_found_while_an_interrupted_creation_is_resumed_is_posted_though_closed(
    database: Database,
) {
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
    assert!(matches!(
        url,
        Ok(PaymentUrlOutcome::NothingDue(NothingDue::Closed))
    ));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}

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
        .set_connection_enabled(&connection("main"), false)
        .await
        .unwrap();
    bench.clock.advance(Duration::from_hours(24 * 30));
    bench.gateway.fail_next(Fault::Revoked);
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 1));
    assert_eq!(count(&close(&bench, &unpaid).await), (0, 0));
    assert_eq!(bench.totals("inv").await, "100.00 0.00 100.00 failed");
}
