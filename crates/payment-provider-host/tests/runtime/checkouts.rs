//! One payable, never two ways to pay it.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, customer, invoice, organization, provider};
use crate::gateway::{Fault, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::cash::Closed;
use payment_provider_host::*;

fn refusal(error: &CheckoutError) -> Option<Refusal> {
    match error {
        CheckoutError::Refused(refusal) => Some(*refusal),
        _ => None,
    }
}

each_database!(asking_again_gives_the_same_address_and_no_second_link);
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

each_database!(many_callers_at_once_get_one_link);
async fn many_callers_at_once_get_one_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let calls = (0..16).map(|_| bench.host.payment_url(&invoice));
    let urls: Vec<_> = futures_util::future::join_all(calls).await;
    let first = &urls[0].as_ref().unwrap().url;
    assert!(
        urls.iter()
            .all(|url| url.as_ref().is_ok_and(|url| url.url == *first))
    );
    assert_eq!(bench.gateway.state().creations, 1);
}

each_database!(a_lost_answer_is_found_again);
async fn a_lost_answer_is_found_again(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    for fault in [Fault::AfterCommit, Fault::BeforeCommit] {
        bench.gateway.fail_next(fault);
        let error = bench.host.payment_url(&invoice).await.unwrap_err();
        let CheckoutError::Provider(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.effect(), Effect::MaybeApplied);
    }
    let url = bench.url(&invoice).await;
    assert_eq!(url.origin, UrlOrigin::Adopted);
    assert_eq!(bench.gateway.references(), [url.reference.to_string()]);
}

each_database!(a_crash_before_the_answer_is_recorded_makes_no_second_link);
async fn a_crash_before_the_answer_is_recorded_makes_no_second_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    // The process ends after the gateway made the link, before it hears of it.
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
    let url = host.payment_url(&invoice).await.unwrap();
    assert_eq!(bench.gateway.references(), [url.reference.to_string()]);
    assert_eq!(bench.gateway.state().creations, 1);
}

each_database!(a_refusal_of_the_only_try_is_final_and_makes_room);
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

each_database!(a_refusal_after_an_unknown_outcome_proves_nothing_at_first);
async fn a_refusal_after_an_unknown_outcome_proves_nothing_at_first(database: Database) {
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

each_database!(another_amount_replaces_the_link);
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

each_database!(a_link_near_its_end_is_replaced_and_an_expired_one_too);
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

each_database!(moving_the_customer_to_another_connection_replaces_the_link);
async fn moving_the_customer_to_another_connection_replaces_the_link(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    let other = ConnectionCode::new("other").unwrap();
    let settings = ConnectionSettings::new().with("key", "k2");
    let new = NewConnection::new(organization(), provider(), other, "Other", settings);
    bench.host.add_connection(new).await.unwrap();
    bench.link_customer("other").await;
    let second = bench.url(&invoice).await;
    assert_ne!(first.reference, second.reference);
    let state = bench.gateway.state();
    assert_eq!(
        state.links[first.reference.as_str()].status,
        CheckoutStatus::Cancelled
    );
}

each_database!(a_link_the_gateway_will_not_cancel_stays_the_only_one);
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

each_database!(a_link_paid_unnoticed_is_booked_when_it_is_to_be_replaced);
async fn a_link_paid_unnoticed_is_booked_when_it_is_to_be_replaced(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    bench.gateway.pay(url.reference.as_str(), "200.12");
    // Near its end, so that it would be replaced; nobody told the host that it was paid.
    bench.clock.advance(Duration::from_mins(24 * 60 - 5));
    let error = bench.host.payment_url(&invoice).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::Paid));
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.gateway.state().creations, 1);
}

each_database!(what_was_paid_before_a_crash_was_over_is_booked_on_adoption);
async fn what_was_paid_before_a_crash_was_over_is_booked_on_adoption(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    bench.gateway.pay(&reference, "200.12");
    let error = bench.host.payment_url(&invoice).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::Paid));
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(the_rest_after_an_instalment_is_what_the_next_link_asks_for);
async fn the_rest_after_an_instalment_is_what_the_next_link_asks_for(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    let payment = bench.gateway.pay(first.reference.as_str(), "55.00");
    bench
        .receive(&[paid_event(first.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    let second = bench.url(&invoice).await;
    let asked = bench.gateway.state().links[second.reference.as_str()].amount;
    assert_eq!(asked.decimal().to_string(), "145.12");
}

each_database!(closing_ends_the_link_and_later_money_is_late);
async fn closing_ends_the_link_and_later_money_is_late(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    let reference = url.reference.as_str();
    let closing = bench.host.close(&invoice, Closed::Voided).await.unwrap();
    assert!(closing.still_payable.is_empty());
    assert_eq!(
        bench.gateway.state().links[reference].status,
        CheckoutStatus::Cancelled
    );
    let error = bench.host.payment_url(&invoice).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::Closed));

    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 0.00 200.12 failed");
    let verdict = bench.view("inv").await.payments[0].verdict;
    assert_eq!(verdict, Some(cash::Verdict::Late));
}

each_database!(what_is_closed_before_it_was_ever_asked_for_stays_closed);
async fn what_is_closed_before_it_was_ever_asked_for_stays_closed(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.host.close(&invoice, Closed::Voided).await.unwrap();
    let error = bench.host.payment_url(&invoice).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::Closed));
    assert!(bench.gateway.references().is_empty());
}

each_database!(closing_reports_what_can_still_be_paid_and_can_be_repeated);
async fn closing_reports_what_can_still_be_paid_and_can_be_repeated(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let url = bench.url(&invoice).await;
    bench.gateway.fail_next(Fault::Down);
    for still_payable in [1, 0] {
        let closing = bench.host.close(&invoice, Closed::Settled).await;
        assert_eq!(closing.unwrap().still_payable.len(), still_payable);
    }
    let state = bench.gateway.state();
    assert_eq!(
        state.links[url.reference.as_str()].status,
        CheckoutStatus::Cancelled
    );
}

each_database!(what_cannot_be_asked_for_is_refused_by_name_and_nothing_is_sent);
async fn what_cannot_be_asked_for_is_refused_by_name_and_nothing_is_sent(database: Database) {
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
    assert_eq!(refused(&nothing).await, Some(Refusal::NothingOwed));

    let mut stranger = invoice("inv", "200.12");
    stranger.customer = CustomerId::new("stranger").unwrap();
    assert_eq!(refused(&stranger).await, Some(Refusal::CustomerNotLinked));

    bench
        .host
        .set_connection_enabled(&organization(), &code(), false)
        .await
        .unwrap();
    assert_eq!(
        refused(&invoice("inv", "200.12")).await,
        Some(Refusal::ConnectionDisabled)
    );
    bench
        .host
        .set_connection_enabled(&organization(), &code(), true)
        .await
        .unwrap();

    let nobody = Customer::new(customer());
    let link = NewCustomerLink::new(organization(), nobody, code());
    let linking = bench.host.link_customer(link).await.unwrap();
    assert!(linking.linked.needs.names("phone"));
    let error = bench
        .host
        .payment_url(&invoice("inv", "200.12"))
        .await
        .unwrap_err();
    let CheckoutError::Invalid(violations) = error else {
        panic!("{error}")
    };
    assert!(violations.names("customer.phone"));
    assert!(bench.gateway.state().calls.is_empty());
}

each_database!(another_amount_after_money_came_in_is_refused);
async fn another_amount_after_money_came_in_is_refused(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "55.00");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    let error = bench
        .host
        .payment_url(&invoice("inv", "300.00"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::AmountChanged));
}

each_database!(another_currency_after_money_came_in_in_it_is_refused);
async fn another_currency_after_money_came_in_in_it_is_refused(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let dollars = Money::from_decimal("5.00", Currency::USD).unwrap();
    let id = PaymentId::new("usd").unwrap();
    let payment = Payment::new(id, PaymentStatus::Succeeded, dollars);
    let list = |payment| {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.push(payment);
    };
    list(payment.clone());
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.settle().await;
    // In no total of rupees, and it must not be asked for again in dollars.
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let mut in_dollars = invoice("inv", "1.00");
    in_dollars.amount = dollars;
    let error = bench.host.payment_url(&in_dollars).await.unwrap_err();
    assert_eq!(refusal(&error), Some(Refusal::AmountChanged));
}

each_database!(a_checkout_lives_as_long_as_the_gateway_takes);
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
