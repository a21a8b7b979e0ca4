//! One payable, its gateway, and an inbox that stores decisions as the host does.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use payment_provider_core::{
    Checkout, CheckoutReference, CheckoutStatus, ConnectionCode, Currency, CustomerId, DedupKey,
    Environment, Event, EventTarget, Fingerprint, Money, NextAction, OrderId, OrganizationId,
    Payment, PaymentId, PreparedCheckout, ProviderId, Refund, TimestampCheck,
};

use crate::accounting::account::{Account, CheckoutRecord, PayableRecord, Tracked, count_posted};
use crate::accounting::checkout_state::CheckoutState;
use crate::accounting::decision::{Change, Decision};
use crate::accounting::delivery::{DeliveryOutcome, DeliveryStep, delivery};
use crate::accounting::delivery_report::{AllFetched, DeliveryReport, WaitReason};
use crate::accounting::fetched::{Fetched, FetchedRefunds};
use crate::accounting::manual_payment::{ManualOutcome, ManualReport, manual_payment};
use crate::accounting::portion::Answer;
use crate::accounting::target_name::TargetName;
use crate::accounting::tests::narrow_load;
use crate::payable_id::PayableId;

pub(super) const CONNECTION: i64 = 7;
pub(super) const CHECKOUT: i64 = 11;
pub(super) const REFERENCE: &str = "inv-1";
/// The grace in which a payment event is waited for, in milliseconds.
const GRACE: i64 = 5_000;
/// The longest time by which the gateway's total may lag, in milliseconds.
const LAG: i64 = 120_000;

/// The payments at the gateway, and the number of them that its list shows.
#[derive(Debug)]
pub(super) struct Gateway {
    pub(super) asked: Money,
    pub(super) payments: Vec<Payment>,
    /// The number of payments that its list and its total show; the others are not visible yet.
    pub(super) visible: usize,
    pub(super) has_status_api: bool,
    /// The refunds that its query lists; `None` if it has no such query.
    pub(super) refunds: Option<Vec<Refund>>,
    /// The one order of the checkout, if it has one.
    pub(super) own_order: Option<OrderId>,
    /// True if the payments in its list name their orders.
    pub(super) lists_orders: bool,
    pub(super) fetches: usize,
}

impl Gateway {
    pub(super) fn new(asked: Money, payments: Vec<Payment>) -> Self {
        Self {
            asked,
            visible: payments.len(),
            payments,
            has_status_api: true,
            refunds: None,
            own_order: None,
            lists_orders: true,
            fetches: 0,
        }
    }

    pub(super) fn paid(payments: &[Payment]) -> Money {
        let paid = payments
            .iter()
            .map(|payment| payment.amount.minor_units())
            .sum();
        Money::from_minor_units(paid, Currency::INR)
    }

    pub(super) fn status(&self, paid: Money) -> CheckoutStatus {
        if paid.is_zero() {
            CheckoutStatus::Open
        } else if paid.minor_units() < self.asked.minor_units() {
            CheckoutStatus::PartiallyPaid
        } else {
            CheckoutStatus::Paid
        }
    }

    pub(super) fn fetch(&mut self, started_at: i64) -> Option<Arc<Fetched>> {
        if !self.has_status_api {
            return None;
        }
        self.fetches += 1;
        let mut payments = self.payments[..self.visible].to_vec();
        if !self.lists_orders {
            for payment in &mut payments {
                payment.order_id = None;
            }
        }
        let paid = Self::paid(&payments);
        let reference = CheckoutReference::new(REFERENCE).unwrap();
        let next = NextAction::None;
        let mut checkout = Checkout::new(reference, self.status(paid), self.asked, next);
        checkout.amount_paid = paid;
        checkout.order_id.clone_from(&self.own_order);
        Some(Arc::new(Fetched {
            checkout,
            payments,
            refunds: match &self.refunds {
                Some(refunds) => FetchedRefunds::Listed(refunds.clone()),
                None => FetchedRefunds::NotAskable,
            },
            started_at,
        }))
    }
}

/// A delivery in the inbox.
struct Delivery {
    pk: i64,
    events: Vec<Event>,
    received_at: i64,
    due: i64,
}

/// The inbox, and the account as stored.
pub(super) struct Inbox {
    pub(super) account: Option<Account>,
    pub(super) gateway: Gateway,
    /// True if the connection is known to receive payment events.
    pub(super) receives_payment_events: bool,
    pub(super) now: i64,
    pending: VecDeque<Delivery>,
    unmatched: Vec<(Delivery, Vec<TargetName>)>,
    next_pk: i64,
    /// The payments that the handler was notified of as posted.
    pub(super) notified: Vec<String>,
    pub(super) stuck: usize,
    /// True if each decision is compared with the one on the account as the store loads it.
    pub(super) compares_narrow_load: bool,
    /// True if payments may be recorded that were never made.
    pub(super) records_any_amount: bool,
    /// The reason for which a delivery waited last.
    pub(super) last_wait: Option<WaitReason>,
}

pub(super) fn target() -> EventTarget {
    EventTarget::none().with_reference(CheckoutReference::new(REFERENCE).ok())
}

impl Inbox {
    pub(super) fn new(gateway: Gateway, partial: bool) -> Self {
        let asked = gateway.asked;
        let payable = PayableRecord {
            pk: 1,
            organization: OrganizationId::new("acme").unwrap(),
            payable: PayableId::new("invoice").unwrap(),
            currency: asked.currency(),
            amount: asked.minor_units(),
            applicable: asked.minor_units(),
            received: 0,
            applied: 0,
            overpaid: 0,
            refunded: 0,
            closed: None,
            created_at: 0,
        };
        let reference = CheckoutReference::new(REFERENCE).unwrap();
        let checkout = CheckoutRecord {
            pk: CHECKOUT,
            payable_pk: 1,
            connection_pk: CONNECTION,
            connection: ConnectionCode::new("main").unwrap(),
            attempt: 1,
            reference: reference.clone(),
            customer: CustomerId::new("customer").unwrap(),
            environment: Environment::Sandbox,
            amount: asked,
            partial,
            prepared: prepared(reference, asked),
            expires_at: i64::MAX,
            state: CheckoutState::Open,
            tries: 1,
            tried_at: 0,
            gateway_id: None,
            url: None,
            list_begun_at: None,
            gateway_paid: 0,
            written_off: 0,
            conflicting: false,
            created_at: 0,
            posted: 0,
            has_payment: false,
        };
        Self {
            account: Some(Account::new(
                payable,
                vec![checkout],
                Vec::new(),
                Vec::new(),
            )),
            gateway,
            receives_payment_events: false,
            now: 1_000,
            pending: VecDeque::new(),
            unmatched: Vec::new(),
            next_pk: 100,
            notified: Vec::new(),
            stuck: 0,
            compares_narrow_load: false,
            records_any_amount: false,
            last_wait: None,
        }
    }

    /// Receives a delivery.
    pub(super) fn receive(&mut self, events: Vec<Event>) {
        self.next_pk += 1;
        self.pending.push_back(Delivery {
            pk: self.next_pk,
            events,
            received_at: self.now,
            due: self.now,
        });
    }

    /// Works on each delivery that is due, once.
    pub(super) fn work(&mut self) {
        for _ in 0..self.pending.len() {
            let Some(delivery) = self.pending.pop_front() else {
                break;
            };
            if delivery.due > self.now {
                self.pending.push_back(delivery);
            } else {
                self.apply(delivery);
            }
        }
    }

    /// Works until every delivery is done, with everything visible in the gateway's list.
    pub(super) fn finish(&mut self) {
        self.gateway.visible = self.gateway.payments.len();
        for _ in 0..50 {
            if self.pending.is_empty() {
                return;
            }
            self.work();
            self.now += GRACE;
        }
        self.stuck = self.pending.len();
    }

    fn apply(&mut self, mut row: Delivery) {
        let mut fetched = AllFetched::new();
        loop {
            let report = DeliveryReport {
                was_tried: false,
                pk: row.pk,
                connection_pk: CONNECTION,
                events: &row.events,
                received_at: row.received_at,
                timestamp_check: TimestampCheck::Fresh,
                matched_secret: None,
                payment_event_expected_until: self
                    .receives_payment_events
                    .then_some(row.received_at + GRACE),
                total_is_current_from: row.received_at + LAG,
            };
            let account = self.account.clone().expect("the account is stored");
            if self.compares_narrow_load {
                narrow_load::compare(&account, &report, &fetched, self.now);
            }
            let step = delivery(vec![account], &report, &fetched, self.now).unwrap();
            let decision = match step {
                DeliveryStep::Fetch(checkout) => {
                    let answer = self.gateway.fetch(self.now).map(Answer::from);
                    fetched.insert(checkout.pk, answer);
                    continue;
                }
                DeliveryStep::Decided(decision) => decision,
            };
            match &decision.outcome {
                DeliveryOutcome::Wait(reason) => {
                    let reason = *reason;
                    self.last_wait = Some(reason);
                    self.store(decision);
                    row.due = match reason {
                        WaitReason::PaymentEventExpected(until) => until,
                        _ => self.now + 500,
                    };
                    self.pending.push_back(row);
                    return;
                }
                DeliveryOutcome::Done(result) => {
                    let unmatched = result.unmatched.then(|| result.missing.clone());
                    self.store(decision);
                    if let Some(missing) = unmatched {
                        self.unmatched.push((row, missing));
                    }
                    return;
                }
            }
        }
    }

    /// The names that deliveries about something unknown wait for.
    pub(super) fn missing_names(&self) -> Vec<TargetName> {
        let missing = self.unmatched.iter().flat_map(|(_, missing)| missing);
        missing.cloned().collect()
    }

    /// The number of deliveries about something unknown.
    pub(super) fn unmatched(&self) -> usize {
        self.unmatched.len()
    }

    /// The number of deliveries that wait for another attempt.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Records a payment on the checkout as an operator does, who finds it accepted.
    pub(super) fn record_manually(&mut self, id: &str, amount: &str) {
        let outcome = self.try_manually(id, amount);
        let posted = matches!(outcome, ManualOutcome::Posted { is_new: true, .. });
        assert!(posted, "{outcome:?}");
    }

    /// Records a payment on the checkout as an operator does, if it is accepted.
    pub(super) fn try_manually(&mut self, id: &str, amount: &str) -> ManualOutcome {
        let account = self.account.clone().expect("the account is stored");
        let id = PaymentId::new(id).unwrap();
        let report = ManualReport {
            checkout_pk: CHECKOUT,
            id: &id,
            amount: Money::from_decimal(amount, Currency::INR).unwrap(),
            by: "asha",
            note: "seen in the statement of the bank",
        };
        let decision = manual_payment(vec![account], report, self.now).unwrap();
        let outcome = decision.outcome;
        self.store(decision);
        outcome
    }

    fn store<T>(&mut self, decision: Decision<T>) {
        for notification in &decision.notifications {
            if let Change::Posted { payment, .. } = &notification.change {
                self.notified.push(payment.id.to_string());
            }
        }
        let [mut account]: [Account; 1] = decision.accounts.try_into().expect("one account");
        for payment in &mut account.payments {
            let record = payment.unmarked();
            if record.pk == 0 {
                self.next_pk += 1;
                record.pk = self.next_pk;
            }
            *payment = Tracked::loaded(record.clone());
        }
        for refund in &mut account.refunds {
            let record = refund.unmarked();
            if record.pk == 0 {
                self.next_pk += 1;
                record.pk = self.next_pk;
            }
        }
        // Loading derives these again.
        for checkout in &mut account.checkouts {
            let checkout = checkout.unmarked();
            (checkout.posted, checkout.has_payment) = (0, false);
        }
        let history = std::mem::take(&mut account.refund_history);
        let mut stored = Account::new(
            account.payable.unmarked().clone(),
            account
                .checkouts
                .iter()
                .map(|row| (**row).clone())
                .collect(),
            account.payments.iter().map(|row| (**row).clone()).collect(),
            account.refunds.iter().map(|row| (**row).clone()).collect(),
        );
        for payment in account.payments.iter().filter(|row| row.is_posted()) {
            let mut checkouts = stored.checkouts.iter_mut();
            if let Some(checkout) = checkouts.find(|row| row.pk == payment.checkout_pk) {
                count_posted(checkout.unmarked(), payment.payment.amount);
            }
        }
        stored.refund_history = history;
        self.check(&stored);
        self.account = Some(stored);
        let known: HashSet<TargetName> = decision
            .new_names
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        let (again, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.unmatched)
            .into_iter()
            .partition(|(_, missing)| missing.iter().any(|name| known.contains(name)));
        self.unmatched = rest;
        self.pending.extend(again.into_iter().map(|(row, _)| row));
    }

    /// The invariants that hold after every decision.
    fn check(&self, account: &Account) {
        let balance = account.balance();
        let sum = balance.applied().checked_add(balance.overpaid());
        assert_eq!(sum, Ok(balance.received()));
        let truth = Gateway::paid(&self.gateway.payments);
        // An operator may record an amount that no payment has.
        assert!(
            self.records_any_amount || balance.received().minor_units() <= truth.minor_units(),
            "{} of {truth} posted",
            balance.received()
        );
        let mut keys: HashMap<DedupKey, usize> = HashMap::new();
        for key in account.payments.iter().flat_map(|row| &row.dedup_keys) {
            *keys.entry(DedupKey::clone(key)).or_default() += 1;
        }
        assert!(keys.values().all(|count| *count == 1), "{keys:?}");
    }

    /// The totals: received, applied, overpaid, refunded, progress.
    pub(super) fn totals(&self) -> String {
        let account = self.account.as_ref().expect("the account is stored");
        let balance = account.balance();
        let [received, applied, overpaid, refunded] = [
            balance.received(),
            balance.applied(),
            balance.overpaid(),
            balance.refunded(),
        ]
        .map(Money::decimal);
        format!(
            "{received} {applied} {overpaid} {refunded} {}",
            account.progress()
        )
    }
}

fn prepared(reference: CheckoutReference, amount: Money) -> PreparedCheckout {
    let expires_at = payment_provider_core::reexport::jiff::Timestamp::UNIX_EPOCH;
    PreparedCheckout::new(
        ProviderId::new("acme").unwrap(),
        Environment::Sandbox,
        reference,
        amount,
        expires_at,
        Fingerprint::of(b"body"),
        "body",
    )
}
