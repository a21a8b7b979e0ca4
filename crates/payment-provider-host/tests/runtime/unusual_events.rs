//! News that is early, late, partial, repeated or contradictory: each rupee counts once.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, invoice, organization};
use crate::gateway::database::{Database, execute};
use crate::gateway::{Fault, about, delivery, paid_event};
use payment_provider_core::*;
use payment_provider_host::*;
use test_support::until;
use tokio_util::sync::CancellationToken;

/// A delivery that says only that something changed.
fn changed(reference: &str) -> Event {
    Event::new("CHANGED", about(reference), EventKind::FetchNeeded)
}

each_database!(a_statement_ahead_of_the_list_waits_for_the_list);
async fn a_statement_ahead_of_the_list_waits_for_the_list(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    // A read replica of the gateway is behind for a moment.
    let hidden = {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.status = CheckoutStatus::Open;
        std::mem::take(&mut link.payments)
    };
    bench
        .receive(&[Event::new("LINK", about(reference), snapshot)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.status = CheckoutStatus::Paid;
        link.payments = hidden;
    }
    bench.settle().await;
    let totals = bench.totals("inv").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
}

each_database!(a_payment_ahead_of_the_list_waits_for_the_list);
async fn a_payment_ahead_of_the_list_waits_for_the_list(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.settle().await;
    let second = bench.gateway.pay(reference, "200.12");
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop();
    bench.receive(&[paid_event(reference, &second)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .push(second);
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

each_database!(an_outage_parks_nothing_for_good);
async fn an_outage_parks_nothing_for_good(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let events = [Event::new("LINK", about(reference), EventKind::FetchNeeded)];
    for _ in 0..25 {
        bench.gateway.fail_next(Fault::Down);
    }
    bench.receive(&events).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(a_parked_delivery_is_tried_again_when_it_comes_again_or_an_operator_says_so);
async fn a_parked_delivery_is_tried_again_when_it_comes_again_or_an_operator_says_so(database: Database) {
    for by_operator in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let hidden = bench.gateway.state().links.remove(reference).unwrap();
        bench.receive(&[changed(reference)]).await;
        bench.settle().await;
        let parked = bench.deliveries().await.remove(0);
        assert_eq!(parked.state, DeliveryState::Parked);
        bench
            .gateway
            .state()
            .links
            .insert(reference.to_owned(), hidden);
        bench.gateway.pay(reference, "200.12");
        if by_operator {
            let retried = bench
                .host
                .retry_delivery(&organization(), &code(), &parked.key)
                .await;
            assert!(retried.unwrap());
        } else {
            bench.receive(&[changed(reference)]).await;
        }
        bench.settle().await;
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{by_operator}"
        );
    }
}

each_database!(news_in_the_same_bytes_is_news_again);
async fn news_in_the_same_bytes_is_news_again(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let events = [Event::new(
        "CHANGED",
        about(reference),
        EventKind::FetchNeeded,
    )];
    bench
        .gateway
        .attempt(reference, "200.12", PaymentStatus::Failed);
    bench.receive(&events).await;
    bench.settle().await;
    bench.gateway.pay(reference, "200.12");
    bench.receive(&events).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(the_unmatched_half_of_a_delivery_is_applied_later);
async fn the_unmatched_half_of_a_delivery_is_applied_later(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = invoice("b", "20.00");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&b).await.is_err());
    let reference_b = bench
        .gateway
        .references()
        .into_iter()
        .find(|asked| asked != a.reference.as_str())
        .unwrap();
    let payment_a = bench.gateway.pay(a.reference.as_str(), "10.00");
    // failed attempt paid on later; amount paid stays visible only via event
    let payment_b = bench
        .gateway
        .attempt(&reference_b, "20.00", PaymentStatus::Failed);
    let id = bench.gateway.state().links[&reference_b].gateway_id.clone();
    let target = EventTarget::none().with_gateway_id(GatewayCheckoutId::new(id).ok());
    bench
        .receive(&[
            paid_event(a.reference.as_str(), &payment_a),
            Event::new("P", target, EventKind::Payment(payment_b)),
        ])
        .await;
    bench.settle().await;
    bench.url(&b).await;
    bench.settle().await;
    assert_eq!(bench.view("b").await.payments.len(), 1);
}

each_database!(a_row_of_another_version_holds_up_nobody);
async fn a_row_of_another_version_holds_up_nobody(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench
        .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
        .await;
    execute(
        &bench.host,
        "UPDATE deliveries SET events = '[{\"from\":\"a newer version\"}]'",
    )
    .await;
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    for _ in 0..40 {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(10));
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(a_payment_under_two_ids_counts_once_though_one_names_no_order);
async fn a_payment_under_two_ids_counts_once_though_one_names_no_order(database: Database) {
    for which in 0..2 {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "55.00");
        let mut told = listed.clone();
        told.id = PaymentId::new("other-id").unwrap();
        told.order_id = None;
        let order = if which == 0 {
            [&told, &listed]
        } else {
            [&listed, &told]
        };
        for payment in order {
            bench.receive(&[paid_event(reference, payment)]).await;
            bench.settle().await;
        }
        bench
            .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
            .await;
        bench.settle().await;
        assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
    }
}

each_database!(an_attempt_told_of_another_link_first_is_booked_where_it_succeeds);
async fn an_attempt_told_of_another_link_first_is_booked_where_it_succeeds(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let mut payment = bench
        .gateway
        .attempt(a.reference.as_str(), "10.00", PaymentStatus::Pending);
    bench
        .receive(&[paid_event(a.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    payment.status = PaymentStatus::Succeeded;
    bench
        .receive(&[paid_event(b.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    assert_eq!(bench.totals("b").await, "10.00 10.00 0.00 succeeded");
}

each_database!(the_status_of_an_attempt_does_not_depend_on_the_order_of_news);
async fn the_status_of_an_attempt_does_not_depend_on_the_order_of_news(database: Database) {
    let mut seen = vec![];
    for flip in [false, true] {
        let bench = Bench::new(database).await;
        let a = bench.url(&invoice("a", "10.00")).await;
        let payment = bench
            .gateway
            .attempt(a.reference.as_str(), "10.00", PaymentStatus::Pending);
        let mut failed = payment.clone();
        failed.status = PaymentStatus::Failed;
        let order = if flip {
            [&failed, &payment]
        } else {
            [&payment, &failed]
        };
        for x in order {
            bench.receive(&[paid_event(a.reference.as_str(), x)]).await;
            bench.settle().await;
        }
        seen.push(bench.view("a").await.payments[0].payment.status.clone());
    }
    assert_eq!(seen[0], seen[1]);
}

each_database!(the_total_of_another_link_allows_nothing);
async fn the_total_of_another_link_allows_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "500.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let (reference_a, reference_b) = (a.reference.as_str(), b.reference.as_str());
    let payment_a = bench.gateway.pay(reference_a, "500.00");
    bench.receive(&[paid_event(reference_a, &payment_a)]).await;
    bench.settle().await;
    let snapshot_a = EventKind::Snapshot(bench.gateway.snapshot(reference_a));
    let mut payment_b = Payment::new(
        PaymentId::new("x").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("400.00", Currency::INR).unwrap(),
    );
    payment_b.order_id = OrderId::new("ob").ok();
    bench
        .receive(&[
            Event::new("L", about(reference_a), snapshot_a),
            paid_event(reference_b, &payment_b),
        ])
        .await;
    bench.settle().await;
    assert!(
        bench
            .gateway
            .state()
            .calls
            .iter()
            .any(|connection| connection.starts_with("fetch"))
    );
}

each_database!(an_unknown_word_does_not_take_the_place_of_success);
async fn an_unknown_word_does_not_take_the_place_of_success(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let succeeded = bench.gateway.pay(reference, "200.12");
    let mut odd = succeeded.clone();
    odd.status = PaymentStatus::Unknown("succeeded".into());
    for payment in [&odd, &succeeded] {
        bench.receive(&[paid_event(reference, payment)]).await;
        bench.settle().await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(an_event_that_names_only_the_order_is_applied_once_the_order_is_known);
async fn an_event_that_names_only_the_order_is_applied_once_the_order_is_known(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut failed = payment.clone();
    failed.id = PaymentId::new("f").unwrap();
    failed.status = PaymentStatus::Failed;
    let state = EventTarget::none().with_order_id(payment.order_id.clone());
    bench
        .receive(&[Event::new("P", state, EventKind::Payment(failed))])
        .await;
    bench.settle().await;
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.settle().await;
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries[0].state, DeliveryState::Applied);
}

each_database!(settings_and_enabling_do_not_overwrite_each_other, threads = 4);
async fn settings_and_enabling_do_not_overwrite_each_other(database: Database) {
    let bench = Bench::new(database).await;
    let (org, code) = (organization(), code());
    let mut lost = 0;
    for round in 0..60 {
        bench
            .host
            .set_connection_enabled(&org, &code, true)
            .await
            .unwrap();
        let new = ConnectionSettings::new().with("key", format!("k-{round}"));
        let (one, two) = (bench.host.clone(), bench.host.clone());
        let (org_one, code_one, org_two, code_two) =
            (org.clone(), code.clone(), org.clone(), code.clone());
        let settings = tokio::spawn(async move {
            one.replace_settings(&org_one, &code_one, &new)
                .await
                .unwrap()
        });
        let enabling = tokio::spawn(async move {
            two.set_connection_enabled(&org_two, &code_two, false)
                .await
                .unwrap()
        });
        settings.await.unwrap();
        enabling.await.unwrap();
        let connection = bench.host.connection(&org, &code).await.unwrap();
        let verified = bench
            .receive_request(delivery(&format!("k-{round}"), &[]))
            .await
            .is_ok();
        if connection.enabled || !verified {
            lost += 1;
        }
    }
    assert_eq!(lost, 0);
}

each_database!(two_real_payments_taken_for_one_are_told_apart_once_both_are_listed);
async fn two_real_payments_taken_for_one_are_told_apart_once_both_are_listed(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.settle().await;
    let mut second = bench.gateway.pay(reference, "200.12");
    second.order_id = first.order_id.clone();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![second.clone()];
    bench.receive(&[paid_event(reference, &second)]).await;
    bench.settle().await;
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![first, second];
    bench
        .receive(&[Event::new("L", about(reference), EventKind::FetchNeeded)])
        .await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

each_database!(the_word_paid_is_looked_into);
async fn the_word_paid_is_looked_into(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let zero = Money::zero(Currency::INR);
    let snapshot = CheckoutSnapshot::new(CheckoutStatus::Paid, unpaid.amount, zero);
    bench.gateway.pay(reference, "200.12");
    bench
        .receive(&[Event::new(
            "L",
            about(reference),
            EventKind::Snapshot(snapshot),
        )])
        .await;
    bench.settle().await;
    let asked = bench.host.payment_url(&unpaid).await;
    assert!(asked.is_err());
}

#[derive(Debug)]
struct Panics;

#[async_trait::async_trait]
impl PaymentHandler for Panics {
    async fn on_change(
        &self,
        _: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let booked = matches!(change.cause, Cause::Booked { .. });
        assert!(
            !(booked && change.payable.as_str() == "bad"),
            "a mistake of the host"
        );
        Ok(())
    }
}

each_database!(a_panicking_handler_does_not_end_the_worker);
async fn a_panicking_handler_does_not_end_the_worker(database: Database) {
    let bench = Bench::with_handler(database, Panics).await;
    let url = bench.url(&invoice("bad", "1.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "1.00");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    let host = bench.host.clone();
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let stop = stop.clone();
        async move { host.run_inbox(stop).await }
    });
    until(async || match &bench.deliveries().await[0].error {
        Some(_) => Ok(()),
        None => Err("the panic is not recorded"),
    })
    .await;
    assert!(!worker.is_finished(), "the worker is gone");
    stop.cancel();
    worker.await.unwrap();
}

each_database!(listed_money_is_booked_though_the_event_names_what_is_never_listed);
async fn listed_money_is_booked_though_the_event_names_what_is_never_listed(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let listed = bench.gateway.pay(reference, "200.12");
    let mut told = listed.clone();
    told.id = PaymentId::new("other").unwrap();
    told.amount = Money::from_decimal("204.00", Currency::INR).unwrap(); // with a surcharge
    bench.receive(&[paid_event(reference, &told)]).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(the_same_bytes_during_a_fetch_are_news);
async fn the_same_bytes_during_a_fetch_are_news(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench
        .gateway
        .attempt(reference, "200.12", PaymentStatus::Failed);
    bench.receive(&[changed(reference)]).await;
    bench.gateway.state().hold = true;
    // The money is not in the list that is read then.
    let during = async {
        bench.gateway.call_held().await;
        bench.receive(&[changed(reference)]).await;
        bench.gateway.state().hold = false;
    };
    let hidden = bench.gateway.pay(reference, "200.12");
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.pop();
        link.status = CheckoutStatus::Open;
    }
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.push(hidden);
        link.status = CheckoutStatus::Paid;
    }
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(money_in_another_currency_does_not_block_for_ever);
async fn money_in_another_currency_does_not_block_for_ever(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let mut payment = bench.gateway.pay(reference, "200.12");
    payment.amount = Money::from_decimal("200.12", Currency::USD).unwrap();
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = vec![payment.clone()];
    bench.receive(&[changed(reference)]).await;
    bench.settle().await;
    bench.clock.advance(Duration::from_hours(100));
    let again = bench.host.payment_url(&unpaid).await;
    assert!(again.is_ok(), "{again:?}");
}

each_database!(a_copy_that_is_understood_by_now_is_applied);
async fn a_copy_that_is_understood_by_now_is_applied(database: Database) {
    for (case, text) in [
        "UPDATE deliveries SET state = 'ignored', events = '[{\"subject\":{\"reference\":null,\"gateway_id\":null,\"order_id\":null},\"kind\":{\"unrecognised\":{\"reason\":\"x\"}},\"gateway_type\":\"X\",\"occurred_at\":null}]'",
        "UPDATE deliveries SET state = 'parked', events = '[{\"from\":\"a newer version\"}]'",
    ].into_iter().enumerate() {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let payment = bench.gateway.pay(reference, "200.12");
        bench.receive(&[paid_event(reference, &payment)]).await;
        execute(&bench.host, text).await;
        // the runtime was upgraded; the gateway sends again and is answered 200
        bench.receive(&[paid_event(reference, &payment)]).await;
        bench.host.retry_delivery(&organization(), &code(), &bench.deliveries().await[0].key).await.unwrap();
        bench.settle().await;
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded", "{case}");
    }
}

each_database!(an_order_learnt_later_wakes_what_named_only_it);
async fn an_order_learnt_later_wakes_what_named_only_it(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut failed = payment.clone();
    failed.id = PaymentId::new("f").unwrap();
    failed.status = PaymentStatus::Failed;
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    bench
        .receive(&[Event::new("P", target, EventKind::Payment(failed))])
        .await;
    bench.settle().await;
    let mut told = payment.clone();
    told.order_id = None;
    bench.receive(&[paid_event(reference, &told)]).await;
    bench.settle().await;
    bench.receive(&[changed(reference)]).await;
    bench.settle().await;
    assert_eq!(
        bench.view("inv").await.payments[0].payment.order_id,
        payment.order_id
    );
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Applied);
}

each_database!(an_id_booked_elsewhere_is_not_taken_over);
async fn an_id_booked_elsewhere_is_not_taken_over(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let payment = bench.gateway.pay(a.reference.as_str(), "10.00");
    bench
        .receive(&[paid_event(a.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    let mut other = payment.clone();
    other.id = PaymentId::new("w").unwrap();
    bench
        .receive(&[paid_event(b.reference.as_str(), &other)])
        .await;
    bench.settle().await;
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(b.reference.as_str()).unwrap();
        link.payments.push(payment);
        link.status = CheckoutStatus::Paid;
    }
    bench.receive(&[changed(b.reference.as_str())]).await;
    bench.settle().await;
    let view_a = bench.view("a").await;
    assert_eq!(
        view_a.payments.len(),
        1,
        "a has received {} with no payment",
        view_a.received
    );
}

each_database!(an_id_that_counts_elsewhere_stays_there_and_so_does_its_refund);
async fn an_id_that_counts_elsewhere_stays_there_and_so_does_its_refund(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let payment = bench.gateway.pay(a.reference.as_str(), "10.00");
    let mut told = payment.clone();
    told.id = PaymentId::new("w").unwrap();
    let id = RefundId::new("r").unwrap();
    let mut refund = Refund::new(id, RefundStatus::Succeeded, payment.amount);
    refund.payment_id = Some(told.id.clone());
    let refund = Event::new("REFUND", EventTarget::none(), EventKind::Refund(refund));
    let mut listed = bench.gateway.pay(b.reference.as_str(), "10.00");
    let events = [
        paid_event(a.reference.as_str(), &payment),
        // One payment under two ids.
        paid_event(a.reference.as_str(), &told),
        refund,
        paid_event(b.reference.as_str(), &listed),
    ];
    for event in events {
        bench.receive(&[event]).await;
        bench.settle().await;
    }
    // The gateway's list calls another payment by the second one.
    listed.id = told.id;
    bench
        .gateway
        .state()
        .links
        .get_mut(b.reference.as_str())
        .unwrap()
        .payments = vec![listed];
    bench.receive(&[changed(b.reference.as_str())]).await;
    bench.settle().await;
    for id in ["a", "b"] {
        assert_eq!(bench.totals(id).await, "10.00 10.00 0.00 succeeded");
    }
    let given_back = Money::from_decimal("10.00", Currency::INR).unwrap();
    assert_eq!(bench.view("a").await.refunded, given_back);
    let deliveries = bench.deliveries().await;
    let applied = |delivery: &Delivery| delivery.state == DeliveryState::Applied;
    assert!(deliveries.iter().all(applied), "{deliveries:#?}");
    let proof = bench.host.verify_ledger(None).await.unwrap();
    assert!(proof.is_sound(), "{:#?}", proof.findings);
}

each_database!(a_timeout_is_not_patience);
async fn a_timeout_is_not_patience(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let first = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &first)]).await;
    bench.settle().await;
    let second = bench.gateway.pay(reference, "200.12");
    let mut told = second.clone();
    told.order_id = None;
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .pop(); // list lags
    bench.gateway.fail_next(Fault::Down); // first fetch fails
    bench.receive(&[paid_event(reference, &told)]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    bench.host.apply_due_deliveries().await.unwrap(); // the first list ever seen
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments
        .push(second);
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

each_database!(listed_money_is_not_hidden_by_what_is_booked_and_gone);
async fn listed_money_is_not_hidden_by_what_is_booked_and_gone(database: Database) {
    let bench = Bench::new(database).await;
    let mut unpaid = invoice("inv", "200.00");
    unpaid.partial_payments = Some(PartialPayments::default());
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let gone = bench.gateway.pay(reference, "50.00");
    bench.receive(&[paid_event(reference, &gone)]).await;
    bench.settle().await;
    {
        let mut state = bench.gateway.state();
        state.links.get_mut(reference).unwrap().payments.clear();
    }
    bench.gateway.pay(reference, "200.00");
    bench.receive(&[changed(reference)]).await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "250.00 200.00 50.00 succeeded");
}
