//! A gateway in memory, for tests of the runtime: it keeps links, takes payments, and fails on
//! demand. Its webhooks are "signed" by naming the secret; verifying real signatures is for the
//! tests of real providers.

mod clock;
mod events;
mod factory;
mod provider;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use payment_provider_core::*;

pub(crate) use clock::ManualClock;
pub(crate) use events::{about, changed, claim_events, delivery, link_events, paid_event};
pub(crate) use factory::MemoryFactory;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never arrives.
    BeforeCommit,
    /// The link is made, the answer is lost.
    AfterCommit,
    /// The gateway says no.
    Refused,
    /// No answer to a read or a cancellation.
    Down,
    /// A read or cancellation is refused: the keys are no longer valid.
    Revoked,
    /// One read passes; the fault after it comes next.
    Skip,
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) amount: Money,
    pub(crate) status: CheckoutStatus,
    pub(crate) payments: Vec<Payment>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) gateway_id: String,
}

impl Link {
    pub(super) fn paid(&self) -> Money {
        self.payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded)
            .fold(Money::zero(self.amount.currency()), |sum, payment| {
                sum.checked_add(payment.amount).unwrap_or(sum)
            })
    }
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a test")]
pub(crate) struct State {
    pub(crate) links: HashMap<String, Link>,
    pub(crate) creations: usize,
    pub(crate) calls: Vec<String>,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) will_not_cancel: bool,
    /// The gateway has no cancellation.
    pub(crate) unsupported: bool,
    /// The gateway can be asked nothing.
    pub(crate) unaskable: bool,
    /// Amounts that are reported as paid beyond the listed payments, by reference, in smallest units.
    pub(crate) unlisted: HashMap<String, i64>,
    /// The refunds that its query lists; `None` if it has no such query.
    pub(crate) refunds: Option<Vec<Refund>>,
    /// The one order of each link, if the gateway has one for a link.
    pub(crate) own_order: Option<OrderId>,
    /// The query of refunds gives no answer.
    pub(crate) refunds_are_down: bool,
    /// The gateway's advice with that.
    pub(crate) refunds_advice: Option<RetryAdvice>,
    /// The list of payments gives no answer.
    pub(crate) list_is_down: bool,
    /// The limits of a checkout.
    pub(crate) limits: CheckoutLimits,
    /// Creations and cancellations wait before they act, fetches before they answer.
    pub(crate) hold: bool,
    /// Fetches of these links are never answered.
    pub(crate) hung: Vec<String>,
    /// The answer to a creation is kept back.
    pub(crate) hold_answer: bool,
    /// The number of calls that have waited so far.
    waited: usize,
    /// Creations make the link and say that it is not the one asked for.
    pub(crate) wrong_amount: bool,
    /// Payments made so far, for their ids.
    made: usize,
}

/// The gateway, seen from the test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gateway {
    state: Arc<Mutex<State>>,
}

impl Gateway {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn fail_next(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    pub(super) async fn wait_while(&self, held: impl Fn(&State) -> bool) {
        if held(&self.state()) {
            self.state().waited += 1;
        }
        while held(&self.state()) {
            tokio::task::yield_now().await;
        }
    }

    /// Until a call is being held.
    pub(crate) async fn call_held(&self) {
        self.calls_held(1).await;
    }

    /// Until so many calls have been held, those that went on by now among them.
    pub(crate) async fn calls_held(&self, number: usize) {
        while self.state().waited < number {
            tokio::task::yield_now().await;
        }
    }

    /// The references of all links.
    pub(crate) fn references(&self) -> Vec<String> {
        self.state().links.keys().cloned().collect()
    }

    /// A payer pays; returns the payment as the gateway lists it.
    pub(crate) fn pay(&self, reference: &str, amount: &str) -> Payment {
        self.attempt(reference, amount, PaymentStatus::Succeeded)
    }

    pub(crate) fn attempt(&self, reference: &str, amount: &str, status: PaymentStatus) -> Payment {
        let mut state = self.state();
        state.made += 1;
        let made = state.made;
        let link = state
            .links
            .get_mut(reference)
            .expect("a link of this reference");
        let amount = Money::from_decimal(amount, link.amount.currency()).unwrap();
        let mut payment = Payment::new(PaymentId::new(format!("{made}")).unwrap(), status, amount);
        payment.order_id = Some(OrderId::new(format!("order_{made}")).unwrap());
        link.payments.push(payment.clone());
        if link.status.is_payable() && link.paid().minor_units() >= link.amount.minor_units() {
            link.status = CheckoutStatus::Paid;
        } else if link.status == CheckoutStatus::Open && link.paid().is_positive() {
            link.status = CheckoutStatus::PartiallyPaid;
        }
        payment
    }

    /// Changes the status of a link.
    pub(crate) fn set_status(&self, reference: &str, status: CheckoutStatus) {
        self.state().links.get_mut(reference).unwrap().status = status;
    }

    /// Lists these payments of a link from now on, as a list does that lags behind or catches up; returns
    /// the former ones.
    pub(crate) fn list(&self, reference: &str, payments: Vec<Payment>) -> Vec<Payment> {
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        std::mem::replace(&mut link.payments, payments)
    }

    /// Lists one more payment of a link.
    pub(crate) fn add_to_list(&self, reference: &str, payment: Payment) {
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.push(payment);
    }

    /// A payer pays, and the list of the link does not show it yet.
    pub(crate) fn pay_unlisted(&self, reference: &str, amount: &str) -> Payment {
        let payment = self.pay(reference, amount);
        let mut state = self.state();
        let link = state.links.get_mut(reference).unwrap();
        link.payments.pop();
        payment
    }

    /// Returns the number of links that can be paid.
    pub(crate) fn payable_links(&self) -> usize {
        let state = self.state();
        let links = state.links.values();
        links.filter(|link| link.status.is_payable()).count()
    }

    /// Makes the gateway one that has neither a status API nor a cancellation.
    pub(crate) fn disable_status_api(&self) {
        let mut state = self.state();
        (state.unsupported, state.unaskable) = (true, true);
    }

    pub(crate) fn snapshot(&self, reference: &str) -> CheckoutSnapshot {
        let link = &self.state().links[reference];
        CheckoutSnapshot::new(link.status.clone(), link.amount, link.paid())
    }
}
