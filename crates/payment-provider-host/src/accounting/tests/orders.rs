//! Every order of each history.

use super::histories::{HISTORIES, Report, assert_finished, events, inbox, payments};

/// All orders of a multiset, each once.
pub(super) fn orders(mut reports: Vec<Report>) -> Vec<Vec<Report>> {
    reports.sort();
    let mut all = Vec::new();
    loop {
        all.push(reports.clone());
        // The next one in lexicographic order.
        let Some(pivot) = (1..reports.len())
            .rev()
            .find(|at| reports[at - 1] < reports[*at])
        else {
            return all;
        };
        let least = reports[pivot - 1];
        let swap = (pivot..reports.len()).rev().find(|at| reports[*at] > least);
        reports.swap(pivot - 1, swap.expect("the pivot itself is larger"));
        reports[pivot..].reverse();
    }
}

#[test]
fn every_order_of_a_history_ends_in_the_same_totals() {
    let mut count = 0;
    for history in HISTORIES {
        for order in orders(history.reports.to_vec()) {
            // Deliveries one after another, all at once, and with payment events expected.
            for (at_once, expected) in [(false, false), (true, false), (false, true)] {
                let mut inbox = inbox(history.partial, payments(history.payments, false));
                inbox.receives_payment_events = expected;
                for report in &order {
                    let events = events(&inbox.gateway, *report);
                    inbox.receive(events);
                    if !at_once {
                        inbox.work();
                    }
                }
                inbox.finish();
                assert_finished(&inbox, &(history.name, &order));
                assert_eq!(
                    inbox.totals(),
                    history.totals,
                    "{}: {order:?}",
                    history.name
                );
            }
            count += 1;
        }
    }
    println!("{count} orders of {} histories", HISTORIES.len());
    assert!(count > 1_044, "{count}");
}

#[test]
fn every_order_ends_in_the_same_totals_at_a_gateway_without_a_status_api() {
    for history in HISTORIES {
        // Claims and hints need the list of payments, which this gateway does not have.
        let reports: Vec<_> = history
            .reports
            .iter()
            .copied()
            .filter(|report| {
                !matches!(
                    report,
                    Report::FetchNeeded | Report::Claimed(_) | Report::ClaimedById(_)
                )
            })
            .collect();
        if !(0..history.payments.len()).all(|number| {
            reports.contains(&Report::Paid(number))
                || reports.contains(&Report::PaidWithTotal(number))
        }) {
            continue;
        }
        for order in orders(reports) {
            let mut inbox = inbox(history.partial, payments(history.payments, false));
            inbox.gateway.has_status_api = false;
            for report in &order {
                let events = events(&inbox.gateway, *report);
                inbox.receive(events);
                inbox.work();
            }
            inbox.finish();
            assert_finished(&inbox, &(history.name, &order));
            assert_eq!(
                inbox.totals(),
                history.totals,
                "{}: {order:?}",
                history.name
            );
            assert_eq!(inbox.gateway.fetches, 0);
        }
    }
}
