//! Operators list, show, retry and park deliveries of the inbox.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::error::{Entity, Refusal};
use payment_provider_host::inbox::{Delivery, DeliveryFilter, DeliveryState, ParkOutcome};
use payment_provider_host::page::PageRequest;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{
    Bench, connection, connection_of, invalid_fields, invoice, organization, provider,
};
use crate::gateway::{about, delivery, paid_event};

each_database! {
    a_parked_delivery_is_shown_whole_and_applied_once_its_cause_is_mended,
    a_delivery_is_taken_out_while_a_worker_has_it,
    a_delivery_that_is_done_cannot_be_parked_and_a_reason_is_required,
    pages_go_over_all_connections_of_one_organization_and_no_other,
}

fn parked() -> DeliveryFilter {
    DeliveryFilter::default().in_state(DeliveryState::Parked)
}

/// A delivery that says no more than that something changed.
fn changed(reference: &str, order: &str) -> Vec<Event> {
    let order = OrderId::new(order).ok();
    let target = about(reference).with_order_id(order);
    vec![Event::new("CHANGED", target, EventKind::FetchNeeded)]
}

impl Bench {
    async fn found(&self, filter: &DeliveryFilter) -> Vec<Delivery> {
        let page = self
            .host
            .find_deliveries(&organization(), filter, &PageRequest::default())
            .await;
        page.unwrap().items
    }

    async fn park(&self, key: &str, reason: &str) -> Result<ParkOutcome, Error> {
        let host = &self.host;
        host.park_delivery(&connection("main"), key, reason).await
    }
}

async fn a_parked_delivery_is_shown_whole_and_applied_once_its_cause_is_mended(database: Database) {
    let bench = Bench::new(database).await;
    let mut reports = Vec::new();
    for id in ["one", "two"] {
        let url = bench.url(&invoice(id, "10.00")).await;
        bench.gateway.pay(url.reference.as_str(), "10.00");
        reports.push(changed(url.reference.as_str(), id));
    }
    bench.gateway.state().unaskable = true;
    for events in &reports {
        bench.receive(events).await;
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("one").await, "0.00 0.00 0.00 pending");

    let found = bench.found(&parked()).await;
    assert_eq!(found.len(), 2);
    for (delivery, events) in found.iter().rev().zip(&reports) {
        let error = delivery.error.as_deref().unwrap();
        assert!(error.contains("the gateway's state"), "{error}");
        assert_eq!(delivery.connection, connection("main").code);
        let whole = bench
            .host
            .delivery(&connection("main"), &delivery.key)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(whole.body, serde_json::to_vec(events).unwrap());
        assert_eq!(&whole.events, events);
        assert_eq!(whole.delivery.error.as_deref(), Some(error));
        assert!(!format!("{whole:?}").contains("FetchNeeded"), "{whole:?}");
    }

    bench.gateway.state().unaskable = false;
    let host = &bench.host;
    let retried = host.retry_parked(&connection("main")).await;
    assert_eq!(retried.unwrap(), 2);
    bench.apply_all().await;
    assert!(bench.found(&parked()).await.is_empty());
    for id in ["one", "two"] {
        assert_eq!(bench.totals(id).await, "10.00 10.00 0.00 succeeded");
    }
    let retried = host.retry_parked(&connection("main")).await;
    assert_eq!(retried.unwrap(), 0);
}

async fn a_delivery_is_taken_out_while_a_worker_has_it(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    bench
        .receive(&changed(url.reference.as_str(), "order"))
        .await;
    let key = bench.deliveries().await.remove(0).key;
    bench.gateway.state().hold = true;
    let (applied, ()) = tokio::join!(bench.host.apply_due_deliveries(), async {
        bench.gateway.call_held().await;
        let done = bench.park(&key, "  under inquiry ").await.unwrap();
        assert_eq!(done, ParkOutcome::Parked);
        bench.gateway.state().hold = false;
    });
    assert_eq!(applied.unwrap(), 1);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let found = bench.found(&parked()).await.remove(0);
    let reason = "parked by an operator: under inquiry";
    assert_eq!(found.error.as_deref(), Some(reason));

    // Once more changes nothing, and only the operator makes it pending again.
    let again = bench.park(&key, "for another reason").await.unwrap();
    assert_eq!(again, ParkOutcome::AlreadyParked);
    bench.apply_all().await;
    let found = bench.found(&parked()).await.remove(0);
    assert_eq!(found.error.as_deref(), Some(reason));

    // Other reports of the same money are applied.
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
    let host = &bench.host;
    let retried = host.retry_delivery(&connection("main"), &key).await;
    assert!(retried.unwrap());
    bench.apply_all().await;
    let states: Vec<_> = bench.deliveries().await;
    let states: Vec<_> = states.iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Applied; 2]);
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
}

async fn a_delivery_that_is_done_cannot_be_parked_and_a_reason_is_required(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    bench
        .report(paid_event(url.reference.as_str(), &payment))
        .await;
    let key = bench.deliveries().await.remove(0).key;
    let error = bench.park(&key, "too late").await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Refused(Refusal::DeliveryDone(DeliveryState::Applied))
        ),
        "{error}"
    );
    let error = bench.park("no-such-key", "why").await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotFound(Entity::Delivery)),
        "{error}"
    );
    for reason in ["", "  ", "two\nlines", &"x".repeat(501)] {
        let error = bench.park(&key, reason).await.unwrap_err();
        assert_eq!(invalid_fields(&error), ["reason"]);
    }
}

async fn pages_go_over_all_connections_of_one_organization_and_no_other(database: Database) {
    let bench = Bench::new(database).await;
    let other = OrganizationId::new("other").unwrap();
    bench.add_connection("second", "k1").await;
    bench.add_connection_of(&other, "main", "k1").await;
    let (main, second) = (connection("main"), connection("second"));
    let theirs = connection_of(&other, "main");
    // Bytes that are the same are deliveries of their own at each connection.
    for number in 0..4 {
        for connection in [&main, &second, &theirs] {
            let request = delivery("k1", &changed(&format!("of-{number}"), "order"));
            let host = &bench.host;
            host.receive_webhook(&provider(), connection, &request)
                .await
                .unwrap();
        }
    }
    let (all, mut request) = (DeliveryFilter::default(), PageRequest::first(3));
    let mut seen = Vec::new();
    loop {
        let host = &bench.host;
        let page = host.find_deliveries(&organization(), &all, &request).await;
        let page = page.unwrap();
        assert!(page.items.len() <= 3);
        let of = |delivery: Delivery| format!("{} {}", delivery.connection, delivery.targets[0]);
        seen.extend(page.items.into_iter().map(of));
        let Some(next) = page.next else { break };
        // A program passes the cursor on as text.
        request = request.after(next.to_string().parse().unwrap());
    }
    let expected: Vec<_> = (0..4)
        .rev()
        .flat_map(|number| ["second", "main"].map(|code| format!("{code} of-{number}")))
        .collect();
    assert_eq!(seen, expected);
    let of_second = DeliveryFilter::default().of_connection(second.code);
    assert_eq!(bench.found(&of_second).await.len(), 4);
    let page = bench
        .host
        .find_deliveries(&other, &of_second, &PageRequest::default())
        .await;
    assert!(matches!(
        page.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));
    let first = PageRequest::default();
    let page = bench
        .host
        .find_deliveries(&other, &all, &first)
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.next), (4, None));

    // A change by one organization does not touch another's delivery of the same bytes.
    let key = &page.items[0].key;
    let done = bench.host.park_delivery(&theirs, key, "theirs").await;
    assert_eq!(done.unwrap(), ParkOutcome::Parked);
    assert!(bench.found(&parked()).await.is_empty());
    let unknown_organization = OrganizationId::new("unknown").unwrap();
    let unknown = connection_of(&unknown_organization, "main");
    let none = bench.host.delivery(&unknown, key).await;
    assert!(matches!(
        none.as_ref().map_err(Error::kind),
        Err(ErrorKind::NotFound(Entity::Connection))
    ));
    let none = bench
        .host
        .find_deliveries(&unknown_organization, &all, &first)
        .await;
    assert!(none.unwrap().items.is_empty());
}
