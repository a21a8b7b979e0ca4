//! Reports may arrive in any order and any number of times: the totals and the payment status end equal.
//! Every order of some histories, and some orders of many.

use Report::*;
use payment_provider_core::*;

use crate::fixture::database::{Database, each_database};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, paid_event};

/// A report of a gateway, of payments counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Report {
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
enum RefundState {
    Pending,
    Succeeded,
    Failed,
}

each_database! {
    every_order_of_a_history_ends_equal(threads = 2),
    every_order_of_a_history_ends_equal_without_a_status_api(threads = 2),
    histories_of_chance_come_to_the_same_in_any_order(threads = 2),
}

/// The payments, the reports of them, and the resulting totals: `received applied overpaid refunded
/// progress`.
struct History {
    name: &'static str,
    partial: bool,
    payments: &'static [&'static str],
    reports: &'static [Report],
    comes_to: &'static str,
}

const ASKED: &str = "200.12";

const HISTORIES: &[History] = &[
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
fn orders(mut reports: Vec<Report>) -> Vec<Vec<Report>> {
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

/// One payable to which a history happens in one order.
struct Run {
    id: String,
    reference: String,
    payments: Vec<Payment>,
    order: Vec<Report>,
}

impl Run {
    async fn begin(
        bench: &Bench,
        id: String,
        partial: bool,
        payments: &[&str],
        order: Vec<Report>,
    ) -> Self {
        let mut owed = invoice(&id, ASKED);
        if partial {
            owed = owed.with_partial_payments(PartialPayments::any());
        }
        let reference = bench.url(&owed).await.reference.to_string();
        let pay = |amount: &&str| bench.gateway.pay(&reference, amount);
        let payments = payments.iter().map(pay).collect();
        Self {
            id,
            reference,
            payments,
            order,
        }
    }

    fn events(&self, bench: &Bench, report: Report) -> Vec<Event> {
        let reference = self.reference.as_str();
        let total = || {
            let total = EventKind::Snapshot(bench.gateway.snapshot(reference));
            Event::new("TOTAL", about(reference), total)
        };
        match report {
            Failed(number) => {
                let mut attempt = self.payments[number].clone();
                attempt.status = PaymentStatus::Failed;
                vec![paid_event(reference, &attempt)]
            }
            Paid(number) => vec![paid_event(reference, &self.payments[number])],
            PaidWithTotal(number) => {
                vec![paid_event(reference, &self.payments[number]), total()]
            }
            Total => vec![total()],
            NothingYet => {
                let asked = Money::from_decimal(ASKED, Currency::INR).unwrap();
                let nothing = Money::zero(Currency::INR);
                let before = CheckoutSnapshot::new(CheckoutStatus::Open, asked, nothing);
                let before = EventKind::Snapshot(before);
                vec![Event::new("TOTAL", about(reference), before)]
            }
            Look => {
                let look = EventKind::FetchNeeded;
                vec![Event::new("LOOK", about(reference), look)]
            }
            Refund(number, id, state, amount) => {
                let id = RefundId::new(format!("{reference}-{id}")).unwrap();
                let status = match state {
                    RefundState::Pending => RefundStatus::Pending,
                    RefundState::Succeeded => RefundStatus::Succeeded,
                    RefundState::Failed => RefundStatus::Failed,
                };
                let amount = Money::from_minor_units(amount, Currency::INR);
                let mut refund = payment_provider_core::Refund::new(id, status, amount);
                let (payment, target) = self.whose(number);
                refund.payment_id = Some(payment);
                vec![Event::new("REFUND", target, EventKind::Refund(refund))]
            }
            Dispute(number) => {
                let id = DisputeId::new(format!("{reference}-d")).unwrap();
                let amount = Money::from_minor_units(100, Currency::INR);
                let mut dispute =
                    payment_provider_core::Dispute::new(id, DisputeStatus::Open, amount);
                let (payment, target) = self.whose(number);
                dispute.payment_id = Some(payment);
                vec![Event::new("DISPUTE", target, EventKind::Dispute(dispute))]
            }
        }
    }

    /// A payment and the order it is named with; one that there is not is named with one of ours.
    fn whose(&self, number: usize) -> (PaymentId, EventTarget) {
        let payment = self.payments.get(number);
        let id = payment.map_or_else(
            || PaymentId::new(format!("{}-strange", self.reference)).unwrap(),
            |payment| payment.id.clone(),
        );
        let order = payment.unwrap_or(&self.payments[0]).order_id.clone();
        (id, EventTarget::none().with_order_id(order))
    }
}

/// Carries out the runs side by side: all of them receive their first report before any receives its
/// second.
async fn happen(bench: &Bench, runs: &[Run]) {
    let longest = runs.iter().map(|run| run.order.len()).max().unwrap_or(0);
    for round in 0..longest {
        for run in runs {
            if let Some(report) = run.order.get(round) {
                bench.receive(&run.events(bench, *report)).await;
            }
        }
        bench.apply_all().await;
    }
}

async fn comes_to(bench: &Bench, id: &str) -> String {
    let view = bench.view(id).await;
    let [received, applied, overpaid, refunded] =
        [view.received, view.applied, view.overpaid, view.refunded].map(Money::decimal);
    format!(
        "{received} {applied} {overpaid} {refunded} {}",
        view.progress
    )
}

/// In so many orders at most, evenly chosen.
async fn every_order(database: Database, most: usize, unaskable: bool) -> usize {
    let mut count = 0;
    for history in HISTORIES {
        let reports: Vec<Report> = history
            .reports
            .iter()
            .copied()
            // Without a status API, money that is only hinted at stays unknown.
            .filter(|report| !unaskable || *report != Look)
            .collect();
        let bench = Bench::with_recorded_notifications(database).await;
        bench.gateway.state().unaskable = unaskable;
        let all = orders(reports);
        let step = all.len().div_ceil(most);
        let mut runs = Vec::new();
        for (number, order) in all.into_iter().step_by(step).enumerate() {
            let (id, paid) = (format!("inv-{number}"), history.payments);
            runs.push(Run::begin(&bench, id, history.partial, paid, order).await);
        }
        happen(&bench, &runs).await;
        for run in &runs {
            let found = comes_to(&bench, &run.id).await;
            assert_eq!(found, history.comes_to, "{}: {:?}", history.name, run.order);
        }
        bench.assert_all_is_notified().await;
        println!("{} orders: {}", runs.len(), history.name);
        count += runs.len();
    }
    count
}

/// Numbers that look random and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % limit as u64).unwrap()
    }

    fn shuffled(&mut self, reports: &[Report]) -> Vec<Report> {
        let mut reports = reports.to_vec();
        for last in (1..reports.len()).rev() {
            reports.swap(last, self.below(last + 1));
        }
        reports
    }

    fn report(&mut self, payments: usize) -> Report {
        let number = self.below(payments);
        let state = [
            RefundState::Pending,
            RefundState::Succeeded,
            RefundState::Failed,
        ][self.below(3)];
        let id = u8::try_from(number * 2 + self.below(2)).unwrap();
        match self.below(10) {
            0 => Failed(number),
            1 | 2 => Paid(number),
            3 => PaidWithTotal(number),
            4 => Total,
            5 => NothingYet,
            6 => Dispute(self.below(2) * 7),
            _ => Refund(number, id, state, 1_000 + i64::from(id)),
        }
    }
}

/// Histories of chance, each in several orders: the first says what it comes to.
async fn orders_of_chance(database: Database, seeds: std::ops::Range<u64>, each: usize) -> usize {
    const AMOUNTS: [&str; 4] = ["200.12", "55.00", "145.12", "250.00"];
    let mut count = 0;
    let bench = Bench::with_recorded_notifications(database).await;
    let mut histories = Vec::new();
    let mut runs = Vec::new();
    for seed in seeds {
        let mut chance = Chance(seed);
        let partial = chance.below(2) == 0;
        let payments: Vec<&str> = (0..=chance.below(2))
            .map(|_| AMOUNTS[chance.below(AMOUNTS.len())])
            .collect();
        // Every payment is reported at some time.
        let mut reports: Vec<Report> = (0..payments.len()).map(Paid).collect();
        while reports.len() < 6 {
            reports.push(chance.report(payments.len()));
        }
        for number in 0..each {
            let (id, order) = (format!("inv-{seed}-{number}"), chance.shuffled(&reports));
            runs.push(Run::begin(&bench, id, partial, &payments, order).await);
        }
        histories.push(seed);
    }
    happen(&bench, &runs).await;
    for (seed, runs) in histories.iter().zip(runs.chunks(each)) {
        let expected = comes_to(&bench, &runs[0].id).await;
        for run in &runs[1..] {
            let (found, first) = (comes_to(&bench, &run.id).await, &runs[0].order);
            assert_eq!(found, expected, "seed {seed}: {:?}, {first:?}", run.order);
        }
        count += runs.len();
    }
    bench.assert_all_is_notified().await;
    count
}

async fn every_order_of_a_history_ends_equal(database: Database) {
    let most = if database.is_postgres() {
        12
    } else {
        usize::MAX
    };
    let count = every_order(database, most, false).await;
    println!("{count} orders of {} histories", HISTORIES.len());
    assert!(database.is_postgres() || count > 1_000, "{count}");
}

async fn every_order_of_a_history_ends_equal_without_a_status_api(database: Database) {
    let most = if database.is_postgres() { 8 } else { 120 };
    let count = every_order(database, most, true).await;
    println!("{count} orders of {} histories", HISTORIES.len());
    assert!(count > 50, "{count}");
}

async fn histories_of_chance_come_to_the_same_in_any_order(database: Database) {
    let (seeds, each) = if database.is_postgres() {
        (0..6, 4)
    } else {
        (0..40, 12)
    };
    let count = orders_of_chance(database, seeds, each).await;
    println!("{count} orders of histories of chance");
    assert!(count >= 24, "{count}");
}
