//! Deliveries that verify and cannot be read: they are looked up, or wait for an operator.

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice};
use crate::gateway::about;

each_database! {
    an_unreadable_delivery_without_a_name_is_parked_with_the_reason,
    an_unreadable_delivery_about_a_checkout_has_it_fetched,
    an_unreadable_delivery_about_an_unknown_checkout_is_unmatched,
}

fn unreadable(target: EventTarget) -> Event {
    let reason = "payment_amount: missing".to_owned();
    Event::new("PAYMENT", target, EventKind::Unreadable { reason })
}

async fn an_unreadable_delivery_without_a_name_is_parked_with_the_reason(database: Database) {
    let bench = Bench::new(database).await;
    let event = unreadable(EventTarget::none());
    bench.receive(std::slice::from_ref(&event)).await;
    bench.apply_all().await;
    let parked = bench.deliveries().await.remove(0);
    assert_eq!(parked.state, DeliveryState::Parked);
    let said = "it cannot be read: payment_amount: missing";
    assert_eq!(parked.error.as_deref(), Some(said));
    // A retry, or the same delivery once more, ends in the same way.
    let main = connection("main");
    assert!(bench.host.retry_delivery(&main, &parked.key).await.unwrap());
    bench.apply_all().await;
    bench.receive(&[event]).await;
    bench.apply_all().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Parked);
}

async fn an_unreadable_delivery_about_a_checkout_has_it_fetched(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    bench.gateway.state().refunds = Some(Vec::new());
    bench.gateway.pay(url.reference.as_str(), "200.12");
    bench
        .receive(&[unreadable(about(url.reference.as_str()))])
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Applied);
}

async fn an_unreadable_delivery_about_an_unknown_checkout_is_unmatched(database: Database) {
    let bench = Bench::new(database).await;
    bench.receive(&[unreadable(about("another-shops"))]).await;
    bench.apply_all().await;
    assert_eq!(bench.deliveries().await[0].state, DeliveryState::Unmatched);
}
