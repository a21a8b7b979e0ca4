//! Payments that an operator records, where the gateway has no status API and no delivery reported
//! them.

use payment_provider_core::{Money, MoneyError, Payment, PaymentId, PaymentStatus};

use super::account::{Account, PaymentRecord};
use super::allocation::Allocation;
use super::decision::{Decision, Draft};
use super::history::AuditEvent;

/// The prefix of the ids of payments that are known by an operator's key. No gateway's ids begin like
/// this.
pub(crate) const MANUAL_ID_PREFIX: &str = "manual:";

/// A payment to be recorded by an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManualReport<'a> {
    /// The row key of the checkout.
    pub(crate) checkout_pk: i64,
    /// The gateway's id, or [`MANUAL_ID_PREFIX`] and the operator's key.
    pub(crate) id: &'a PaymentId,
    pub(crate) amount: Money,
    pub(crate) by: &'a str,
    pub(crate) note: &'a str,
}

/// The result of recording a payment manually.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManualOutcome {
    /// It is posted.
    Posted {
        /// True if this decision posted it.
        is_new: bool,
        allocation: Allocation,
    },
    /// Another amount, or money on another checkout, is known under this id.
    IdTaken,
    /// The gateway does not report that much beyond what is posted.
    NotReported { reported: Money, posted: Money },
    /// The account has no such checkout.
    UnknownCheckout,
}

/// Decides a payment that an operator records. With an outcome other than
/// [`Posted`](ManualOutcome::Posted) nothing may be stored. `accounts` are the checkout's own, and the
/// one on which a payment of this id is known.
pub(crate) fn manual_payment(
    accounts: Vec<Account>,
    report: ManualReport<'_>,
    now: i64,
) -> Result<Decision<ManualOutcome>, MoneyError> {
    let mut draft = Draft::new(accounts, now);
    let Some(at) = draft.checkout_at(report.checkout_pk) else {
        return Ok(draft.decide(ManualOutcome::UnknownCheckout));
    };
    let checkout = draft.checkout(at);
    let connection_pk = checkout.connection_pk;
    let payment = Payment::new(report.id.clone(), PaymentStatus::Succeeded, report.amount);
    let key = payment.dedup_key();
    if let Some(place) = draft.payment_by_key(connection_pk, &key) {
        let outcome = posted_as(draft.payment(place), &report, false);
        return Ok(draft.decide(outcome));
    }
    if report.id.as_str().starts_with(MANUAL_ID_PREFIX) {
        let left = checkout.gateway_paid.saturating_sub(checkout.posted);
        let same_currency = report.amount.currency() == checkout.amount.currency();
        if !same_currency || report.amount.minor_units() > left {
            let outcome = ManualOutcome::NotReported {
                reported: checkout.money(checkout.gateway_paid),
                posted: checkout.money(checkout.posted),
            };
            return Ok(draft.decide(outcome));
        }
    }
    let detail = format!("recorded manually by {}: {}", report.by, report.note);
    draft.record_history(at.account, AuditEvent::ManualPayment, detail);
    let posted = |draft: &Draft| {
        let payments = &draft.account(at.account).payments;
        payments
            .iter()
            .filter(|row| row.checkout_pk == report.checkout_pk && row.is_posted())
            .count()
    };
    let before = posted(&draft);
    draft.record_payment(at, &payment)?;
    draft.shrink_write_offs();
    let is_new = posted(&draft) > before;
    let place = draft.payment_by_id(connection_pk, report.id);
    let outcome = match place {
        Some(place) => posted_as(draft.payment(place), &report, is_new),
        None => ManualOutcome::IdTaken,
    };
    Ok(draft.decide(outcome))
}

fn posted_as(record: &PaymentRecord, report: &ManualReport<'_>, is_new: bool) -> ManualOutcome {
    let same = record.checkout_pk == report.checkout_pk && record.payment.amount == report.amount;
    match record.allocation() {
        Some(allocation) if same => ManualOutcome::Posted { is_new, allocation },
        _ => ManualOutcome::IdTaken,
    }
}
