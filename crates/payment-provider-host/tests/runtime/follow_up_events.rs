//! Refunds, disputes and settlements: recorded in the history, never posted.

use std::time::Duration;

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::inbox::DeliveryState;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, rupees};
use crate::gateway::{Fault, about, changed, paid_event};

each_database! {
    refunds_and_disputes_are_recorded_once_each_and_change_no_total,
    a_state_that_comes_back_is_noted_again,
    a_delivery_tried_again_adds_no_history_about_a_refund,
    a_delivery_that_has_to_wait_is_noted_in_its_place,
    a_refund_before_its_payment_waits_for_it,
    a_settlement_is_ignored_unless_it_names_a_checkout,
}

fn refund(order: &OrderId, status: RefundStatus) -> Refund {
    let mut refund = Refund::new(RefundId::new("r-1").unwrap(), status, rupees("50.00"));
    refund.order_id = Some(order.clone());
    refund
}

fn dispute(status: DisputeStatus) -> Dispute {
    let mut dispute = Dispute::new(DisputeId::new("d-1").unwrap(), status, rupees("200.12"));
    dispute.stage = Some(DisputeStage::Chargeback);
    dispute
}

/// An event as gateways send them after a payment: it names the order and nothing else.
fn of_order(gateway_type: &str, order: &OrderId, kind: EventKind) -> Event {
    let target = EventTarget::none().with_order_id(Some(order.clone()));
    Event::new(gateway_type, target, kind)
}

/// A payable that is paid, and the order it was paid by.
async fn paid(database: Database) -> (Bench, OrderId) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &payment)).await;
    (bench, payment.order_id.unwrap())
}

async fn refunds_and_disputes_are_recorded_once_each_and_change_no_total(database: Database) {
    let (bench, order) = paid(database).await;
    let before = bench.totals("inv").await;
    assert_eq!(before, "200.12 200.12 0.00 succeeded");
    for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
        let kind = EventKind::Refund(refund(&order, status));
        // Once for each address and version that is set up in the dashboard.
        for gateway_type in ["REFUND", "REFUND.V2"] {
            bench
                .receive(&[of_order(gateway_type, &order, kind.clone())])
                .await;
        }
    }
    for status in [DisputeStatus::Open, DisputeStatus::Lost] {
        let kind = EventKind::Dispute(dispute(status));
        bench.receive(&[of_order("DISPUTE", &order, kind)]).await;
    }
    bench.apply_all().await;
    assert_eq!(
        bench.lines(AuditEvent::Refund).await,
        [
            "refund r-1 of INR 50.00: pending",
            "refund r-1 of INR 50.00: succeeded"
        ]
    );
    assert_eq!(
        bench.lines(AuditEvent::Dispute).await,
        [
            "chargeback d-1 of INR 200.12: open",
            "chargeback d-1 of INR 200.12: lost"
        ]
    );
    assert_eq!(bench.totals("inv").await, before);
    assert_eq!(bench.states().await, [DeliveryState::Applied; 7]);
    let calls = bench.gateway.state().calls.clone();
    assert!(
        calls.iter().all(|call| call.starts_with("create")),
        "nothing was asked for: {calls:?}"
    );
}

/// A delivery that differs from every earlier one.
fn numbered(number: usize, order: &OrderId, kind: EventKind) -> Event {
    of_order(&format!("REPORTED.{number}"), order, kind)
}

async fn a_state_that_comes_back_is_noted_again(database: Database) {
    let (bench, order) = paid(database).await;
    let on_hold = RefundStatus::OnHold;
    let refunds = [
        on_hold.clone(),
        RefundStatus::Pending,
        on_hold,
        RefundStatus::Succeeded,
        RefundStatus::Pending,
    ];
    let disputes = [
        DisputeStatus::Open,
        DisputeStatus::UnderReview,
        DisputeStatus::Open,
    ];
    let refunds = refunds.map(|status| EventKind::Refund(refund(&order, status)));
    let disputes = disputes.map(|status| EventKind::Dispute(dispute(status)));
    for (number, kind) in refunds.into_iter().chain(disputes).enumerate() {
        // Reports of another refund and dispute in between change nothing about these.
        let (mut of_other, mut contested) = (
            refund(&order, RefundStatus::Failed),
            dispute(DisputeStatus::Won),
        );
        of_other.id = RefundId::new("r-2").unwrap();
        contested.id = DisputeId::new("d-2").unwrap();
        for kind in [
            kind.clone(),
            EventKind::Refund(of_other),
            EventKind::Dispute(contested),
            kind,
        ] {
            bench.clock.advance(Duration::from_secs(1));
            let many = bench.deliveries().await.len();
            bench
                .report(numbered(number * 100 + many, &order, kind))
                .await;
        }
    }
    let of = |lines: Vec<String>, id: &str| -> Vec<String> {
        let about = lines.iter().filter(|line| line.contains(id));
        about
            .filter_map(|line| Some(line.split_once(": ")?.1.to_owned()))
            .collect()
    };
    let refunds = bench.lines(AuditEvent::Refund).await;
    assert_eq!(
        of(refunds.clone(), "r-1"),
        ["on_hold", "pending", "on_hold", "succeeded", "pending"]
    );
    assert_eq!(of(refunds, "r-2"), ["failed"]);
    let disputes = bench.lines(AuditEvent::Dispute).await;
    assert_eq!(
        of(disputes.clone(), "d-1"),
        ["open", "under_review", "open"]
    );
    assert_eq!(of(disputes, "d-2"), ["won"]);
}

async fn a_delivery_tried_again_adds_no_history_about_a_refund(database: Database) {
    let (bench, order) = paid(database).await;
    for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
        bench.clock.advance(Duration::from_secs(1));
        let kind = EventKind::Refund(refund(&order, status));
        bench.report(of_order("REFUND", &order, kind)).await;
    }
    let noted = bench.lines(AuditEvent::Refund).await;
    assert_eq!(noted.len(), 2);
    let first = bench.deliveries().await.remove(1).key;
    let host = &bench.host;
    let retried = host.retry_delivery(&connection("main"), &first).await;
    assert!(retried.unwrap());
    bench.clock.advance(Duration::from_secs(1));
    bench.apply_all().await;
    assert_eq!(bench.lines(AuditEvent::Refund).await, noted);
}

async fn a_delivery_that_has_to_wait_is_noted_in_its_place(database: Database) {
    let (bench, order) = paid(database).await;
    let view = bench.view("inv").await;
    let reference = view.checkouts[0].reference.to_string();
    let [earlier, later] = [RefundStatus::Pending, RefundStatus::Succeeded]
        .map(|status| of_order("REFUND", &order, EventKind::Refund(refund(&order, status))));
    // The first one waits for the gateway, which is away.
    let hint = changed(&reference);
    bench.gateway.fail_next(Fault::Down);
    bench.receive(&[hint, earlier]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    bench.clock.advance(Duration::from_millis(1));
    bench.receive(&[later]).await;
    bench.host.apply_due_deliveries().await.unwrap();
    assert_eq!(bench.lines(AuditEvent::Refund).await.len(), 1);
    bench.apply_all().await;
    assert_eq!(
        bench.lines(AuditEvent::Refund).await,
        [
            "refund r-1 of INR 50.00: pending",
            "refund r-1 of INR 50.00: succeeded"
        ]
    );
}

async fn a_refund_before_its_payment_waits_for_it(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let order = payment.order_id.clone().unwrap();
    let kind = EventKind::Refund(refund(&order, RefundStatus::Succeeded));
    bench.report(of_order("REFUND", &order, kind)).await;
    assert_eq!(bench.states().await, [DeliveryState::Unmatched]);
    bench.report(paid_event(reference, &payment)).await;
    assert_eq!(bench.states().await, [DeliveryState::Applied; 2]);
    assert_eq!(bench.lines(AuditEvent::Refund).await.len(), 1);
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn a_settlement_is_ignored_unless_it_names_a_checkout(database: Database) {
    let (bench, _) = paid(database).await;
    let view = bench.view("inv").await;
    let reference = view.checkouts.last().unwrap().reference.clone();
    let id = SettlementId::new("s-1").unwrap();
    let settlement = Settlement::new(id, SettlementStatus::Succeeded, rupees("195.00"));
    let kind = EventKind::Settlement(settlement);
    let of_nothing = Event::new("SETTLED", EventTarget::none(), kind.clone());
    let of_checkout = Event::new("SETTLED", about(reference.as_str()), kind);
    for event in [of_nothing, of_checkout] {
        bench.receive(&[event]).await;
    }
    bench.apply_all().await;
    assert_eq!(
        bench.states().await,
        [
            DeliveryState::Applied,
            DeliveryState::Ignored,
            DeliveryState::Applied
        ]
    );
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}
