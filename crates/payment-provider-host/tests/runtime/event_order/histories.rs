//! Histories of one invoice, and every order of their reports.

use Report::*;

/// A report of a gateway, of payments counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Report {
    /// This attempt failed, in the same attempt as the payment of this number that succeeds or does not.
    Failed(usize),
    Paid(usize),
    /// The payment and the total together.
    PaidWithTotal(usize),
    /// The total at the end.
    Total,
    /// The total as it stood before anything was paid.
    NothingYet,
    Look,
    /// A refund of a payment: its number, its state, its amount in paise; named by the payment alone or
    /// by the order as well.
    Refund(usize, u8, RefundState, i64),
    Dispute(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RefundState {
    Pending,
    Succeeded,
    Failed,
}

/// The payments, the reports of them, and the resulting totals: `received applied overpaid refunded
/// progress`.
pub(super) struct History {
    pub(super) name: &'static str,
    pub(super) partial: bool,
    pub(super) payments: &'static [&'static str],
    pub(super) reports: &'static [Report],
    pub(super) comes_to: &'static str,
}

pub(super) const ASKED: &str = "200.12";

pub(super) const HISTORIES: &[History] = &[
    History {
        name: "failed, then paid in the same attempt, reported twice, and a total",
        partial: false,
        payments: &["200.12"],
        reports: &[Failed(0), Paid(0), Paid(0), Total, NothingYet],
        comes_to: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "instalments with totals and hints",
        partial: true,
        payments: &["55.00", "145.12"],
        reports: &[Paid(0), PaidWithTotal(1), Total, NothingYet, Look],
        comes_to: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "a refund in all its states, reported again",
        partial: false,
        payments: &["200.12"],
        reports: &[
            Paid(0),
            Refund(0, 1, RefundState::Pending, 5_000),
            Refund(0, 1, RefundState::Succeeded, 5_000),
            Refund(0, 1, RefundState::Succeeded, 5_000),
            Dispute(0),
            Total,
        ],
        comes_to: "200.12 200.12 0.00 50.00 succeeded",
    },
    History {
        name: "a refund that came back, and another",
        partial: false,
        payments: &["200.12"],
        reports: &[
            PaidWithTotal(0),
            Refund(0, 1, RefundState::Pending, 5_000),
            Refund(0, 1, RefundState::Succeeded, 5_000),
            Refund(0, 1, RefundState::Failed, 5_000),
            Refund(0, 2, RefundState::Succeeded, 2_512),
        ],
        comes_to: "200.12 200.12 0.00 25.12 succeeded",
    },
    History {
        name: "paid twice, the overpaid given back",
        partial: false,
        payments: &["200.12", "200.12"],
        reports: &[
            Failed(0),
            Paid(0),
            Paid(1),
            Refund(1, 1, RefundState::Succeeded, 20_012),
            Total,
        ],
        comes_to: "400.24 200.12 200.12 200.12 succeeded",
    },
    History {
        name: "too much at the end, given back in parts",
        partial: true,
        payments: &["55.00", "150.00"],
        reports: &[
            Paid(0),
            Paid(1),
            Refund(0, 1, RefundState::Succeeded, 5_500),
            Refund(1, 2, RefundState::Pending, 488),
            Refund(1, 2, RefundState::Succeeded, 488),
        ],
        comes_to: "205.00 200.12 4.88 59.88 succeeded",
    },
    History {
        name: "less than asked for, given back, and a dispute",
        partial: false,
        payments: &["55.00"],
        reports: &[
            Paid(0),
            NothingYet,
            Refund(0, 1, RefundState::Succeeded, 5_500),
            Dispute(0),
            Failed(0),
        ],
        comes_to: "55.00 55.00 0.00 55.00 processing",
    },
    History {
        name: "reports of what was never paid here",
        partial: false,
        payments: &["200.12"],
        reports: &[
            Paid(0),
            Refund(7, 1, RefundState::Succeeded, 5_000),
            Dispute(7),
            Total,
        ],
        comes_to: "200.12 200.12 0.00 0.00 succeeded",
    },
];

/// All orders of a multiset, each once.
pub(super) fn orders(mut reports: Vec<Report>) -> Vec<Vec<Report>> {
    reports.sort();
    let mut all = Vec::new();
    loop {
        all.push(reports.clone());
        // The next one in the order of the dictionary.
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
