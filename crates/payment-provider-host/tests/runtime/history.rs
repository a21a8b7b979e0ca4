//! What the history of a payable tells of deliveries, and what an inbox shows.

use std::time::Duration;

use crate::gateway::bench::{Bench, code, invoice, organization};
use crate::gateway::{Fault, about, delivery, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

fn lines(view: &PayableView, kind: HistoryKind) -> Vec<&str> {
    let of_kind = view.history.iter().filter(|entry| entry.kind == kind);
    of_kind.map(|entry| entry.detail.as_str()).collect()
}

fn kinds(view: &PayableView) -> Vec<HistoryKind> {
    view.history.iter().map(|entry| entry.kind).collect()
}

each_database!(a_delivery_is_in_the_history_before_what_it_causes);
async fn a_delivery_is_in_the_history_before_what_it_causes(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.clock.advance(Duration::from_mins(3));
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    let arrived = bench.host.clock().now();
    bench.clock.advance(Duration::from_mins(1));
    bench.receive(&[paid_event(reference, &payment)]).await;
    bench.settle().await;

    let view = bench.view("inv").await;
    let expected = [
        HistoryKind::CheckoutRequested,
        HistoryKind::CheckoutCreated,
        HistoryKind::DeliveryReceived,
        HistoryKind::DuplicateIgnored,
        HistoryKind::PaymentBooked,
    ];
    assert_eq!(kinds(&view), expected);
    assert_eq!(view.history[2].at, arrived);
    assert_eq!(
        view.history[2].detail,
        "PAYMENT, signature verified with secret key 0, time stamp fresh"
    );
    assert_eq!(
        view.history[3].detail,
        "PAYMENT delivered again, unchanged: what it says counts once"
    );
    assert_eq!(
        view.history[4].detail,
        "payment 1 of INR 200.12 is exact: pays what was due"
    );
}

each_database!(a_delivery_tried_again_and_again_is_one_line);
async fn a_delivery_tried_again_and_again_is_one_line(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let news = [
        Event::new("NEWS", about(reference), EventKind::FetchNeeded),
        paid_event(reference, &payment),
        Event::new("NEWS", about(reference), EventKind::FetchNeeded),
    ];
    // The list lags behind for two tries, of which each leaves what it found in the history.
    let hidden = std::mem::take(
        &mut bench
            .gateway
            .state()
            .links
            .get_mut(reference)
            .unwrap()
            .payments,
    );
    bench.receive(&news).await;
    for _ in 0..2 {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(10));
    }
    let told = HistoryKind::DeliveryReceived;
    assert_eq!(lines(&bench.view("inv").await, told).len(), 1);
    bench
        .gateway
        .state()
        .links
        .get_mut(reference)
        .unwrap()
        .payments = hidden;
    bench.settle().await;
    // The same bytes once more are tried once more.
    bench.receive(&news).await;
    bench.settle().await;
    let view = bench.view("inv").await;
    let said = "NEWS and PAYMENT, signature verified with secret key 0, time stamp fresh";
    assert_eq!(lines(&view, told), [said]);
    let again = "NEWS delivered again, unchanged: the gateway is asked whether there is news";
    assert_eq!(lines(&view, HistoryKind::DuplicateIgnored), [again]);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(what_a_list_behind_the_total_brings_comes_after_its_delivery);
async fn what_a_list_behind_the_total_brings_comes_after_its_delivery(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "55.00");
    bench.gateway.pay(reference, "145.12");
    let event = Event::new("NEWS", about(reference), EventKind::FetchNeeded);
    bench.receive(&[event]).await;
    // The second payment is in the total, and gone from the list when that is read.
    bench.gateway.state().hold = true;
    let during = async {
        bench.gateway.call_held().await;
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        let hidden = link.payments.pop();
        state.hold = false;
        hidden
    };
    let (_, hidden) = tokio::join!(bench.host.apply_due_deliveries(), during);
    let view = bench.view("inv").await;
    let begun = [
        HistoryKind::DeliveryReceived,
        HistoryKind::PaymentsFetched,
        HistoryKind::PaymentBooked,
    ];
    assert_eq!(kinds(&view)[2..5], begun);
    {
        let mut state = bench.gateway.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.extend(hidden);
    }
    bench.settle().await;
    let view = bench.view("inv").await;
    assert_eq!(lines(&view, HistoryKind::DeliveryReceived).len(), 1);
    assert_eq!(view.credited, view.amount);
}

each_database!(a_delivery_about_two_payables_is_in_the_history_of_both_and_of_no_other);
async fn a_delivery_about_two_payables_is_in_the_history_of_both_and_of_no_other(database: Database) {
    let bench = Bench::new(database).await;
    let one = bench.url(&invoice("one", "10.00")).await;
    let two = bench.url(&invoice("two", "10.00")).await;
    bench.url(&invoice("three", "10.00")).await;
    let events = [&one, &two].map(|url| {
        let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
        paid_event(url.reference.as_str(), &payment)
    });
    bench.receive(&events).await;
    bench.settle().await;
    for (payable, count) in [("one", 1), ("two", 1), ("three", 0)] {
        let view = bench.view(payable).await;
        let told = lines(&view, HistoryKind::DeliveryReceived);
        assert_eq!(told.len(), count, "{payable}");
    }
}

each_database!(a_late_delivery_is_said_to_be_a_hint);
async fn a_late_delivery_is_said_to_be_a_hint(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut request = delivery("k1", &[paid_event(reference, &payment)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(request).await.unwrap();
    bench.settle().await;
    let view = bench.view("inv").await;
    let said = "PAYMENT, signature verified with secret key 0, time stamp too old, outside the \
                acceptance window: only taken as a hint to ask the gateway";
    assert_eq!(lines(&view, HistoryKind::DeliveryReceived), [said]);
    let asked = format!(
        "the gateway was asked about {reference}: INR 200.12 paid; attempts to pay listed: 1, \
         successful: 1"
    );
    assert_eq!(lines(&view, HistoryKind::PaymentsFetched), [asked]);
}

each_database!(a_parked_hint_that_comes_again_in_time_is_no_hint_any_more);
async fn a_parked_hint_that_comes_again_in_time_is_no_hint_any_more(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut request = delivery("k1", &[paid_event(reference, &payment)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    let hidden = bench.gateway.state().links.remove(reference).unwrap();
    bench.receive_request(request.clone()).await.unwrap();
    bench.settle().await;
    let parked = bench.deliveries().await.remove(0);
    assert_eq!(
        (parked.state, parked.timestamp_check),
        (DeliveryState::Parked, TimestampCheck::Stale)
    );
    bench
        .gateway
        .state()
        .links
        .insert(reference.to_owned(), hidden);
    bench
        .host
        .rotate_secret(&organization(), &code(), "key", "k2".into())
        .await
        .unwrap();
    request.headers.remove("x-stale");
    bench.receive_request(request).await.unwrap();
    bench.settle().await;
    let view = bench.view("inv").await;
    let said = "PAYMENT, signature verified with secret key 1, time stamp fresh";
    assert_eq!(lines(&view, HistoryKind::DeliveryReceived), [said]);
    assert!(lines(&view, HistoryKind::PaymentsFetched).is_empty());
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

each_database!(a_try_that_is_rolled_back_leaves_no_line);
async fn a_try_that_is_rolled_back_leaves_no_line(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let event = Event::new("NEWS", about(reference), EventKind::FetchNeeded);
    bench.gateway.fail_next(Fault::Down);
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    let told = HistoryKind::DeliveryReceived;
    assert_eq!(lines(&bench.view("inv").await, told).len(), 0);
    bench.settle().await;
    assert_eq!(lines(&bench.view("inv").await, told).len(), 1);
}

each_database!(a_booking_says_why_it_was_judged_so);
async fn a_booking_says_why_it_was_judged_so(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    for _ in 0..2 {
        let payment = bench.gateway.pay(reference, "200.12");
        bench.receive(&[paid_event(reference, &payment)]).await;
        bench.settle().await;
    }
    let status = PaymentStatus::Failed;
    let failed = bench.gateway.attempt(reference, "200.12", status);
    bench.receive(&[paid_event(reference, &failed)]).await;
    bench.settle().await;
    let view = bench.view("inv").await;
    assert_eq!(
        lines(&view, HistoryKind::PaymentBooked),
        [
            "payment 1 of INR 200.12 is exact: pays what was due",
            "payment 2 of INR 200.12 is duplicate: nothing was due any more, all of it is surplus; \
             credited INR 0.00, surplus INR 200.12",
        ]
    );
    assert_eq!(
        lines(&view, HistoryKind::PaymentAttempted),
        [
            "payment 3 of INR 200.12 is reported as failed: no money came in; the payer can try again"
        ]
    );
}

each_database!(the_inbox_shows_the_latest_deliveries_and_what_they_are_about);
async fn the_inbox_shows_the_latest_deliveries_and_what_they_are_about(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let gateway_id = GatewayCheckoutId::new("g1").ok();
    let target = about(reference).with_gateway_id(gateway_id);
    let order = EventTarget::none().with_order_id(OrderId::new("order_x").ok());
    let fetch = EventKind::FetchNeeded;
    bench.receive(&[]).await;
    bench
        .receive(&[
            Event::new("A", target.clone(), fetch.clone()),
            Event::new("B", target.with_order_id(order.order_id.clone()), fetch),
        ])
        .await;
    bench
        .receive(&[Event::new("C", order, EventKind::FetchNeeded)])
        .await;
    let shown = async |limit| {
        let host = &bench.host;
        let latest = host.deliveries(&organization(), &code(), limit).await;
        let latest = latest.unwrap();
        latest
            .into_iter()
            .map(|delivery| delivery.subjects)
            .collect::<Vec<_>>()
    };
    let newest = vec!["order_x"];
    let second = vec![reference, "g1", "order_x"];
    assert_eq!(shown(0).await.len(), 0);
    assert_eq!(shown(2).await, [newest.clone(), second.clone()]);
    assert_eq!(shown(10).await, [newest, second, vec![]]);
}

each_database!(what_is_still_needed_of_a_customer_is_kept);
async fn what_is_still_needed_of_a_customer_is_kept(database: Database) {
    let bench = Bench::new(database).await;
    let host = &bench.host;
    let bare = CustomerId::new("bare").unwrap();
    let linked = host.linked_customer(&organization(), &bare).await.unwrap();
    assert!(linked.is_none());
    let link = |customer| NewCustomerLink::new(organization(), customer, code());
    let made = host
        .link_customer(link(Customer::new(bare.clone())))
        .await
        .unwrap();
    let stored = host.linked_customer(&organization(), &bare).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!(stored.needs.to_string(), "phone: is required");
    assert_eq!(stored.needs, made.linked.needs);
    assert_eq!(stored.customer, Customer::new(bare.clone()));
    assert_eq!(stored.connection, code());

    let whole = Customer::new(bare.clone()).with_phone("9000000000");
    host.link_customer(link(whole.clone())).await.unwrap();
    let stored = host.linked_customer(&organization(), &bare).await.unwrap();
    let stored = stored.unwrap();
    assert!(stored.needs.is_empty());
    assert_eq!(stored.customer, whole);
    let connection = host.connection_of_customer(&organization(), &bare).await;
    assert_eq!(connection.unwrap(), Some(code()));
    let other = OrganizationId::new("other").unwrap();
    assert!(host.linked_customer(&other, &bare).await.unwrap().is_none());
}

each_database!(one_payment_under_two_ids_is_explained_whichever_comes_first);
async fn one_payment_under_two_ids_is_explained_whichever_comes_first(database: Database) {
    for listed_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "200.12");
        let mut told = listed.clone();
        told.id = PaymentId::new("other").unwrap();
        let first = if listed_first { &listed } else { &told };
        bench.receive(&[paid_event(reference, first)]).await;
        bench.settle().await;
        if listed_first {
            bench.receive(&[paid_event(reference, &told)]).await;
        } else {
            let fetch = EventKind::FetchNeeded;
            bench
                .receive(&[Event::new("NEWS", about(reference), fetch)])
                .await;
        }
        bench.settle().await;
        let said = if listed_first {
            "payment other of INR 200.12 is not listed by the gateway, payment 1 of the same \
             amount is: taken for one payment under two ids and counted once"
        } else {
            "payment other is booked already, and listed by the gateway as 1: one payment under \
             two ids, counted once"
        };
        let view = bench.view("inv").await;
        let explained = lines(&view, HistoryKind::PaymentsFetched);
        let explained = explained.iter().filter(|line| line.contains("two ids"));
        assert_eq!(explained.collect::<Vec<_>>(), [&said]);
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    }
}
