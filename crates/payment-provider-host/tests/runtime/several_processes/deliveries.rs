//! Deliveries that several processes receive and apply at once.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use super::{CALLERS, together, two};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{connection, invoice, provider};
use crate::gateway::{delivery, paid_event};

each_database! {
    one_delivery_received_sixteen_times_is_stored_once_and_counted(threads = 4),
    a_report_by_a_name_that_becomes_known_at_that_moment_is_applied(threads = 4),
    deliveries_about_two_payables_in_either_order_do_not_deadlock(threads = 4),
}

async fn one_delivery_received_sixteen_times_is_stored_once_and_counted(database: Database) {
    let (bench, other) = two(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "200.12");
    let mut request = delivery("k1", &[paid_event(url.reference.as_str(), &payment)]);
    request.received_at = bench.clock.now();
    let is_new = together((&bench, &other), |_, host| {
        let request = request.clone();
        async move {
            let receipt = host
                .receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            !receipt.duplicate
        }
    })
    .await;
    assert_eq!(is_new.iter().filter(|new| **new).count(), 1);
    bench.apply_all().await;
    let deliveries = bench.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(
        deliveries[0].delivery_count,
        i64::try_from(CALLERS).unwrap()
    );
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

/// Reports of a link by the gateway's own id, which becomes known here at the same moment.
async fn a_report_by_a_name_that_becomes_known_at_that_moment_is_applied(database: Database) {
    let (bench, other) = two(database).await;
    for round in 0..12 {
        let id = format!("inv-{round}");
        let gateway_id = format!("g{}", bench.gateway.state().creations + 1);
        let clock = bench.clock.clone();
        together((&bench, &other), |caller, host| {
            let unpaid = invoice(&id, "200.12");
            let target = EventTarget::none()
                .with_gateway_id(GatewayCheckoutId::new(gateway_id.clone()).ok());
            let kind = EventKind::FetchNeeded;
            let event = Event::new(format!("LINK {caller}"), target, kind);
            let mut request = delivery("k1", &[event]);
            request.received_at = clock.now();
            async move {
                if caller == 0 {
                    host.payment_url(&unpaid).await.unwrap();
                } else {
                    host.receive_webhook(&provider(), &connection("main"), &request)
                        .await
                        .unwrap();
                    host.apply_due_deliveries().await.unwrap();
                }
            }
        })
        .await;
        bench.clock.advance(Duration::from_secs(1));
        bench.apply_all().await;
        let known = bench.view(&id).await;
        let link = &known.checkouts[0];
        let stored = bench.gateway.state().links[link.reference.as_str()].clone();
        assert_eq!(
            stored.gateway_id, gateway_id,
            "the test names the right link"
        );
        let left: Vec<_> = bench
            .deliveries()
            .await
            .into_iter()
            .filter(|delivery| delivery.state == DeliveryState::Unmatched)
            .map(|delivery| delivery.targets)
            .collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
    }
}

async fn deliveries_about_two_payables_in_either_order_do_not_deadlock(database: Database) {
    let (bench, other) = two(database).await;
    let mut pairs = Vec::new();
    for pair in 0..4 {
        let mut both = Vec::new();
        for side in ["a", "b"] {
            let url = bench.url(&invoice(&format!("{side}{pair}"), "10.00")).await;
            let reference = url.reference.to_string();
            let payment = bench.gateway.pay(&reference, "10.00");
            both.push(paid_event(&reference, &payment));
        }
        pairs.push(both);
    }
    let clock = bench.clock.clone();
    together((&bench, &other), |caller, host| {
        let mut events = pairs[caller % 4].clone();
        if caller % 8 < 4 {
            events.reverse();
        }
        for event in &mut events {
            event.gateway_type = format!("PAYMENT {caller}");
        }
        let mut request = delivery("k1", &events);
        request.received_at = clock.now();
        async move {
            host.receive_webhook(&provider(), &connection("main"), &request)
                .await
                .unwrap();
            host.apply_due_deliveries().await.unwrap();
        }
    })
    .await;
    // Nothing had to be tried again: not one of them was given up for another.
    for delivery in bench.deliveries().await {
        assert_eq!(delivery.state, DeliveryState::Applied, "{delivery:?}");
        assert_eq!((delivery.attempts, &delivery.error), (1, &None));
    }
    for pair in 0..4 {
        for side in ["a", "b"] {
            let totals = bench.totals(&format!("{side}{pair}")).await;
            assert_eq!(totals, "10.00 10.00 0.00 succeeded");
        }
    }
}
