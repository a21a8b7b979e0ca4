//! Histories: what a gateway reports of some payments, and what it must come to in every order.

use payment_provider_core::{
    CheckoutSnapshot, Currency, Dispute, DisputeId, DisputeStatus, Event, EventKind, EventTarget,
    Money, OrderId, Payment, PaymentClaim, PaymentId, PaymentStatus, Refund, RefundId,
    RefundStatus,
};

use super::inbox::{Gateway, Inbox, target};

/// A report of the gateway; payments are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Report {
    /// The attempt failed before it succeeded, or did not.
    Failed(usize),
    Paid(usize),
    /// The payment and the total in one delivery.
    PaidWithTotal(usize),
    /// The order of the payment as paid, without the payment's id, and the total.
    Claimed(usize),
    /// The payment by its id, in a report that is not enough to post by.
    ClaimedById(usize),
    /// The total at the end.
    Total,
    /// The total before anything was paid.
    NothingYet,
    /// Something changed.
    FetchNeeded,
    /// A refund: of which payment, its number, its state, and its amount in paise.
    Refunded(usize, u8, RefundState, i64),
    Disputed(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RefundState {
    Pending,
    Succeeded,
    Failed,
}

use Report::{
    Claimed, ClaimedById, Disputed, Failed, FetchNeeded, NothingYet, Paid, PaidWithTotal, Refunded,
    Total,
};

/// Payments, the reports of them, and the totals they come to.
pub(super) struct History {
    pub(super) name: &'static str,
    pub(super) partial: bool,
    pub(super) payments: &'static [&'static str],
    pub(super) reports: &'static [Report],
    pub(super) totals: &'static str,
}

pub(super) const ASKED: &str = "200.12";

pub(super) const HISTORIES: &[History] = &[
    History {
        name: "failed, then paid in the same attempt, reported twice, and a total",
        partial: false,
        payments: &["200.12"],
        reports: &[Failed(0), Paid(0), Paid(0), Total, NothingYet],
        totals: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "instalments with totals and hints",
        partial: true,
        payments: &["55.00", "145.12"],
        reports: &[Paid(0), PaidWithTotal(1), Total, NothingYet, FetchNeeded],
        totals: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "a refund in all its states, reported again",
        partial: false,
        payments: &["200.12"],
        reports: &[
            Paid(0),
            Refunded(0, 1, RefundState::Pending, 5_000),
            Refunded(0, 1, RefundState::Succeeded, 5_000),
            Refunded(0, 1, RefundState::Succeeded, 5_000),
            Disputed(0),
            Total,
        ],
        totals: "200.12 200.12 0.00 50.00 succeeded",
    },
    History {
        name: "a refund that came back, and another",
        partial: false,
        payments: &["200.12"],
        reports: &[
            PaidWithTotal(0),
            Refunded(0, 1, RefundState::Pending, 5_000),
            Refunded(0, 1, RefundState::Succeeded, 5_000),
            Refunded(0, 1, RefundState::Failed, 5_000),
            Refunded(0, 2, RefundState::Succeeded, 2_512),
        ],
        totals: "200.12 200.12 0.00 25.12 succeeded",
    },
    History {
        name: "paid twice, the overpaid part refunded",
        partial: false,
        payments: &["200.12", "200.12"],
        reports: &[
            Failed(0),
            Paid(0),
            Paid(1),
            Refunded(1, 1, RefundState::Succeeded, 20_012),
            Total,
        ],
        totals: "400.24 200.12 200.12 200.12 succeeded",
    },
    History {
        name: "too much at the end, refunded in parts",
        partial: true,
        payments: &["55.00", "150.00"],
        reports: &[
            Paid(0),
            Paid(1),
            Refunded(0, 1, RefundState::Succeeded, 5_500),
            Refunded(1, 2, RefundState::Pending, 488),
            Refunded(1, 2, RefundState::Succeeded, 488),
        ],
        totals: "205.00 200.12 4.88 59.88 succeeded",
    },
    History {
        name: "less than asked for, refunded, and a dispute",
        partial: false,
        payments: &["55.00"],
        reports: &[
            Paid(0),
            NothingYet,
            Refunded(0, 1, RefundState::Succeeded, 5_500),
            Disputed(0),
            Failed(0),
        ],
        totals: "55.00 55.00 0.00 55.00 processing",
    },
    History {
        name: "reports about a payment that was never made here",
        partial: false,
        payments: &["200.12"],
        reports: &[
            Paid(0),
            Refunded(7, 1, RefundState::Succeeded, 5_000),
            Disputed(7),
            Total,
        ],
        totals: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "a claim and the payment event of the same money, each twice",
        partial: false,
        payments: &["200.12"],
        reports: &[Claimed(0), Claimed(0), Paid(0), Paid(0), Failed(0)],
        totals: "200.12 200.12 0.00 0.00 succeeded",
    },
    History {
        name: "instalments that are only claimed, and a refund",
        partial: true,
        payments: &["55.00", "145.12"],
        reports: &[
            Claimed(0),
            Claimed(1),
            NothingYet,
            Refunded(1, 1, RefundState::Succeeded, 4_512),
        ],
        totals: "200.12 200.12 0.00 45.12 succeeded",
    },
    History {
        name: "instalments claimed by their ids, twice, and by an order",
        partial: true,
        payments: &["55.00", "145.12"],
        reports: &[
            ClaimedById(0),
            ClaimedById(1),
            ClaimedById(1),
            Claimed(1),
            Failed(0),
        ],
        totals: "200.12 200.12 0.00 0.00 succeeded",
    },
];

/// The payments of a history. Each has an order of its own unless `shared_order`.
pub(super) fn payments(amounts: &[&str], shared_order: bool) -> Vec<Payment> {
    let payment = |(number, amount): (usize, &&str)| {
        let amount = Money::from_decimal(amount, Currency::INR).expect("an amount");
        let id = PaymentId::new(format!("pay-{number}")).expect("an id");
        let order = if shared_order { 0 } else { number };
        let mut payment = Payment::new(id, PaymentStatus::Succeeded, amount);
        payment.order_id = OrderId::new(format!("order-{order}")).ok();
        payment
    };
    amounts.iter().enumerate().map(payment).collect()
}

/// An inbox for a payable of [`ASKED`] on which these payments were made.
pub(super) fn inbox(partial: bool, payments: Vec<Payment>) -> Inbox {
    let asked = Money::from_decimal(ASKED, Currency::INR).expect("an amount");
    Inbox::new(Gateway::new(asked, payments), partial)
}

/// The events by which a gateway makes a report.
pub(super) fn events(gateway: &Gateway, report: Report) -> Vec<Event> {
    let total = |paid: Money| {
        let snapshot = CheckoutSnapshot::new(gateway.status(paid), gateway.asked, paid);
        Event::new("TOTAL", target(), EventKind::Snapshot(snapshot))
    };
    let at_the_end = || total(Gateway::paid(&gateway.payments));
    let payment = |number: usize| {
        let payment = gateway.payments[number].clone();
        let named = target().with_order_id(payment.order_id.clone());
        Event::new("PAYMENT", named, EventKind::Payment(payment))
    };
    match report {
        Failed(number) => {
            let mut attempt = gateway.payments[number].clone();
            attempt.status = PaymentStatus::Failed;
            let named = target().with_order_id(attempt.order_id.clone());
            vec![Event::new("PAYMENT", named, EventKind::Payment(attempt))]
        }
        Paid(number) => vec![payment(number)],
        PaidWithTotal(number) => vec![payment(number), at_the_end()],
        Claimed(number) => {
            let payment = &gateway.payments[number];
            let order = payment.order_id.clone().expect("an order");
            // All that came in for this order by then.
            let paid: Vec<Payment> = gateway.payments[..=number]
                .iter()
                .filter(|payment| payment.order_id.as_ref() == Some(&order))
                .cloned()
                .collect();
            let claim = PaymentClaim::of_order(order, Gateway::paid(&paid));
            let claim = Event::new("LINK", target(), EventKind::PaymentClaimed(claim));
            vec![claim, total(Gateway::paid(&gateway.payments[..=number]))]
        }
        ClaimedById(number) => {
            let payment = gateway.payments[number].clone();
            let named = target().with_order_id(payment.order_id.clone());
            let claim = EventKind::PaymentClaimed(payment.into());
            vec![Event::new("PAYMENT", named, claim)]
        }
        Total => vec![at_the_end()],
        NothingYet => vec![total(Money::zero(Currency::INR))],
        FetchNeeded => vec![Event::new("HINT", target(), EventKind::FetchNeeded)],
        Refunded(number, id, state, amount) => {
            let id = RefundId::new(format!("refund-{id}")).expect("an id");
            let status = match state {
                RefundState::Pending => RefundStatus::Pending,
                RefundState::Succeeded => RefundStatus::Succeeded,
                RefundState::Failed => RefundStatus::Failed,
            };
            let amount = Money::from_minor_units(amount, Currency::INR);
            let mut refund = Refund::new(id, status, amount);
            let (payment, named) = contested(gateway, number);
            refund.payment_id = Some(payment);
            vec![Event::new("REFUND", named, EventKind::Refund(refund))]
        }
        Disputed(number) => {
            let id = DisputeId::new("dispute").expect("an id");
            let amount = Money::from_minor_units(100, Currency::INR);
            let mut dispute = Dispute::new(id, DisputeStatus::Open, amount);
            let (payment, named) = contested(gateway, number);
            dispute.payment_id = Some(payment);
            vec![Event::new("DISPUTE", named, EventKind::Dispute(dispute))]
        }
    }
}

/// A payment, and the order it is named with. A payment that does not exist is named with an order
/// that does.
fn contested(gateway: &Gateway, number: usize) -> (PaymentId, EventTarget) {
    let payment = gateway.payments.get(number);
    let id = payment.map_or_else(
        || PaymentId::new("pay-foreign").expect("an id"),
        |payment| payment.id.clone(),
    );
    let order = payment.unwrap_or(&gateway.payments[0]).order_id.clone();
    (id, EventTarget::none().with_order_id(order))
}

/// Asserts that everything was done, and that each payment was notified once.
pub(super) fn assert_finished(inbox: &Inbox, context: &dyn std::fmt::Debug) {
    assert_eq!(inbox.stuck, 0, "deliveries left over: {context:?}");
    let mut expected: Vec<String> = inbox
        .gateway
        .payments
        .iter()
        .map(|payment| payment.id.to_string())
        .collect();
    let mut notified = inbox.notified.clone();
    expected.sort();
    notified.sort();
    assert_eq!(notified, expected, "{context:?}");
}
