//! Payments: each report of one takes effect once, and its money is posted once.

use payment_provider_core::{DedupKey, MoneyError, Payment, PaymentStatus};

use super::account::{CheckoutAt, PaymentRecord, count_posted};
use super::allocation::{Allocation, Incoming};
use super::decision::{Change, Draft, PaymentAt};
use super::history::AuditEvent;

/// The rank of a status in the life of an attempt. Reports come in any order: the higher one stands.
fn rank(status: &PaymentStatus) -> (u8, &str) {
    let rank = match status {
        PaymentStatus::Succeeded => 2,
        PaymentStatus::Failed | PaymentStatus::Dropped | PaymentStatus::Cancelled => 1,
        _ => 0,
    };
    (rank, status.as_str())
}

impl Draft {
    /// Records a report of a payment, unless the same report took effect before.
    pub(super) fn record_payment(
        &mut self,
        at: CheckoutAt,
        payment: &Payment,
    ) -> Result<(), MoneyError> {
        let connection_pk = self.checkout(at).connection_pk;
        let key = payment.dedup_key();
        // By connection: a gateway that reports one payment on two checkouts has one payment.
        let known = self.payment_by_id(connection_pk, &payment.id);
        if self.payment_by_key(connection_pk, &key).is_some() {
            if let Some(known) = known {
                self.complete_payment(known, payment);
            }
            return Ok(());
        }
        let is_posted = known.is_some_and(|known| self.payment(known).is_posted());
        if !is_posted
            && payment.status == PaymentStatus::Succeeded
            && self.match_manual_payment(at, known, payment)
        {
            return Ok(());
        }
        let checkout_pk = self.checkout(at).pk;
        let mut place = if let Some(place) = known {
            place
        } else {
            let record = PaymentRecord {
                pk: 0,
                checkout_pk,
                connection_pk,
                payment: payment.clone(),
                outcome: None,
                applied: 0,
                overpaid: 0,
                seen_at: self.now(),
                dedup_keys: Vec::new(),
            };
            self.add_payment(at.account, record)
        };
        // Once money is posted, no later report of the attempt takes it back or moves it.
        if !is_posted {
            if self.payment(place).checkout_pk != checkout_pk {
                place = self.move_payment(place, at);
            }
            if rank(&payment.status) >= rank(&self.payment(place).payment.status) {
                self.edit_payment(place).payment = payment.clone();
            }
        }
        if self.payment(place).succeeded() && !is_posted {
            self.post_payment(at, place, key)
        } else {
            self.add_dedup_key(place, key);
            self.add_payment_names(place);
            let detail = attempt_detail(payment, is_posted);
            self.record_history(at.account, AuditEvent::PaymentAttempted, detail);
            let change = Change::Attempted {
                payment: payment.clone(),
            };
            self.notify(at.account, Some(at), change);
            Ok(())
        }
    }

    /// Posts the money of a payment.
    fn post_payment(
        &mut self,
        at: CheckoutAt,
        place: PaymentAt,
        key: DedupKey,
    ) -> Result<(), MoneyError> {
        let checkout = self.checkout(at);
        let mut balance = self.account(at.account).balance();
        let payment = self.payment(place).payment.clone();
        let allocation = balance.post(Incoming {
            amount: payment.amount,
            asked: checkout.amount,
            partial_allowed: checkout.partial,
        })?;
        let record = self.edit_payment(place);
        record.outcome = Some(allocation.outcome);
        record.applied = allocation.applied.minor_units();
        record.overpaid = allocation.overpaid.minor_units();
        self.add_dedup_key(place, key);
        self.add_payment_names(place);
        self.set_balance(at.account, balance);
        let checkout = self.account_mut(at.account).checkouts[at.checkout].unmarked();
        count_posted(checkout, payment.amount);
        let detail = posting_detail(&payment, &allocation);
        self.record_history(at.account, AuditEvent::PaymentPosted, detail);
        self.note_posted_on(at);
        let change = Change::Posted {
            payment,
            allocation,
        };
        self.notify(at.account, Some(at), change);
        Ok(())
    }

    /// Adds the details that an earlier report left out: reports differ in what they carry.
    fn complete_payment(&mut self, place: PaymentAt, report: &Payment) {
        let before = &self.payment(place).payment;
        if before.status != report.status || before.amount != report.amount {
            return;
        }
        let mut after = before.clone();
        after.order_id = after.order_id.or_else(|| report.order_id.clone());
        after.charged = after.charged.or(report.charged);
        after.method = after.method.or_else(|| report.method.clone());
        after.bank_reference = after
            .bank_reference
            .or_else(|| report.bank_reference.clone());
        after.failure = after.failure.or_else(|| report.failure.clone());
        after.paid_at = after.paid_at.or(report.paid_at);
        if after == *before {
            return;
        }
        self.edit_payment(place).payment = after;
        self.add_payment_names(place);
    }
}

fn posting_detail(payment: &Payment, allocation: &Allocation) -> String {
    let Allocation {
        outcome,
        applied,
        overpaid,
    } = allocation;
    let detail = format!(
        "payment {} of {} is {outcome}: {}",
        payment.id,
        payment.amount,
        outcome.meaning()
    );
    if overpaid.is_zero() {
        detail
    } else {
        format!("{detail}; applied {applied}, overpaid {overpaid}")
    }
}

fn attempt_detail(payment: &Payment, posted: bool) -> String {
    let failure = payment.failure.as_ref();
    let code = match failure.and_then(|failure| failure.code.as_ref()) {
        Some(code) => format!(" ({code})"),
        None => String::new(),
    };
    let conclusion = match &payment.status {
        _ if posted => "it was posted before and stays posted",
        PaymentStatus::Failed | PaymentStatus::Dropped | PaymentStatus::Cancelled => {
            "no money was received; the payer can try again"
        }
        _ => "not decided yet, nothing is posted",
    };
    format!(
        "payment {} of {} is reported as {}{code}: {conclusion}",
        payment.id,
        payment.amount,
        payment.status.as_str()
    )
}
