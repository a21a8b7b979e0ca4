//! The amounts of refunds, and their sum.

use payment_provider_core::*;
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::prelude::*;

use super::{paid, reads, receive, refund, refund_event, refunded};
use crate::fixture::database::{Database, each_database};
use crate::fixture::{invoice, rupees};

each_database! {
    a_refund_is_counted_once_and_what_is_paid_stays_paid,
    refunds_add_up_and_one_that_comes_back_is_taken_off_again,
    a_refund_in_another_currency_is_recorded_and_not_added,
    a_refund_of_more_than_was_received_is_counted_and_recorded,
    a_refund_with_two_amounts_counts_with_the_same_one_in_either_order,
}

async fn a_refund_is_counted_once_and_what_is_paid_stays_paid(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    for status in [RefundStatus::Pending, RefundStatus::Succeeded] {
        let report = refund("r1", &payment, status, "50.00");
        // Once for each address and version that is set up in the dashboard.
        for gateway_type in ["REFUND", "REFUND.V2"] {
            receive(&bench, refund_event(gateway_type, &report)).await;
        }
    }
    let view = bench.view("inv").await;
    assert_eq!(view.refunded, rupees("50.00"));
    assert_eq!(view.due, rupees("0.00"));
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let known: Vec<_> = view.refunds.iter().map(|known| &known.refund).collect();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].status, RefundStatus::Succeeded);
    assert_eq!(view.refunds[0].checkout, view.checkouts[0].reference);
    assert_eq!(notified.all(), ["succeeded 50.00 succeeded"]);
    assert_eq!(reads(&bench), 0);
}

async fn refunds_add_up_and_one_that_comes_back_is_taken_off_again(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    let (succeeded, failed) = (RefundStatus::Succeeded, RefundStatus::Failed);
    let reports = [
        ("A", "r1", &succeeded, "150.00"),
        ("B", "r2", &succeeded, "50.12"),
        ("C", "r1", &failed, "150.00"),
        ("D", "r1", &succeeded, "150.00"),
    ];
    for (gateway_type, id, status, amount) in reports {
        let report = refund(id, &payment, status.clone(), amount);
        receive(&bench, refund_event(gateway_type, &report)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "50.12");
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let expected = [
        "succeeded 150.00 succeeded",
        "succeeded 200.12 succeeded",
        "failed 50.12 succeeded",
    ];
    assert_eq!(notified.all(), expected);
    // A payable that is refunded in full is not due again.
    let reason = bench.nothing_due(&invoice("inv", "200.12")).await;
    assert_eq!(reason, NothingDue::Paid);
}

async fn a_refund_in_another_currency_is_recorded_and_not_added(database: Database) {
    let (bench, notified, payment) = paid(database).await;
    let mut report = refund("r1", &payment, RefundStatus::Succeeded, "1.00");
    report.amount = Money::from_decimal("5.00", "USD".parse().unwrap()).unwrap();
    for gateway_type in ["A", "B"] {
        receive(&bench, refund_event(gateway_type, &report)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "0.00");
    assert_eq!(notified.all(), ["succeeded 0.00 succeeded"]);
    let said =
        "refund r1 gives back USD 5.00, but the payable is in INR: it counts toward no total";
    assert_eq!(bench.lines(AuditEvent::Mismatch).await, [said]);
    assert_eq!(
        bench.view("inv").await.refunds[0].refund.amount,
        report.amount
    );
}

async fn a_refund_of_more_than_was_received_is_counted_and_recorded(database: Database) {
    let (bench, _, payment) = paid(database).await;
    for (id, amount) in [("r1", "200.12"), ("r2", "0.88")] {
        let report = refund(id, &payment, RefundStatus::Succeeded, amount);
        receive(&bench, refund_event("REFUND", &report)).await;
    }
    assert_eq!(refunded(&bench, "inv").await, "201.00");
    let said = "the gateway reports refunds of INR 201.00, INR 0.88 more than is known here to have \
                been received";
    assert_eq!(bench.lines(AuditEvent::Mismatch).await, [said]);
}

async fn a_refund_with_two_amounts_counts_with_the_same_one_in_either_order(database: Database) {
    for amounts in [["50.00", "60.00"], ["60.00", "50.00"]] {
        let (bench, _, payment) = paid(database).await;
        for amount in amounts {
            let report = refund("r1", &payment, RefundStatus::Succeeded, amount);
            receive(&bench, refund_event("REFUND", &report)).await;
        }
        assert_eq!(refunded(&bench, "inv").await, "60.00");
        let said = bench.lines(AuditEvent::Mismatch).await;
        assert!(said[0].ends_with("both as succeeded: INR 60.00 stands"));
    }
}
