//! The inbox in the hands of an operator.

use crate::gateway::bench::{Bench, code, invoice, organization, provider};
use crate::gateway::{about, delivery, paid_event};
use crate::gateway::database::Database;
use payment_provider_core::*;
use payment_provider_host::*;

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
        let page = self.host.find_deliveries(&organization(), filter).await;
        page.unwrap().deliveries
    }

    async fn park(&self, key: &str, reason: &str) -> Result<Parking, ParkError> {
        let host = &self.host;
        host.park_delivery(&organization(), &code(), key, reason)
            .await
    }
}

each_database!(what_is_parked_is_seen_whole_and_applied_once_its_cause_is_mended);
async fn what_is_parked_is_seen_whole_and_applied_once_its_cause_is_mended(database: Database) {
    let bench = Bench::new(database).await;
    let mut told = Vec::new();
    for id in ["one", "two"] {
        let url = bench.url(&invoice(id, "10.00")).await;
        bench.gateway.pay(url.reference.as_str(), "10.00");
        told.push(changed(url.reference.as_str(), id));
    }
    bench.gateway.state().unaskable = true;
    for events in &told {
        bench.receive(events).await;
    }
    bench.settle().await;
    assert_eq!(bench.totals("one").await, "0.00 0.00 0.00 pending");

    let found = bench.found(&parked()).await;
    assert_eq!(found.len(), 2);
    for (delivery, events) in found.iter().rev().zip(&told) {
        let error = delivery.error.as_deref().unwrap();
        assert!(error.contains("a look at the gateway"), "{error}");
        assert_eq!(delivery.connection, code());
        let whole = bench
            .host
            .delivery(&organization(), &code(), &delivery.key)
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
    let retried = host.retry_parked(&organization(), &code()).await;
    assert_eq!(retried.unwrap(), 2);
    bench.settle().await;
    assert!(bench.found(&parked()).await.is_empty());
    for id in ["one", "two"] {
        assert_eq!(bench.totals(id).await, "10.00 10.00 0.00 succeeded");
    }
    let retried = host.retry_parked(&organization(), &code()).await;
    assert_eq!(retried.unwrap(), 0);
}

each_database!(a_delivery_is_taken_out_while_a_worker_has_it);
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
        assert_eq!(done, Parking::Parked);
        bench.gateway.state().hold = false;
    });
    assert_eq!(applied.unwrap(), 1);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let found = bench.found(&parked()).await.remove(0);
    let reason = "parked by an operator: under inquiry";
    assert_eq!(found.error.as_deref(), Some(reason));

    // Once more changes nothing, and nobody but the operator brings it back.
    let again = bench.park(&key, "for another reason").await.unwrap();
    assert_eq!(again, Parking::AlreadyParked);
    bench.settle().await;
    let found = bench.found(&parked()).await.remove(0);
    assert_eq!(found.error.as_deref(), Some(reason));

    // Other news of the same money is not held up.
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
    let host = &bench.host;
    let retried = host.retry_delivery(&organization(), &code(), &key).await;
    assert!(retried.unwrap());
    bench.settle().await;
    let states: Vec<_> = bench.deliveries().await;
    let states: Vec<_> = states.iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Applied; 2]);
    assert_eq!(bench.totals("inv").await, "10.00 10.00 0.00 succeeded");
}

each_database!(what_waits_for_nothing_cannot_be_taken_out_and_a_reason_is_needed);
async fn what_waits_for_nothing_cannot_be_taken_out_and_a_reason_is_needed(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "10.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "10.00");
    bench
        .receive(&[paid_event(url.reference.as_str(), &payment)])
        .await;
    bench.settle().await;
    let key = bench.deliveries().await.remove(0).key;
    let error = bench.park(&key, "too late").await.unwrap_err();
    assert!(
        matches!(error, ParkError::Over(DeliveryState::Applied)),
        "{error}"
    );
    let error = bench.park("no-such-key", "why").await.unwrap_err();
    assert!(matches!(error, ParkError::NotFound), "{error}");
    for reason in ["", "  ", "two\nlines", &"x".repeat(501)] {
        let error = bench.park(&key, reason).await.unwrap_err();
        assert!(matches!(error, ParkError::Reason), "{error}");
    }
}

each_database!(pages_go_over_all_connections_of_one_organization_and_no_other);
async fn pages_go_over_all_connections_of_one_organization_and_no_other(database: Database) {
    let bench = Bench::new(database).await;
    let other = OrganizationId::new("other").unwrap();
    let second = ConnectionCode::new("second").unwrap();
    for (organization, code) in [(organization(), &second), (other.clone(), &code())] {
        let settings = ConnectionSettings::new().with("key", "k1");
        let new = NewConnection::new(organization, provider(), code.clone(), "More", settings);
        bench.host.add_connection(new).await.unwrap();
    }
    // Bytes that are the same are deliveries of their own at each connection.
    for number in 0..4 {
        for (organization, code) in [
            (organization(), code()),
            (organization(), second.clone()),
            (other.clone(), code()),
        ] {
            let request = delivery("k1", &changed(&format!("of-{number}"), "order"));
            let host = &bench.host;
            host.receive_webhook(&provider(), &organization, &code, &request)
                .await
                .unwrap();
        }
    }
    let mut filter = DeliveryFilter::default().limit(3);
    let mut seen = Vec::new();
    loop {
        let page = bench.host.find_deliveries(&organization(), &filter).await;
        let page = page.unwrap();
        assert!(page.deliveries.len() <= 3);
        let of = |delivery: Delivery| format!("{} {}", delivery.connection, delivery.subjects[0]);
        seen.extend(page.deliveries.into_iter().map(of));
        let Some(next) = page.next else { break };
        // As a program would hand it on.
        filter = filter.after(next.to_string().parse().unwrap());
    }
    let expected: Vec<_> = (0..4)
        .rev()
        .flat_map(|number| ["second", "main"].map(|code| format!("{code} of-{number}")))
        .collect();
    assert_eq!(seen, expected);
    let of_second = DeliveryFilter::default().of_connection(second.clone());
    assert_eq!(bench.found(&of_second).await.len(), 4);
    let page = bench.host.find_deliveries(&other, &of_second).await;
    assert!(matches!(page, Err(ConnectionError::NotFound)));
    let all = DeliveryFilter::default();
    let page = bench.host.find_deliveries(&other, &all).await.unwrap();
    assert_eq!((page.deliveries.len(), page.next), (4, None));

    // What one organization does to a key is nothing to another's delivery of the same bytes.
    let key = &page.deliveries[0].key;
    let done = bench
        .host
        .park_delivery(&other, &code(), key, "theirs")
        .await;
    assert_eq!(done.unwrap(), Parking::Parked);
    assert!(bench.found(&parked()).await.is_empty());
    let stranger = OrganizationId::new("stranger").unwrap();
    let none = bench.host.delivery(&stranger, &code(), key).await;
    assert!(matches!(none, Err(ConnectionError::NotFound)));
    let none = bench.host.find_deliveries(&stranger, &all).await;
    assert!(none.unwrap().deliveries.is_empty());
}
