//! Webhooks whose signature, secret, connection or time decides what is stored of them.

use payment_provider_core::*;
use payment_provider_host::ErrorKind;
use payment_provider_host::error::Entity;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, connection_of, invoice, provider};
use crate::gateway::{delivery, paid_event};

each_database! {
    a_stale_delivery_posts_nothing_by_itself_but_has_the_gateway_asked,
    wrong_signatures_and_unknown_connections_store_nothing,
    another_tenants_delivery_cannot_touch_this_tenants_invoice,
    old_and_new_secret_both_verify_and_the_match_is_recorded,
    a_disabled_connection_still_takes_its_webhooks,
}

async fn a_stale_delivery_posts_nothing_by_itself_but_has_the_gateway_asked(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let mut invented = Payment::new(
        PaymentId::new("replayed").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("200.12", Currency::INR).unwrap(),
    );
    invented.order_id = OrderId::new("o").ok();
    let mut request = delivery("k1", &[paid_event(reference, &invented)]);
    request.headers.insert("x-stale", "1".parse().unwrap());
    bench.receive_request(request).await.unwrap();
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let fetched = format!("fetch_checkout {reference}");
    assert!(bench.gateway.state().calls.contains(&fetched));
}

async fn wrong_signatures_and_unknown_connections_store_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let request = delivery("wrong", &[]);
    let error = bench.receive_request(request.clone()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidSignature));

    let elsewhere = [
        ("memory", "other-org", "main"),
        ("memory", "org", "other"),
        ("unknown", "org", "main"),
    ];
    for (provider, organization, code) in elsewhere {
        let provider = ProviderId::new(provider).unwrap();
        let organization = OrganizationId::new(organization).unwrap();
        let connection = connection_of(&organization, code);
        let request = delivery("k1", &[]);
        let error = bench
            .host
            .receive_webhook(&provider, &connection, &request)
            .await;
        assert!(matches!(
            error.as_ref().map_err(Error::kind),
            Err(ErrorKind::NotFound(Entity::Connection))
        ));
    }
    assert!(bench.states().await.is_empty());
}

async fn another_tenants_delivery_cannot_touch_this_tenants_invoice(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let other = OrganizationId::new("other-org").unwrap();
    bench.add_connection_of(&other, "main", "k2").await;
    let other = connection_of(&other, "main");
    let payment = bench.gateway.pay(reference, "200.12");
    let request = delivery("k2", &[paid_event(reference, &payment)]);
    bench
        .host
        .receive_webhook(&provider(), &other, &request)
        .await
        .unwrap();
    bench.apply_all().await;
    while bench.host.apply_due_deliveries().await.unwrap() > 0 {}
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
    let deliveries = bench.deliveries_of(&other).await;
    assert_eq!(deliveries[0].state, DeliveryState::Unmatched);
}

async fn old_and_new_secret_both_verify_and_the_match_is_recorded(database: Database) {
    let bench = Bench::new(database).await;
    let both = vec!["k2".into(), "k1".into()];
    let settings = ConnectionSettings::new().with("key", both);
    bench
        .host
        .replace_settings(&connection("main"), &settings)
        .await
        .unwrap();
    for (secret, label) in [("k1", "key 1"), ("k2", "key 0")] {
        let ping = Event::new(secret, EventTarget::none(), EventKind::Ping);
        bench
            .receive_request(delivery(secret, &[ping]))
            .await
            .unwrap();
        let connection = bench.host.connection(&connection("main")).await.unwrap();
        assert_eq!(connection.matched_secret.as_deref(), Some(label));
    }
    let settings = ConnectionSettings::new().with("key", "k2");
    bench
        .host
        .replace_settings(&connection("main"), &settings)
        .await
        .unwrap();
    assert!(bench.receive_request(delivery("k1", &[])).await.is_err());
}

async fn a_disabled_connection_still_takes_its_webhooks(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench
        .host
        .set_connection_enabled(&connection("main"), false)
        .await
        .unwrap();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &payment)).await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
