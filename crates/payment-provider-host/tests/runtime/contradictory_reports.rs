//! Reports that are partial or contradict each other: each payment is posted once, on one checkout.

use payment_provider_core::*;
use payment_provider_host::inbox::{Delivery, DeliveryState};

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, changed, claim_events, paid_event};

each_database! {
    a_payment_counts_once_though_a_link_event_names_no_order,
    an_attempt_on_another_link_first_is_posted_where_it_succeeds,
    the_status_of_an_attempt_does_not_depend_on_the_order_of_reports,
    the_total_of_another_link_allows_nothing,
    an_unknown_status_does_not_replace_success,
    an_id_posted_on_another_checkout_is_not_taken_over,
    a_claimed_order_that_counts_on_another_checkout_stays_there_and_so_does_its_refund,
}

async fn a_payment_counts_once_though_a_link_event_names_no_order(database: Database) {
    for total_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "55.00");
        let total = EventKind::Snapshot(bench.gateway.snapshot(reference));
        let mut events = [
            Event::new("LINK", about(reference), total),
            paid_event(reference, &listed),
        ];
        if !total_first {
            events.reverse();
        }
        for event in events {
            bench.report(event).await;
            assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
        }
        bench
            .report(Event::new("LINK", about(reference), EventKind::FetchNeeded))
            .await;
        assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
    }
}

async fn an_attempt_on_another_link_first_is_posted_where_it_succeeds(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let mut payment = bench
        .gateway
        .attempt(a.reference.as_str(), "10.00", PaymentStatus::Pending);
    bench
        .report(paid_event(a.reference.as_str(), &payment))
        .await;
    payment.status = PaymentStatus::Succeeded;
    bench
        .report(paid_event(b.reference.as_str(), &payment))
        .await;
    assert_eq!(bench.totals("b").await, "10.00 10.00 0.00 succeeded");
}

async fn the_status_of_an_attempt_does_not_depend_on_the_order_of_reports(database: Database) {
    let mut seen = vec![];
    for flip in [false, true] {
        let bench = Bench::new(database).await;
        let a = bench.url(&invoice("a", "10.00")).await;
        let payment = bench
            .gateway
            .attempt(a.reference.as_str(), "10.00", PaymentStatus::Pending);
        let mut failed = payment.clone();
        failed.status = PaymentStatus::Failed;
        let order = if flip {
            [&failed, &payment]
        } else {
            [&payment, &failed]
        };
        for x in order {
            bench.report(paid_event(a.reference.as_str(), x)).await;
        }
        seen.push(bench.view("a").await.payments[0].payment.status.clone());
    }
    assert_eq!(seen[0], seen[1]);
}

async fn the_total_of_another_link_allows_nothing(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "500.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let (reference_a, reference_b) = (a.reference.as_str(), b.reference.as_str());
    let payment_a = bench.gateway.pay(reference_a, "500.00");
    bench.report(paid_event(reference_a, &payment_a)).await;
    let snapshot_a = EventKind::Snapshot(bench.gateway.snapshot(reference_a));
    let mut payment_b = Payment::new(
        PaymentId::new("x").unwrap(),
        PaymentStatus::Succeeded,
        Money::from_decimal("400.00", Currency::INR).unwrap(),
    );
    payment_b.order_id = OrderId::new("ob").ok();
    bench
        .receive(&[
            Event::new("L", about(reference_a), snapshot_a),
            paid_event(reference_b, &payment_b),
        ])
        .await;
    bench.apply_all().await;
    assert!(
        bench
            .gateway
            .state()
            .calls
            .iter()
            .any(|connection| connection.starts_with("fetch"))
    );
}

async fn an_unknown_status_does_not_replace_success(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let succeeded = bench.gateway.pay(reference, "200.12");
    let mut unknown = succeeded.clone();
    unknown.status = PaymentStatus::Unknown("succeeded".into());
    for payment in [&unknown, &succeeded] {
        bench.report(paid_event(reference, payment)).await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn an_id_posted_on_another_checkout_is_not_taken_over(database: Database) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let payment = bench.gateway.pay(a.reference.as_str(), "10.00");
    bench
        .report(paid_event(a.reference.as_str(), &payment))
        .await;
    let mut other = payment.clone();
    other.id = PaymentId::new("w").unwrap();
    bench.report(paid_event(b.reference.as_str(), &other)).await;
    bench.gateway.add_to_list(b.reference.as_str(), payment);
    bench
        .gateway
        .set_status(b.reference.as_str(), CheckoutStatus::Paid);
    bench.report(changed(b.reference.as_str())).await;
    let view_a = bench.view("a").await;
    assert_eq!(
        view_a.payments.len(),
        1,
        "a has received {} with no payment",
        view_a.received
    );
}

async fn a_claimed_order_that_counts_on_another_checkout_stays_there_and_so_does_its_refund(
    database: Database,
) {
    let bench = Bench::new(database).await;
    let a = bench.url(&invoice("a", "10.00")).await;
    let b = bench.url(&invoice("b", "10.00")).await;
    let payment = bench.gateway.pay(a.reference.as_str(), "10.00");
    let id = RefundId::new("r").unwrap();
    let mut refund = Refund::new(id, RefundStatus::Succeeded, payment.amount);
    refund.order_id.clone_from(&payment.order_id);
    let of_order = EventTarget::none().with_order_id(payment.order_id.clone());
    let refund = |gateway_type| {
        let kind = EventKind::Refund(refund.clone());
        vec![Event::new(gateway_type, of_order.clone(), kind)]
    };
    let claim = claim_events(&bench.gateway, a.reference.as_str(), &payment);
    let own = paid_event(a.reference.as_str(), &payment);
    for events in [claim, vec![own], refund("REFUND")] {
        bench.receive(&events).await;
        bench.apply_all().await;
    }
    // The gateway's list of another link names the same order.
    let mut listed = bench.gateway.pay(b.reference.as_str(), "10.00");
    listed.order_id = payment.order_id;
    bench
        .gateway
        .list(b.reference.as_str(), vec![listed.clone()]);
    let claim = claim_events(&bench.gateway, b.reference.as_str(), &listed);
    let own = paid_event(b.reference.as_str(), &listed);
    let look = changed(b.reference.as_str());
    for events in [claim, vec![own], vec![look], refund("REFUND.V2")] {
        bench.receive(&events).await;
        bench.apply_all().await;
    }
    for id in ["a", "b"] {
        assert_eq!(bench.totals(id).await, "10.00 10.00 0.00 succeeded");
    }
    let given_back = Money::from_decimal("10.00", Currency::INR).unwrap();
    assert_eq!(bench.view("a").await.refunded, given_back);
    assert!(bench.view("b").await.refunded.is_zero());
    let deliveries = bench.deliveries().await;
    let applied = |delivery: &Delivery| delivery.state == DeliveryState::Applied;
    assert!(deliveries.iter().all(applied), "{deliveries:#?}");
    let audit = bench.host.audit_ledger(None).await.unwrap();
    assert!(audit.is_sound(), "{:#?}", audit.findings);
}
