//! One invoice that receives the reports of a history in one order.

use payment_provider_core::*;

use super::histories::Report::*;
use super::histories::{ASKED, RefundState, Report};
use crate::fixture::{Bench, invoice};
use crate::gateway::{about, paid_event};

/// One payable to which a history happens in one order.
pub(super) struct Run {
    pub(super) id: String,
    reference: String,
    payments: Vec<Payment>,
    pub(super) order: Vec<Report>,
}

impl Run {
    pub(super) async fn begin(
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
pub(super) async fn happen(bench: &Bench, runs: &[Run]) {
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

pub(super) async fn comes_to(bench: &Bench, id: &str) -> String {
    let view = bench.view(id).await;
    let [received, applied, overpaid, refunded] =
        [view.received, view.applied, view.overpaid, view.refunded].map(Money::decimal);
    format!(
        "{received} {applied} {overpaid} {refunded} {}",
        view.progress
    )
}
