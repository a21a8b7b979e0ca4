//! Events of checkouts that the host does not know, or not yet, and events that it cannot read.

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{Fault, about, paid_event};

each_database! {
    an_event_before_the_links_id_is_known_is_applied_once_it_is,
    an_attempt_before_the_links_id_is_known_is_applied_once_it_is,
    events_about_things_never_made_here_end_unmatched_without_alarm,
    pings_and_unknown_events_are_kept_and_need_nothing,
    an_unreadable_event_of_a_known_link_has_the_gateway_asked,
}

async fn an_event_before_the_links_id_is_known_is_applied_once_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    let payment = bench.gateway.pay(&reference, "55.00");
    let id = bench.gateway.state().links[&reference].gateway_id.clone();
    let target = EventTarget::none().with_gateway_id(GatewayCheckoutId::new(id).ok());
    let event = Event::new("PAYMENT", target, EventKind::Payment(payment));
    bench.report(event).await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);

    let _ = bench.host.payment_url(&invoice).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
}

async fn an_attempt_before_the_links_id_is_known_is_applied_once_it_is(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    bench.gateway.fail_next(Fault::AfterCommit);
    assert!(bench.host.payment_url(&invoice).await.is_err());
    let reference = bench.gateway.references().remove(0);
    let failed = bench
        .gateway
        .attempt(&reference, "200.12", PaymentStatus::Failed);
    let id = bench.gateway.state().links[&reference].gateway_id.clone();
    let target = EventTarget::none().with_gateway_id(GatewayCheckoutId::new(id).ok());
    bench
        .report(Event::new("PAYMENT", target, EventKind::Payment(failed)))
        .await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);
    bench.url(&invoice).await;
    bench.apply_all().await;
    assert_eq!(bench.states().await, [DeliveryState::Applied]);
}

async fn events_about_things_never_made_here_end_unmatched_without_alarm(database: Database) {
    let bench = Bench::new(database).await;
    bench.url(&invoice("inv", "200.12")).await;
    let payment = Payment::new(
        PaymentId::new("p").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("1.00", Currency::INR).unwrap(),
    );
    bench.report(paid_event("not-ours", &payment)).await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
}

async fn pings_and_unknown_events_are_kept_and_need_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let unknown = EventKind::Unrecognised {
        reason: "no such type".to_owned(),
    };
    bench
        .receive(&[Event::new("WEBHOOK", EventTarget::none(), EventKind::Ping)])
        .await;
    bench
        .receive(&[Event::new("NEW_TYPE", EventTarget::none(), unknown)])
        .await;
    assert_eq!(
        bench.states().await,
        [DeliveryState::Ignored, DeliveryState::Ignored]
    );
}

async fn an_unreadable_event_of_a_known_link_has_the_gateway_asked(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let unreadable = |what: &str| EventKind::Unrecognised {
        reason: what.to_owned(),
    };
    let ours = Event::new("LINK", about(reference), unreadable("no amount"));
    let theirs = Event::new("LINK", about("not-ours"), unreadable("no amount"));
    bench.receive(&[ours]).await;
    bench.report(theirs).await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(
        bench.states().await,
        [DeliveryState::Applied, DeliveryState::Unmatched]
    );
}
