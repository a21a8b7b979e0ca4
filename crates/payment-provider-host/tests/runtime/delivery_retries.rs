//! Deliveries that cannot be applied at once are tried again: after an outage, an upgrade, a duplicate, a
//! name learnt later, or a panic of the handler.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::ledger::Cause;
use payment_provider_host::prelude::*;
use test_support::until;
use tokio_util::sync::CancellationToken;

use crate::fixture::database::{Database, each_database, execute};
use crate::fixture::{Bench, connection, invoice};
use crate::gateway::{Fault, about, changed, paid_event};

each_database! {
    an_outage_parks_nothing_for_good,
    a_parked_delivery_is_tried_again_when_it_comes_again_or_an_operator_says_so,
    a_hint_in_the_same_bytes_has_the_gateway_asked_again,
    the_same_bytes_during_a_fetch_have_the_gateway_asked_again,
    the_unmatched_half_of_a_delivery_is_applied_later,
    a_row_of_another_version_blocks_no_other_delivery,
    a_duplicate_that_is_understood_by_now_is_applied,
    an_event_that_names_only_the_order_is_applied_once_the_order_is_known,
    an_order_learnt_later_wakes_what_named_only_it,
    a_panicking_handler_does_not_end_the_worker,
    a_gateway_that_cannot_be_asked_delays_but_loses_nothing,
    a_delivery_that_fails_for_ever_is_parked_with_its_error,
}

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
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_parked_delivery_is_tried_again_when_it_comes_again_or_an_operator_says_so(
    database: Database,
) {
    for by_operator in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let hidden = bench.gateway.state().links.remove(reference).unwrap();
        bench.report(changed(reference)).await;
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
                .retry_delivery(&connection("main"), &parked.key)
                .await;
            assert!(retried.unwrap());
        } else {
            bench.receive(&[changed(reference)]).await;
        }
        bench.apply_all().await;
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{by_operator}"
        );
    }
}

async fn a_hint_in_the_same_bytes_has_the_gateway_asked_again(database: Database) {
    let bench = Bench::new(database).await;
    let unpaid = invoice("inv", "200.12");
    let url = bench.url(&unpaid).await;
    let reference = url.reference.as_str();
    let events = [changed(reference)];
    bench
        .gateway
        .attempt(reference, "200.12", PaymentStatus::Failed);
    bench.receive(&events).await;
    bench.apply_all().await;
    bench.gateway.pay(reference, "200.12");
    bench.receive(&events).await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn the_same_bytes_during_a_fetch_have_the_gateway_asked_again(database: Database) {
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
    let hidden = bench.gateway.pay_unlisted(reference, "200.12");
    bench.gateway.set_status(reference, CheckoutStatus::Open);
    let (_, ()) = tokio::join!(bench.host.apply_due_deliveries(), during);
    bench.gateway.add_to_list(reference, hidden);
    bench.gateway.set_status(reference, CheckoutStatus::Paid);
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

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
    bench.apply_all().await;
    bench.url(&b).await;
    bench.apply_all().await;
    assert_eq!(bench.view("b").await.payments.len(), 1);
}

async fn a_row_of_another_version_blocks_no_other_delivery(database: Database) {
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

async fn a_duplicate_that_is_understood_by_now_is_applied(database: Database) {
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
        bench.host.retry_delivery(&connection("main"), &bench.deliveries().await[0].key).await.unwrap();
        bench.apply_all().await;
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded", "{case}");
    }
}

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
        .report(Event::new("P", state, EventKind::Payment(failed)))
        .await;
    bench.report(paid_event(reference, &payment)).await;
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries[0].state, DeliveryState::Applied);
}

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
        .report(Event::new("P", target, EventKind::Payment(failed)))
        .await;
    let mut reported = payment.clone();
    reported.order_id = None;
    bench.report(paid_event(reference, &reported)).await;
    bench.report(changed(reference)).await;
    assert_eq!(
        bench.view("inv").await.payments[0].payment.order_id,
        payment.order_id
    );
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Applied);
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
        let posted = matches!(change.cause, Cause::Posted { .. });
        assert!(
            !(posted && change.payable.as_str() == "bad"),
            "a mistake of the host"
        );
        Ok(())
    }
}

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

async fn a_gateway_that_cannot_be_asked_delays_but_loses_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    for _ in 0..3 {
        bench.gateway.fail_next(Fault::Down);
    }
    bench
        .receive(&[Event::new("LINK", about(reference), EventKind::FetchNeeded)])
        .await;
    bench.host.apply_due_deliveries().await.unwrap();
    let waiting = bench.deliveries().await.remove(0);
    assert_eq!(waiting.state, DeliveryState::Pending);
    assert!(waiting.error.is_some());
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_delivery_that_fails_for_ever_is_parked_with_its_error(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.state().links.remove(reference);
    bench
        .report(Event::new("LINK", about(reference), EventKind::FetchNeeded))
        .await;
    let parked = bench.deliveries().await.remove(0);
    assert_eq!(parked.state, DeliveryState::Parked);
    assert_eq!(parked.attempts, 25);
    assert!(parked.error.unwrap().contains("not found"));
}
