//! Money is posted where all names of an event agree, and an event without names stays visible.

use payment_provider_core::*;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, paid_event};

each_database! {
    a_shared_order_does_not_bring_the_money_of_another_checkout,
    money_that_names_nothing_is_unmatched_and_not_passed_over,
}

/// A failed attempt that names our checkout brings its order with it. Money on another checkout of
/// the same order is that one's.
async fn a_shared_order_does_not_bring_the_money_of_another_checkout(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    let reference = url.reference.as_str();
    let mut payment = bench.gateway.pay(reference, "200.00");
    bench.gateway.list(reference, Vec::new());
    bench.gateway.set_status(reference, CheckoutStatus::Open);
    payment.order_id = Some(OrderId::new("shared").unwrap());
    let mut failed = payment.clone();
    failed.id = PaymentId::new("attempt").unwrap();
    failed.status = PaymentStatus::Failed;
    bench.report(paid_event(reference, &failed)).await;

    let shop = || CheckoutReference::new("shop-17").unwrap();
    let order = payment.order_id.clone();
    for target in [
        EventTarget::none().with_reference(Some(shop())),
        EventTarget::none().with_gateway_id(Some(GatewayCheckoutId::new("plink_shop").unwrap())),
        about(reference).with_gateway_id(Some(GatewayCheckoutId::new("plink_shop").unwrap())),
    ] {
        let target = target.with_order_id(order.clone());
        let event = Event::new("PAID", target, EventKind::Payment(payment.clone()));
        bench.report(event).await;
        assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");
        assert_eq!(
            bench.states().await.pop().unwrap(),
            DeliveryState::Unmatched
        );
    }
}

async fn money_that_names_nothing_is_unmatched_and_not_passed_over(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "100.00")).await;
    let payment = bench.gateway.pay(url.reference.as_str(), "100.00");
    let nameless = |kind| Event::new("PAID", EventTarget::none(), kind);
    bench
        .report(nameless(EventKind::Payment(payment.clone())))
        .await;
    assert_eq!(
        bench.states().await.pop().unwrap(),
        DeliveryState::Unmatched
    );
    let mut failed = payment;
    failed.status = PaymentStatus::Failed;
    bench.report(nameless(EventKind::Payment(failed))).await;
    assert_eq!(bench.states().await.pop().unwrap(), DeliveryState::Ignored);
}
