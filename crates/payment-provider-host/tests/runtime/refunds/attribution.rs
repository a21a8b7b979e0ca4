//! The payment and the payable that a refund belongs to.

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;

use super::{last_state, paid, pay, reads, receive, refund, refund_event, refunded};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice, rupees};
use crate::gateway::{about, claim_events, paid_event};

each_database! {
    reports_about_another_payment_of_our_order_are_not_ours,
    a_refund_before_its_payment_has_the_list_fetched_and_is_counted,
    a_refund_without_a_status_api_waits_for_its_payment,
    a_payment_id_alone_finds_the_checkout_before_and_after_the_payment_event,
    a_refund_finds_a_payment_that_only_a_claim_reports,
    the_payment_says_whose_refund_it_is_better_than_an_order,
    a_refund_with_two_payments_is_of_the_same_one_in_any_order,
    a_refund_with_two_orders_is_of_the_same_checkout_in_either_order,
}

async fn reports_about_another_payment_of_our_order_are_not_ours(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    let before = bench.view("inv").await.history.len();
    let mut strange = payment.clone();
    strange.id = PaymentId::new("of-another-customer").unwrap();
    let of_refund = refund_event(
        "REFUND",
        &refund("r1", &strange, RefundStatus::Succeeded, "50.00"),
    );
    let mut dispute = Dispute::new(
        DisputeId::new("d1").unwrap(),
        DisputeStatus::Open,
        rupees("200.12"),
    );
    dispute.payment_id = Some(strange.id.clone());
    let contested = Event::new(
        "DISPUTE",
        of_refund.target.clone(),
        EventKind::Dispute(dispute),
    );
    for event in [of_refund, contested] {
        let asked = reads(&bench);
        // Its copy as well says nothing of ours.
        for _ in 0..2 {
            receive(&bench, event.clone()).await;
            assert_eq!(last_state(&bench).await, DeliveryState::Unmatched);
        }
        assert_eq!(reads(&bench), asked + 2, "the checkout and its payments");
    }
    let view = bench.view("inv").await;
    let events = view.history[before..].iter().map(|line| line.event);
    let of_others = events.filter(|kind| {
        // A change of our own checkout is no report of theirs.
        !matches!(
            kind,
            AuditEvent::PaymentsFetched | AuditEvent::CheckoutChanged
        )
    });
    assert_eq!(of_others.collect::<Vec<_>>(), []);
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert!(notified.all().is_empty());

    // Unless it turns out that it is: the payer paid twice.
    let reference = view.checkouts[0].reference.clone();
    strange.order_id = OrderId::new("order-2").ok();
    bench
        .gateway
        .add_to_list(reference.as_str(), strange.clone());
    receive(&bench, paid_event(reference.as_str(), &strange)).await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(bench.lines(AuditEvent::Dispute).await.len(), 1);
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
}

async fn a_refund_before_its_payment_has_the_list_fetched_and_is_counted(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let report = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let event = Event::new("REFUND", about(reference), EventKind::Refund(report));
    receive(&bench, event).await;
    assert_eq!(last_state(&bench).await, DeliveryState::Applied);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    assert_eq!(bench.lines(AuditEvent::DeliveryReceived).await.len(), 1);
    assert!(bench.lines(AuditEvent::Mismatch).await.is_empty());
}

async fn a_refund_without_a_status_api_waits_for_its_payment(database: Database) {
    let bench = Bench::new(database).await;
    bench.gateway.state().unaskable = true;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let report = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
    let event = Event::new("REFUND", about(reference), EventKind::Refund(report));
    receive(&bench, event).await;
    assert_eq!(last_state(&bench).await, DeliveryState::Unmatched);
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    receive(&bench, paid_event(reference, &payment)).await;
    assert_eq!(refunded(&bench, "inv").await, "50.00");
    let states = bench.deliveries().await.into_iter();
    let states: Vec<_> = states.map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Applied; 2]);
}

async fn a_payment_id_alone_finds_the_checkout_before_and_after_the_payment_event(
    database: Database,
) {
    for refund_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let payment = bench.gateway.pay(reference, "200.12");
        let report = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
        let event = Event::new("REFUND", EventTarget::none(), EventKind::Refund(report));
        let mut events = [event, paid_event(reference, &payment)];
        if !refund_first {
            events.reverse();
        }
        for event in events {
            receive(&bench, event).await;
        }
        assert_eq!(refunded(&bench, "inv").await, "50.00", "{refund_first}");
    }
}

async fn a_refund_finds_a_payment_that_only_a_claim_reports(database: Database) {
    for refund_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "200.12");
        let report = refund("r1", &listed, RefundStatus::Succeeded, "50.00");
        let event = Event::new("REFUND", about(reference), EventKind::Refund(report));
        let claim = claim_events(&bench.gateway, reference, &listed);
        let mut deliveries = [vec![event], claim];
        if !refund_first {
            deliveries.reverse();
        }
        for events in deliveries {
            bench.receive(&events).await;
            bench.apply_all().await;
        }
        assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
        assert_eq!(refunded(&bench, "inv").await, "50.00", "{refund_first}");
    }
}

async fn the_payment_says_whose_refund_it_is_better_than_an_order(database: Database) {
    for by_order_first in [true, false] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut by_order = refund("r1", &one, RefundStatus::Pending, "50.00");
        by_order.payment_id = None;
        let mut by_payment = refund("r1", &two, RefundStatus::Succeeded, "50.00");
        by_payment.order_id = None;
        let mut done = by_order.clone();
        done.status = RefundStatus::Succeeded;
        let mut events = [by_order, done, by_payment].map(|report| refund_event("REFUND", &report));
        if !by_order_first {
            events.reverse();
        }
        for event in events {
            receive(&bench, event).await;
        }
        let totals = (
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        );
        assert_eq!(totals, ("0.00".to_owned(), "50.00".to_owned()));
    }
}

async fn a_refund_with_two_payments_is_of_the_same_one_in_any_order(database: Database) {
    let mut ends = Vec::new();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut by_order = refund("r1", &one, RefundStatus::Succeeded, "50.00");
        by_order.payment_id = None;
        let reports = [
            refund("r1", &one, RefundStatus::Succeeded, "50.00"),
            refund("r1", &two, RefundStatus::Pending, "50.00"),
            by_order,
        ];
        for number in order {
            receive(&bench, refund_event("REFUND", &reports[number])).await;
        }
        let audit = bench.host.audit_ledger(None).await.unwrap();
        assert!(audit.is_sound(), "{order:?}: {:#?}", audit.findings);
        let totals = [
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        ];
        let of_both = [
            bench.view("inv").await.refunds,
            bench.view("inv-2").await.refunds,
        ];
        let said = [bench.view("inv").await, bench.view("inv-2").await]
            .into_iter()
            .flat_map(|view| view.history)
            .any(|line| line.event == AuditEvent::Mismatch && line.detail.contains("payment"));
        assert!(said, "{order:?}");
        let payments = of_both.map(|refunds| {
            let named = refunds.into_iter().map(|known| known.refund.payment_id);
            named.collect::<Vec<_>>()
        });
        ends.push((totals, payments));
    }
    let expected = ["0.00".to_owned(), "50.00".to_owned()];
    assert_eq!(ends[0].0, expected, "the later id stands");
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:#?}");
}

async fn a_refund_with_two_orders_is_of_the_same_checkout_in_either_order(database: Database) {
    for reversed in [false, true] {
        let bench = Bench::new(database).await;
        let (one, two) = (pay(&bench, "inv").await, pay(&bench, "inv-2").await);
        let mut reports = [one, two].map(|payment| {
            let mut report = refund("r1", &payment, RefundStatus::Succeeded, "50.00");
            report.payment_id = None;
            report
        });
        if reversed {
            reports.reverse();
        }
        for report in &reports {
            receive(&bench, refund_event("REFUND", report)).await;
        }
        let totals = [
            refunded(&bench, "inv").await,
            refunded(&bench, "inv-2").await,
        ];
        assert_eq!(totals, ["50.00", "0.00"], "{reversed}");
        let audit = bench.host.audit_ledger(None).await.unwrap();
        assert!(audit.is_sound(), "{:#?}", audit.findings);
    }
}
