//! One payable, never two ways to pay it.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::accounting::{AllocationOutcome, CheckoutState, CloseReason};
use payment_provider_host::checkouts::UrlOrigin;
use payment_provider_host::error::Refusal;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, customer, invoice, organization};
use crate::gateway::{Fault, paid_event};

each_database! {
    asking_again_gives_the_same_address_and_no_second_link,
    many_callers_at_once_get_one_link,
    a_lost_answer_is_found_again,
    a_crash_before_the_answer_is_recorded_makes_no_second_link,
    a_refusal_of_the_only_try_is_final_and_makes_room,
    a_refusal_after_an_unknown_outcome_is_not_conclusive_at_first,
    another_amount_replaces_the_link,
    a_link_near_its_end_is_replaced_and_an_expired_one_too,
    moving_the_customer_to_another_connection_replaces_the_link,
    a_link_the_gateway_will_not_cancel_stays_the_only_one,
    a_link_paid_unnoticed_is_posted_when_it_is_to_be_replaced,
    a_payment_made_after_a_crash_is_posted_on_adoption,
    the_rest_after_an_instalment_is_what_the_next_link_asks_for,
    closing_ends_the_link_and_later_money_is_late,
    a_payable_closed_before_its_first_request_stays_closed,
    closing_reports_what_can_still_be_paid_and_can_be_repeated,
    an_invalid_request_is_refused_by_name_and_nothing_is_sent,
    another_amount_after_money_came_in_is_refused,
    another_currency_after_money_came_in_in_it_is_refused,
    a_checkout_lives_as_long_as_the_gateway_takes,
}

fn refusal(error: &Error) -> Option<Refusal> {
    match error.kind() {
        ErrorKind::Refused(refusal) => Some(refusal.clone()),
        _ => None,
    }
}

async fn asking_again_gives_the_same_address_and_no_second_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    let again = bench.url(&invoice).await;
    assert_eq!(first.origin, UrlOrigin::Created);
    assert_eq!(again.origin, UrlOrigin::Reused);
    assert_eq!(first.url, again.url);
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn many_callers_at_once_get_one_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let calls = (0..16).map(|_| bench.host.payment_url(&invoice));
    let urls: Vec<_> = futures_util::future::join_all(calls).await;
    let url_of = |outcome: &Result<PaymentUrlOutcome, Error>| {
        let outcome = outcome.as_ref().ok()?.clone();
        Some(outcome.pay()?.url)
    };
    let first = url_of(&urls[0]);
    assert!(first.is_some());
    assert!(urls.iter().all(|url| url_of(url) == first));
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_lost_answer_is_found_again(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    for fault in [Fault::AfterCommit, Fault::BeforeCommit] {
        bench.gateway.fail_next(fault);
        let error = bench.host.payment_url(&invoice).await.unwrap_err();
        let ErrorKind::Provider(error) = error.kind() else {
            panic!("{error}")
        };
        assert_eq!(error.effect(), Effect::MaybeApplied);
    }
    let url = bench.url(&invoice).await;
    assert_eq!(url.origin, UrlOrigin::Adopted);
    assert_eq!(bench.gateway.references(), [url.reference.to_string()]);
}

async fn a_crash_before_the_answer_is_recorded_makes_no_second_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    // The process ends after the gateway made the link, before it receives the answer.
    bench.gateway.state().hold_answer = true;
    tokio::select! {
        answer = bench.host.payment_url(&invoice) => panic!("answered too early: {answer:?}"),
        () = bench.gateway.call_held() => {}
    }
    bench.gateway.state().hold_answer = false;
    assert_eq!(bench.gateway.references().len(), 1);
    let stored = bench.view("inv").await.checkouts.remove(0);
    assert_eq!(stored.state, CheckoutState::Creating);

    // A new process on the same database: nothing is left but what was stored.
    let host = bench.another_process().await;
    let url = host.payment_url(&invoice).await.unwrap().pay().unwrap();
    assert_eq!(bench.gateway.references(), [url.reference.to_string()]);
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_refusal_of_the_only_try_is_final_and_makes_room(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::Refused);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    assert_eq!(bench.view("inv").await.progress.as_str(), "failed");
    let url = bench.url(&invoice).await;
    assert_eq!(bench.view("inv").await.checkouts.len(), 2);
    assert_eq!(bench.gateway.references(), [url.reference.to_string()]);
    assert_eq!(bench.view("inv").await.progress.as_str(), "pending");
}

async fn a_refusal_after_an_unknown_outcome_is_not_conclusive_at_first(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::BeforeCommit);
    bench.gateway.fail_next(Fault::Refused);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    assert!(bench.host.payment_url(&invoice).await.is_err());
    assert_eq!(
        bench.view("inv").await.checkouts[0].state,
        CheckoutState::Creating
    );

    // Later the gateway's "not found" counts, and the next call makes another.
    bench.clock.advance(Duration::from_mins(5));
    bench.gateway.fail_next(Fault::Refused);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    assert_eq!(
        bench.view("inv").await.checkouts[0].state,
        CheckoutState::Failed
    );
    bench.url(&invoice).await;
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn another_amount_replaces_the_link(database: Database) {
    let bench = Bench::new(database).await;
    let first = bench.url(&invoice("inv", "200.12")).await;
    let second = bench.url(&invoice("inv", "150.00")).await;
    assert_ne!(first.reference, second.reference);
    let statuses = |reference: &CheckoutReference| {
        bench.gateway.state().links[reference.as_str()]
            .status
            .clone()
    };
    assert_eq!(statuses(&first.reference), CheckoutStatus::Cancelled);
    assert_eq!(statuses(&second.reference), CheckoutStatus::Open);
}

async fn a_link_near_its_end_is_replaced_and_an_expired_one_too(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    let second = bench.url(&invoice).await;
    assert_ne!(first.reference, second.reference);
    bench.clock.advance(Duration::from_hours(25));
    let third = bench.url(&invoice).await;
    assert_ne!(second.reference, third.reference);
    assert_eq!(bench.view("inv").await.checkouts.len(), 3);
}

async fn moving_the_customer_to_another_connection_replaces_the_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    bench.add_connection("other", "k2").await;
    bench.link_customer("other").await;
    let second = bench.url(&invoice).await;
    assert_ne!(first.reference, second.reference);
    let state = bench.gateway.state();
    assert_eq!(
        state.links[first.reference.as_str()].status,
        CheckoutStatus::Cancelled
    );
}

async fn a_link_the_gateway_will_not_cancel_stays_the_only_one(database: Database) {
    let bench = Bench::new(database).await;
    bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.state().will_not_cancel = true;
    let error = bench
        .host
        .payment_url(&invoice("inv", "150.00"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::EarlierStillPayable));
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_link_paid_unnoticed_is_posted_when_it_is_to_be_replaced(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    // Near its end, so that it would be replaced; no webhook reported that it was paid.
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    assert_eq!(bench.nothing_due(&invoice).await, NothingDue::Paid);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.gateway.state().creations, 1);
}

async fn a_payment_made_after_a_crash_is_posted_on_adoption(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    bench.gateway.pay(&reference, "200.12");
    assert_eq!(bench.nothing_due(&invoice).await, NothingDue::Paid);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn the_rest_after_an_instalment_is_what_the_next_link_asks_for(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    let payment = bench.gateway.pay(first.reference.as_str(), "55.00");
    bench
        .report(paid_event(first.reference.as_str(), &payment))
        .await;
    let second = bench.url(&invoice).await;
    let asked = bench.gateway.state().links[second.reference.as_str()].amount;
    assert_eq!(asked.decimal().to_string(), "145.12");
}

async fn closing_ends_the_link_and_later_money_is_late(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    let reference = url.reference.as_str();
    let closing = bench
        .host
        .close(&invoice, CloseReason::Voided)
        .await
        .unwrap();
    assert!(closing.still_payable.is_empty());
    assert_eq!(
        bench.gateway.state().links[reference].status,
        CheckoutStatus::Cancelled
    );
    assert_eq!(bench.nothing_due(&invoice).await, NothingDue::Closed);

    let payment = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &payment)).await;
    assert_eq!(bench.totals("inv").await, "200.12 0.00 200.12 failed");
    let verdict = bench.view("inv").await.payments[0]
        .allocation
        .map(|it| it.outcome);
    assert_eq!(verdict, Some(AllocationOutcome::Late));
}

async fn a_payable_closed_before_its_first_request_stays_closed(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench
        .host
        .close(&invoice, CloseReason::Voided)
        .await
        .unwrap();
    assert_eq!(bench.nothing_due(&invoice).await, NothingDue::Closed);
    assert!(bench.gateway.references().is_empty());
}

async fn closing_reports_what_can_still_be_paid_and_can_be_repeated(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    bench.gateway.fail_next(Fault::Down);
    for still_payable in [1, 0] {
        let closing = bench.host.close(&invoice, CloseReason::PaidElsewhere).await;
        assert_eq!(closing.unwrap().still_payable.len(), still_payable);
    }
    let state = bench.gateway.state();
    assert_eq!(
        state.links[url.reference.as_str()].status,
        CheckoutStatus::Cancelled
    );
}

async fn an_invalid_request_is_refused_by_name_and_nothing_is_sent(database: Database) {
    let bench = Bench::new(database).await;
    let refused =
        async |invoice: &Payable| refusal(&bench.host.payment_url(invoice).await.unwrap_err());
    let nothing = Payable::new(
        organization(),
        PayableId::new("zero").unwrap(),
        Money::zero(Currency::INR),
        "Nothing",
        customer(),
    );
    let error = bench.host.payment_url(&nothing).await.unwrap_err();
    let ErrorKind::Invalid(violations) = error.kind() else {
        panic!("{error}")
    };
    assert!(violations.names("amount"));

    let mut unlinked = invoice("inv", "200.12");
    unlinked.customer = CustomerId::new("unlinked").unwrap();
    assert_eq!(refused(&unlinked).await, Some(Refusal::CustomerNotLinked));

    bench
        .host
        .set_connection_enabled(&connection("main"), false)
        .await
        .unwrap();
    assert_eq!(
        refused(&invoice("inv", "200.12")).await,
        Some(Refusal::ConnectionDisabled)
    );
    bench
        .host
        .set_connection_enabled(&connection("main"), true)
        .await
        .unwrap();

    let without_phone = Customer::new(customer());
    let main = connection("main");
    let linking = bench
        .host
        .link_customer(&main, &without_phone)
        .await
        .unwrap();
    assert!(linking.linked.needs.names("phone"));
    let error = bench
        .host
        .payment_url(&invoice("inv", "200.12"))
        .await
        .unwrap_err();
    let ErrorKind::Invalid(violations) = error.kind() else {
        panic!("{error}")
    };
    assert!(violations.names("customer.phone"));
    assert!(bench.gateway.state().calls.is_empty());
}

async fn another_amount_after_money_came_in_is_refused(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "55.00");
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    let error = bench
        .host
        .payment_url(&invoice("inv", "300.00"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::AmountChanged));
}

async fn another_currency_after_money_came_in_in_it_is_refused(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let dollars = Money::from_decimal("5.00", Currency::USD).unwrap();
    let id = PaymentId::new("usd").unwrap();
    let payment = Payment::new(id, PaymentStatus::Succeeded, dollars);
    let list = |payment| bench.gateway.add_to_list(reference, payment);
    list(payment.clone());
    bench.report(paid_event(reference, &payment)).await;
    // In no total of rupees, and it must not be asked for again in dollars.
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let mut in_dollars = invoice("inv", "1.00");
    in_dollars.amount = dollars;
    let error = bench.host.payment_url(&in_dollars).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::AmountChanged));
}

async fn a_checkout_lives_as_long_as_the_gateway_takes(database: Database) {
    const HOUR: Duration = Duration::from_hours(1);
    for (shortest, longest, expected) in [
        (HOUR, HOUR * 12, HOUR * 12),
        (HOUR * 48, HOUR * 72, HOUR * 48),
        (HOUR, HOUR * 72, HOUR * 24),
    ] {
        let bench = Bench::new(database).await;
        bench.gateway.state().limits = CheckoutLimits::default().with_life(shortest, longest);
        let begun = bench.clock.now();
        let url = bench.url(&invoice("inv", "200.12")).await;
        assert_eq!(url.expires_at, begun + expected);
    }
}
