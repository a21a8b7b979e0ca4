//! One connection's gateway, or its flood of deliveries, delays no other connection.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;
use payment_provider_host::prelude::*;
use payment_provider_host::{ErrorKind, IntakeLimit};
use tokio_util::sync::CancellationToken;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{
    Bench, connection, connection_of, organization, payer, provider, registry, rupees,
};
use crate::gateway::{changed, delivery, paid_event};

each_database! {
    a_gateway_that_hangs_for_one_connection_delays_no_other(threads = 2),
    a_flood_of_one_connection_leaves_room_for_the_others,
    deliveries_beyond_the_limit_are_refused_for_that_connection_alone,
}

/// A payable of a customer of their own, who pays through this connection.
async fn invoice_through(bench: &Bench, code: &str) -> Payable {
    let customer = CustomerId::new(format!("customer-of-{code}")).unwrap();
    let mut details = payer();
    details.id = customer.clone();
    let linked = bench.host.link_customer(&connection(code), &details).await;
    linked.unwrap();
    let id = PayableId::new(format!("inv-{code}")).unwrap();
    Payable::new(organization(), id, rupees("200.12"), "Invoice", customer)
}

async fn receive(bench: &Bench, code: &str, secret: &str, events: &[Event]) {
    let mut request = delivery(secret, events);
    bench.clock.advance(Duration::from_millis(1));
    request.received_at = bench.clock.now();
    let received = bench
        .host
        .receive_webhook(&provider(), &connection(code), &request)
        .await;
    received.unwrap();
}

async fn a_gateway_that_hangs_for_one_connection_delays_no_other(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    let hung = bench.url(&invoice_through(&bench, "main").await).await;
    let hung = hung.reference.as_str();
    let paid = bench.url(&invoice_through(&bench, "other").await).await;
    let paid = paid.reference.as_str();
    bench.gateway.state().hung = vec![hung.to_owned()];
    for number in 0..40 {
        let mut hint = changed(hung);
        hint.gateway_type.push_str(&number.to_string());
        receive(&bench, "main", "k1", &[hint]).await;
    }
    let stop = CancellationToken::new();
    let worker = tokio::spawn({
        let (host, stop) = (bench.host.clone(), stop.clone());
        async move { host.run_inbox(stop).await }
    });
    bench.gateway.call_held().await;
    let payment = bench.gateway.pay(paid, "200.12");
    receive(&bench, "other", "k2", &[paid_event(paid, &payment)]).await;
    let posted = async {
        while bench.totals("inv-other").await != "200.12 200.12 0.00 succeeded" {
            tokio::task::yield_now().await;
        }
    };
    let posted = tokio::time::timeout(Duration::from_secs(20), posted).await;
    posted.expect("the other connection's payment is posted meanwhile");
    let waiting = |state: DeliveryState| state == DeliveryState::Pending;
    let states = bench.states().await;
    assert_eq!(
        states.into_iter().filter(|state| waiting(*state)).count(),
        40
    );
    bench.gateway.state().hung.clear();
    stop.cancel();
    worker.await.unwrap();
}

async fn a_flood_of_one_connection_leaves_room_for_the_others(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    for number in 0..100 {
        let unknown = changed(&format!("unknown-{number}"));
        receive(&bench, "main", "k1", &[unknown]).await;
    }
    let url = bench.url(&invoice_through(&bench, "other").await).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    receive(&bench, "other", "k2", &[paid_event(reference, &payment)]).await;
    // Deliveries are leased eight at a time.
    bench.host.apply_due_deliveries().await.unwrap();
    let totals = bench.totals("inv-other").await;
    assert_eq!(totals, "200.12 200.12 0.00 succeeded");
    bench.apply_all().await;
    let unmatched = [DeliveryState::Unmatched; 100];
    assert_eq!(bench.states().await, unmatched);
}

async fn deliveries_beyond_the_limit_are_refused_for_that_connection_alone(database: Database) {
    let bench = Bench::new(database).await;
    bench.add_connection("other", "k2").await;
    let mut config = HostConfig::default();
    config.intake_limit = IntakeLimit::new(1, 3);
    let key = bench.place.directory.path().join("sealing.key");
    let key = EncryptionKey::from_file_or_new(&key).unwrap();
    let builder = bench.place.open().await;
    let host = builder
        .with_registry(registry(&bench.gateway))
        .with_encryption_keys(EncryptionKeys::new(key))
        .with_clock(std::sync::Arc::new(bench.clock.clone()))
        .with_config(config)
        .build()
        .await
        .unwrap();
    let receive = async |code: &str, secret: &str, number: usize| {
        let mut request = delivery(secret, &[changed(&format!("unknown-{number}"))]);
        request.received_at = bench.clock.now();
        let connection = connection_of(&organization(), code);
        host.receive_webhook(&provider(), &connection, &request)
            .await
    };
    // Requests that do not verify leave the budget of deliveries unchanged.
    for number in 0..10 {
        let forged = receive("main", "forged", number).await.unwrap_err();
        assert!(matches!(forged.kind(), ErrorKind::InvalidSignature));
    }
    for number in 0..3 {
        receive("main", "k1", number).await.unwrap();
    }
    let refused = receive("main", "k1", 3).await.unwrap_err();
    assert!(matches!(
        refused.kind(),
        ErrorKind::TooManyDeliveries { .. }
    ));
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(1)));
    assert!(refused.is_transient());
    receive("other", "k2", 0).await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    receive("main", "k1", 3).await.unwrap();
    assert_eq!(bench.deliveries().await.len(), 4);
    host.store().close().await;
}
