//! The history of a payable, as far as it is about deliveries, and the view of an inbox.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::page::PageRequest;
use payment_provider_host::payable::PayableView;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, organization};
use crate::gateway::{Fault, about, claim_events, delivery, paid_event};

each_database! {
    a_delivery_is_in_the_history_before_what_it_causes,
    a_delivery_tried_again_and_again_is_one_line,
    payments_from_a_list_behind_the_total_come_after_their_delivery,
    a_delivery_about_two_payables_is_in_the_history_of_both_and_of_no_other,
    a_late_delivery_is_said_to_be_a_hint,
    a_parked_hint_that_comes_again_in_time_is_no_hint_any_more,
    a_try_that_is_rolled_back_leaves_no_line,
    a_posting_is_explained_in_the_history,
    the_inbox_shows_the_latest_deliveries_and_what_they_are_about,
    the_missing_details_of_a_customer_are_kept,
    a_claim_and_its_payment_are_one_posting_in_the_history_whichever_comes_first,
}

fn lines(view: &PayableView, kind: AuditEvent) -> Vec<&str> {
    let of_kind = view.history.iter().filter(|entry| entry.event == kind);
    of_kind.map(|entry| entry.detail.as_str()).collect()
}

fn kinds(view: &PayableView) -> Vec<AuditEvent> {
    view.history.iter().map(|entry| entry.event).collect()
}

async fn a_delivery_is_in_the_history_before_what_it_causes(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.clock.advance(Duration::from_mins(3));
    let payment = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &payment)]).await;
    let arrived = bench.host.clock().now();
    bench.clock.advance(Duration::from_mins(1));
    bench.report(paid_event(reference, &payment)).await;

    let view = bench.view("inv").await;
    let expected = [
        AuditEvent::CheckoutRequested,
        AuditEvent::CheckoutCreated,
        AuditEvent::DeliveryReceived,
        AuditEvent::DuplicateIgnored,
        AuditEvent::PaymentPosted,
    ];
    assert_eq!(kinds(&view), expected);
    assert_eq!(view.history[2].at, arrived);
    assert_eq!(
        view.history[2].detail,
        "PAYMENT, signature verified with secret key 0, timestamp fresh"
    );
    assert_eq!(
        view.history[3].detail,
        "PAYMENT delivered again, unchanged: its content counts once"
    );
    assert_eq!(
        view.history[4].detail,
        "payment 1 of INR 200.12 is exact: pays what was due"
    );
}

async fn a_delivery_tried_again_and_again_is_one_line(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let events = [
        Event::new("NEWS", about(reference), EventKind::FetchNeeded),
        paid_event(reference, &payment),
        Event::new("NEWS", about(reference), EventKind::FetchNeeded),
    ];
    // The list lags behind for two tries, of which each leaves what it found in the history.
    let hidden = bench.gateway.list(reference, Vec::new());
    bench.receive(&events).await;
    for _ in 0..2 {
        bench.host.apply_due_deliveries().await.unwrap();
        bench.clock.advance(Duration::from_mins(10));
    }
    let received = AuditEvent::DeliveryReceived;
    assert_eq!(lines(&bench.view("inv").await, received).len(), 1);
    bench.gateway.list(reference, hidden);
    bench.apply_all().await;
    // The same bytes once more are tried once more.
    bench.receive(&events).await;
    bench.apply_all().await;
    let view = bench.view("inv").await;
    let said = "NEWS and PAYMENT, signature verified with secret key 0, timestamp fresh";
    assert_eq!(lines(&view, received), [said]);
    let again = "NEWS delivered again, unchanged: the gateway is asked for changes";
    assert_eq!(lines(&view, AuditEvent::DuplicateIgnored), [again]);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn payments_from_a_list_behind_the_total_come_after_their_delivery(database: Database) {
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
        AuditEvent::DeliveryReceived,
        AuditEvent::PaymentsFetched,
        AuditEvent::PaymentPosted,
    ];
    assert_eq!(kinds(&view)[2..5], begun);
    bench.gateway.add_to_list(reference, hidden.unwrap());
    bench.apply_all().await;
    let view = bench.view("inv").await;
    assert_eq!(lines(&view, AuditEvent::DeliveryReceived).len(), 1);
    assert_eq!(view.applied, view.amount);
}

async fn a_delivery_about_two_payables_is_in_the_history_of_both_and_of_no_other(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let one = bench.url(&invoice("one", "10.00")).await;
    let two = bench.url(&invoice("two", "10.00")).await;
    bench.url(&invoice("three", "10.00")).await;
    let events = [&one, &two].map(|url| {
        let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
        paid_event(url.reference.as_str(), &payment)
    });
    bench.receive(&events).await;
    bench.apply_all().await;
    for (payable, count) in [("one", 1), ("two", 1), ("three", 0)] {
        let view = bench.view(payable).await;
        let received = lines(&view, AuditEvent::DeliveryReceived);
        assert_eq!(received.len(), count, "{payable}");
    }
}

async fn a_late_delivery_is_said_to_be_a_hint(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut request = delivery("k1", &[paid_event(reference, &payment)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(request).await.unwrap();
    bench.apply_all().await;
    let view = bench.view("inv").await;
    let said = "PAYMENT, signature verified with secret key 0, timestamp too old, outside the \
                acceptance window: only taken as a hint to ask the gateway";
    assert_eq!(lines(&view, AuditEvent::DeliveryReceived), [said]);
    let asked = format!(
        "fetched {reference} from the gateway: INR 200.12 paid; payment attempts listed: 1, \
         successful: 1"
    );
    assert_eq!(lines(&view, AuditEvent::PaymentsFetched), [asked]);
}

async fn a_parked_hint_that_comes_again_in_time_is_no_hint_any_more(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let mut request = delivery("k1", &[paid_event(reference, &payment)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    let hidden = bench.gateway.state().links.remove(reference).unwrap();
    bench.receive_request(request.clone()).await.unwrap();
    bench.apply_all().await;
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
        .rotate_secret(&connection("main"), "key", "k2".into())
        .await
        .unwrap();
    request.headers.remove("x-stale");
    bench.receive_request(request).await.unwrap();
    bench.apply_all().await;
    let view = bench.view("inv").await;
    let said = "PAYMENT, signature verified with secret key 1, timestamp fresh";
    assert_eq!(lines(&view, AuditEvent::DeliveryReceived), [said]);
    assert!(lines(&view, AuditEvent::PaymentsFetched).is_empty());
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_try_that_is_rolled_back_leaves_no_line(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let event = Event::new("NEWS", about(reference), EventKind::FetchNeeded);
    bench.gateway.fail_next(Fault::Down);
    bench.receive(&[event]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    let received = AuditEvent::DeliveryReceived;
    assert_eq!(lines(&bench.view("inv").await, received).len(), 0);
    bench.apply_all().await;
    assert_eq!(lines(&bench.view("inv").await, received).len(), 1);
}

async fn a_posting_is_explained_in_the_history(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    for _ in 0..2 {
        let payment = bench.gateway.pay(reference, "200.12");
        bench.report(paid_event(reference, &payment)).await;
    }
    let status = PaymentStatus::Failed;
    let failed = bench.gateway.attempt(reference, "200.12", status);
    bench.report(paid_event(reference, &failed)).await;
    let view = bench.view("inv").await;
    assert_eq!(
        lines(&view, AuditEvent::PaymentPosted),
        [
            "payment 1 of INR 200.12 is exact: pays what was due",
            "payment 2 of INR 200.12 is duplicate: nothing was due any more, all of it is overpaid; \
             applied INR 0.00, overpaid INR 200.12",
        ]
    );
    assert_eq!(
        lines(&view, AuditEvent::PaymentAttempted),
        [
            "payment 3 of INR 200.12 is reported as failed: no money was received; the payer can try again"
        ]
    );
}

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
        let (host, request) = (&bench.host, PageRequest::first(limit));
        let latest = host.deliveries(&connection("main"), &request).await;
        let latest = latest.unwrap().items;
        latest
            .into_iter()
            .map(|delivery| delivery.targets)
            .collect::<Vec<_>>()
    };
    let newest = vec!["order_x"];
    let second = vec![reference, "g1", "order_x"];
    let least = shown(0).await;
    assert_eq!(
        least,
        std::slice::from_ref(&newest),
        "a page has an item at least"
    );
    assert_eq!(shown(2).await, [newest.clone(), second.clone()]);
    assert_eq!(shown(10).await, [newest, second, vec![]]);
}

async fn the_missing_details_of_a_customer_are_kept(database: Database) {
    let bench = Bench::new(database).await;
    let host = &bench.host;
    let bare = CustomerId::new("bare").unwrap();
    let linked = host.linked_customer(&organization(), &bare).await.unwrap();
    assert!(linked.is_none());
    let main = connection("main");
    let made = host
        .link_customer(&main, &Customer::new(bare.clone()))
        .await
        .unwrap();
    let stored = host.linked_customer(&organization(), &bare).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!(stored.needs.to_string(), "phone: is required");
    assert_eq!(stored.needs, made.linked.needs);
    assert_eq!(stored.customer, Customer::new(bare.clone()));
    assert_eq!(stored.connection, connection("main").code);

    let whole = Customer::new(bare.clone()).with_phone("9000000000");
    host.link_customer(&main, &whole).await.unwrap();
    let stored = host.linked_customer(&organization(), &bare).await.unwrap();
    let stored = stored.unwrap();
    assert!(stored.needs.is_empty());
    assert_eq!(stored.customer, whole);
    let linked = host.connection_of_customer(&organization(), &bare).await;
    assert_eq!(linked.unwrap(), Some(connection("main").code));
    let other = OrganizationId::new("other").unwrap();
    assert!(host.linked_customer(&other, &bare).await.unwrap().is_none());
}

async fn a_claim_and_its_payment_are_one_posting_in_the_history_whichever_comes_first(
    database: Database,
) {
    for claim_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let payment = bench.gateway.pay(reference, "200.12");
        let claim = claim_events(&bench.gateway, reference, &payment);
        let mut deliveries = [claim, vec![paid_event(reference, &payment)]];
        if !claim_first {
            deliveries.reverse();
        }
        for events in deliveries {
            bench.receive(&events).await;
            bench.apply_all().await;
        }
        let view = bench.view("inv").await;
        // Only a claim that comes first has the gateway's list fetched.
        let expected: &[AuditEvent] = if claim_first {
            &[
                AuditEvent::DeliveryReceived,
                AuditEvent::PaymentsFetched,
                AuditEvent::PaymentPosted,
                AuditEvent::CheckoutChanged,
                AuditEvent::DeliveryReceived,
            ]
        } else {
            &[
                AuditEvent::DeliveryReceived,
                AuditEvent::PaymentPosted,
                AuditEvent::DeliveryReceived,
                AuditEvent::CheckoutChanged,
            ]
        };
        assert_eq!(kinds(&view)[2..], *expected, "{claim_first}");
        assert_eq!(
            lines(&view, AuditEvent::PaymentPosted),
            ["payment 1 of INR 200.12 is exact: pays what was due"]
        );
        assert_eq!(
            lines(&view, AuditEvent::DeliveryReceived)[usize::from(!claim_first)],
            "LINK, signature verified with secret key 0, timestamp fresh"
        );
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    }
}
