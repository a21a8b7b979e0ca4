//! A payment that is reported more than once, by several event types and in any order, counts once.

use payment_provider_core::*;
use payment_provider_host::accounting::{AllocationOutcome, AuditEvent};

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, claim_events, link_events, paid_event};

each_database! {
    a_payment_reported_by_two_event_types_ten_times_counts_once,
    details_are_kept_whichever_event_brought_them,
    every_order_of_two_instalments_and_their_events_ends_equal,
    a_payment_that_a_link_event_claims_counts_once_in_either_order,
    a_claimed_instalment_counts_once_though_more_is_still_due,
    paid_without_a_payment_is_fetched_before_anything_is_posted,
    paid_with_less_is_posted_as_received_and_flagged,
    a_failed_attempt_never_takes_back_a_payment,
    a_payment_on_a_second_link_is_overpaid,
}

async fn a_payment_reported_by_two_event_types_ten_times_counts_once(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "200.12");
    let link = link_events(&bench.gateway, reference, &payment);
    let alone = vec![paid_event(reference, &payment)];
    for _ in 0..10 {
        bench.receive(&link).await;
        bench.receive(&alone).await;
        bench.apply_all().await;
    }
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    assert_eq!(bench.view("inv").await.payments.len(), 1);
    let deliveries = bench.deliveries().await;
    assert_eq!(
        deliveries
            .iter()
            .map(|d| d.delivery_count)
            .collect::<Vec<_>>(),
        [10, 10]
    );
    // All that was said agreed, so the gateway was never asked.
    assert!(
        bench
            .gateway
            .state()
            .calls
            .iter()
            .all(|call| call.starts_with("create"))
    );
}

async fn details_are_kept_whichever_event_brought_them(database: Database) {
    for link_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let bare = bench.gateway.pay(reference, "200.12");
        let mut full = bare.clone();
        full.method = Some("upi".to_owned());
        full.bank_reference = Some("1234567890".to_owned());
        let order = if link_first {
            [&bare, &full]
        } else {
            [&full, &bare]
        };
        for payment in order {
            bench.report(paid_event(reference, payment)).await;
        }
        let view = bench.view("inv").await;
        assert_eq!(view.payments[0].payment, full, "{link_first}");
    }
}

async fn every_order_of_two_instalments_and_their_events_ends_equal(database: Database) {
    let orders: [[usize; 4]; 6] = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1],
        [1, 3, 0, 2],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
    ];
    for order in orders {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let first = bench.gateway.pay(reference, "55.00");
        let first_link = link_events(&bench.gateway, reference, &first);
        let second = bench.gateway.pay(reference, "145.12");
        let second_link = link_events(&bench.gateway, reference, &second);
        let deliveries = [
            first_link,
            vec![paid_event(reference, &first)],
            second_link,
            vec![paid_event(reference, &second)],
        ];
        for position in order {
            bench.receive(&deliveries[position]).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{order:?}"
        );
        assert_eq!(bench.view("inv").await.payments.len(), 2, "{order:?}");
    }
}

async fn a_payment_that_a_link_event_claims_counts_once_in_either_order(database: Database) {
    for link_first in [true, false] {
        let bench = Bench::new(database).await;
        let url = bench.url(&invoice("inv", "200.12")).await;
        let reference = url.reference.as_str();
        let listed = bench.gateway.pay(reference, "200.12");
        let link = claim_events(&bench.gateway, reference, &listed);
        let alone = vec![paid_event(reference, &listed)];
        let order = if link_first {
            [&link, &alone]
        } else {
            [&alone, &link]
        };
        for events in order {
            bench.receive(events).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{link_first}"
        );
        let view = bench.view("inv").await;
        assert_eq!(view.payments.len(), 1, "{link_first}");
        assert_eq!(view.payments[0].payment.id, listed.id, "{link_first}");
        // Reported again either way in a delivery of other bytes, nothing more happens.
        let mut detailed = listed;
        detailed.method = Some("upi".to_owned());
        let claim = link.into_iter().take(1).collect();
        for events in [claim, vec![paid_event(reference, &detailed)]] {
            bench.receive(&events).await;
            bench.apply_all().await;
        }
        assert_eq!(
            bench.totals("inv").await,
            "200.12 200.12 0.00 succeeded",
            "{link_first}"
        );
    }
}

async fn a_claimed_instalment_counts_once_though_more_is_still_due(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let listed = bench.gateway.pay(reference, "55.00");
    let alone = vec![paid_event(reference, &listed)];
    for events in [alone, claim_events(&bench.gateway, reference, &listed)] {
        bench.receive(&events).await;
        bench.apply_all().await;
    }
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
}

async fn paid_without_a_payment_is_fetched_before_anything_is_posted(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    bench.gateway.pay(reference, "200.12");
    let snapshot = EventKind::Snapshot(bench.gateway.snapshot(reference));
    bench
        .report(Event::new("LINK", about(reference), snapshot))
        .await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
}

async fn paid_with_less_is_posted_as_received_and_flagged(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let payment = bench.gateway.pay(reference, "55.00");
    bench.gateway.set_status(reference, CheckoutStatus::Paid);
    bench
        .receive(&link_events(&bench.gateway, reference, &payment))
        .await;
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "55.00 55.00 0.00 processing");
    let view = bench.view("inv").await;
    assert_eq!(
        view.payments[0].allocation.map(|it| it.outcome),
        Some(AllocationOutcome::AmountMismatch)
    );
    assert!(
        view.history
            .iter()
            .any(|entry| entry.event == AuditEvent::Mismatch)
    );
    assert_eq!(view.due.decimal().to_string(), "145.12");
}

async fn a_failed_attempt_never_takes_back_a_payment(database: Database) {
    let bench = Bench::new(database).await;
    let url = bench.url(&invoice("inv", "200.12")).await;
    let reference = url.reference.as_str();
    let failed = bench
        .gateway
        .attempt(reference, "200.12", PaymentStatus::Failed);
    bench.report(paid_event(reference, &failed)).await;
    assert_eq!(bench.totals("inv").await, "0.00 0.00 0.00 pending");

    let paid = bench.gateway.pay(reference, "200.12");
    bench.receive(&[paid_event(reference, &paid)]).await;
    let mut downgraded = paid;
    downgraded.status = PaymentStatus::Failed;
    bench.report(paid_event(reference, &downgraded)).await;
    assert_eq!(bench.totals("inv").await, "200.12 200.12 0.00 succeeded");
    let view = bench.view("inv").await;
    assert_eq!(view.payments[1].payment.status, PaymentStatus::Succeeded);
}

async fn a_payment_on_a_second_link_is_overpaid(database: Database) {
    let bench = Bench::new(database).await;
    let invoice = invoice("inv", "200.12");
    let first = bench.url(&invoice).await;
    bench
        .clock
        .advance(std::time::Duration::from_mins(24 * 60 - 5));
    let second = bench.url(&invoice).await;
    // Both are paid: the payer had begun on the first before it was cancelled.
    for reference in [first.reference.as_str(), second.reference.as_str()] {
        let payment = bench.gateway.pay(reference, "200.12");
        bench
            .receive(&link_events(&bench.gateway, reference, &payment))
            .await;
    }
    bench.apply_all().await;
    assert_eq!(bench.totals("inv").await, "400.24 200.12 200.12 succeeded");
    let verdicts: Vec<_> = bench
        .view("inv")
        .await
        .payments
        .iter()
        .filter_map(|payment| payment.allocation)
        .map(|it| it.outcome)
        .collect();
    assert_eq!(verdicts.len(), 2);
    assert!(
        verdicts.contains(&AllocationOutcome::Exact)
            && verdicts.contains(&AllocationOutcome::Duplicate)
    );
}
