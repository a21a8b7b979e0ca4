//! Disputes: each is kept in its latest state, and listed while it is open.

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::*;
use payment_provider_host::inbox::ParkOutcome;
use payment_provider_host::payable::Attention;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, connection, invoice, organization, rupees};
use crate::gateway::paid_event;

each_database! {
    a_dispute_is_kept_with_its_deadline_in_every_order_of_arrival,
    a_closed_dispute_stays_closed,
    open_disputes_are_listed_by_deadline_for_their_organization_alone,
    refunds_that_failed_or_are_on_hold_are_listed,
    the_attention_of_one_organization_shows_nothing_of_another,
}

/// A payable that is paid, and its payment.
async fn paid(bench: &Bench, id: &str) -> Payment {
    let url = bench.url(&invoice(id, "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    bench.report(paid_event(reference, &payment)).await;
    payment
}

fn dispute(id: &str, payment: &Payment, status: DisputeStatus, updated_at: i64) -> Dispute {
    let mut dispute = Dispute::new(DisputeId::new(id).unwrap(), status, rupees("200.12"));
    dispute.stage = Some(DisputeStage::Chargeback);
    dispute.payment_id = Some(payment.id.clone());
    dispute.order_id.clone_from(&payment.order_id);
    dispute.updated_at = Some(second(updated_at));
    dispute
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A report of a dispute by the order, as gateways send it.
fn event(gateway_type: &str, dispute: &Dispute) -> Event {
    let target = EventTarget::none().with_order_id(dispute.order_id.clone());
    Event::new(gateway_type, target, EventKind::Dispute(dispute.clone()))
}

/// `id status deadline` of each dispute of a payable.
async fn kept(bench: &Bench, id: &str) -> Vec<String> {
    let disputes = bench.view(id).await.disputes;
    let shown = disputes.iter().map(|known| {
        let Dispute {
            id,
            status,
            respond_by,
            ..
        } = &known.dispute;
        let deadline = respond_by.map_or(0, Timestamp::as_second);
        format!("{id} {} {deadline}", status.as_str())
    });
    shown.collect()
}

/// The ids of the open disputes and of the stuck refunds of the organization.
async fn attention(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let organization = organization();
    let found = bench.host.attention(Some(&organization), 50).await.unwrap();
    let all = bench.host.attention(None, 50).await.unwrap();
    assert_eq!(found.disputes.len(), all.disputes.len());
    let disputes = found.disputes.iter();
    let refunds = found.refunds.iter();
    (
        disputes
            .map(|row| format!("{} {}", row.payable, row.known.dispute.id))
            .collect(),
        refunds
            .map(|row| format!("{} {}", row.payable, row.known.refund.id))
            .collect(),
    )
}

async fn a_dispute_is_kept_with_its_deadline_in_every_order_of_arrival(database: Database) {
    let bench = Bench::new(database).await;
    for (payable, order) in [
        ("inv-1", [0, 1, 2]),
        ("inv-2", [2, 0, 1]),
        ("inv-3", [1, 2, 0]),
    ] {
        let payment = paid(&bench, payable).await;
        let mut reports = [
            dispute(payable, &payment, DisputeStatus::Open, 10),
            dispute(payable, &payment, DisputeStatus::EvidenceInsufficient, 20),
            dispute(payable, &payment, DisputeStatus::UnderReview, 30),
        ];
        for (report, deadline) in reports.iter_mut().zip([100, 200, 300]) {
            report.respond_by = Some(second(deadline));
        }
        for report in order.map(|index| &reports[index]) {
            // Once for each address that is set up in the dashboard.
            bench.report(event("DISPUTE", report)).await;
            bench.report(event("DISPUTE.V2", report)).await;
        }
        let expected = format!("{payable} under_review 300");
        assert_eq!(kept(&bench, payable).await, [expected]);
    }
}

async fn a_closed_dispute_stays_closed(database: Database) {
    let bench = Bench::new(database).await;
    let payment = paid(&bench, "inv").await;
    for (status, at) in [
        (DisputeStatus::Open, 10),
        (DisputeStatus::Lost, 20),
        (DisputeStatus::Open, 10),
        (DisputeStatus::UnderReview, 30),
    ] {
        let report = dispute("d", &payment, status, at);
        bench.report(event(&format!("AT.{at}"), &report)).await;
    }
    assert_eq!(kept(&bench, "inv").await, ["d lost 0"]);
    assert_eq!(attention(&bench).await.0, [""; 0]);
    // A later stage is another decision.
    let mut appeal = dispute("d", &payment, DisputeStatus::Open, 40);
    appeal.stage = Some(DisputeStage::PreArbitration);
    bench.report(event("APPEAL", &appeal)).await;
    assert_eq!(attention(&bench).await.0, ["inv d"]);
}

async fn open_disputes_are_listed_by_deadline_for_their_organization_alone(database: Database) {
    let bench = Bench::new(database).await;
    for (payable, deadline) in [("inv-1", None), ("inv-2", Some(300)), ("inv-3", Some(200))] {
        let payment = paid(&bench, payable).await;
        let mut report = dispute(payable, &payment, DisputeStatus::Open, 10);
        report.respond_by = deadline.map(second);
        bench.report(event("DISPUTE", &report)).await;
    }
    let expected = ["inv-3 inv-3", "inv-2 inv-2", "inv-1 inv-1"];
    assert_eq!(attention(&bench).await.0, expected);
    let other = OrganizationId::new("another").unwrap();
    let none = bench.host.attention(Some(&other), 50).await.unwrap();
    assert!(none.disputes.is_empty());
    let first = bench.host.attention(None, 1).await.unwrap().disputes;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].known.dispute.respond_by, Some(second(200)));
}

async fn refunds_that_failed_or_are_on_hold_are_listed(database: Database) {
    let bench = Bench::new(database).await;
    let payment = paid(&bench, "inv").await;
    for (id, status) in [
        ("r-1", RefundStatus::OnHold),
        ("r-2", RefundStatus::Failed),
        ("r-3", RefundStatus::Pending),
        ("r-4", RefundStatus::OnHold),
        ("r-4", RefundStatus::Succeeded),
    ] {
        let mut refund = Refund::new(RefundId::new(id).unwrap(), status, rupees("1.00"));
        refund.payment_id = Some(payment.id.clone());
        let target = EventTarget::none().with_order_id(payment.order_id.clone());
        let report = Event::new("REFUND", target, EventKind::Refund(refund));
        bench.report(report).await;
    }
    assert_eq!(attention(&bench).await.1, ["inv r-2", "inv r-1"]);
}

async fn the_attention_of_one_organization_shows_nothing_of_another(database: Database) {
    let bench = Bench::new(database).await;
    let payment = paid(&bench, "inv").await;
    let open = dispute("d", &payment, DisputeStatus::Open, 10);
    bench.report(event("DISPUTE", &open)).await;
    let id = RefundId::new("r").unwrap();
    let mut refund = Refund::new(id, RefundStatus::Failed, rupees("1.00"));
    refund.payment_id = Some(payment.id.clone());
    let target = EventTarget::none().with_order_id(payment.order_id.clone());
    bench
        .report(Event::new("REFUND", target, EventKind::Refund(refund)))
        .await;
    bench.receive(&[event("DISPUTE.V2", &open)]).await;
    let key = bench.deliveries().await.pop().unwrap().key;
    let main = connection("main");
    let parked = bench.host.park_delivery(&main, &key, "test").await;
    assert_eq!(parked.unwrap(), ParkOutcome::Parked);

    let kinds = |found: &Attention| {
        let Attention {
            disputes,
            refunds,
            parked,
            ..
        } = found;
        [disputes.len(), refunds.len(), parked.len()]
    };
    let own = organization();
    let own = bench.host.attention(Some(&own), 50).await.unwrap();
    assert_eq!(kinds(&own), [1, 1, 1]);
    let other = OrganizationId::new("another").unwrap();
    bench.add_connection_of(&other, "main", "k1").await;
    let others = bench.host.attention(Some(&other), 50).await.unwrap();
    assert_eq!(kinds(&others), [0, 0, 0]);
    let all = bench.host.attention(None, 50).await.unwrap();
    assert_eq!(kinds(&all), [1, 1, 1]);
}
