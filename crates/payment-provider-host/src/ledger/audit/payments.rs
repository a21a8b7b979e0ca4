//! The invariants of the payments on one payable, and of their totals.

use payment_provider_core::{Currency, PaymentStatus};

use super::finding::{Checked, Found, disagreement, key, money, unreadable};
use super::report::{About, Invariant, Stated};
use crate::accounting::AllocationOutcome;
use crate::store::AuditedPayment;

pub(super) fn check(found: &mut Found<'_>, payments: &[Checked<'_, AuditedPayment>]) {
    let payable = found.payable;
    let mut sums = [0_i128; 3];
    for checked in payments {
        let Some(counted) = check_one(found, checked) else {
            continue;
        };
        for (sum, part) in sums.iter_mut().zip(counted) {
            *sum += i128::from(part);
        }
    }
    let applicable = if payable.closed.is_some() {
        payable.applied
    } else {
        payable.amount
    };
    let [received, applied, overpaid] = sums;
    found.compare(Invariant::Received, payable.received, received);
    found.compare(Invariant::Applied, payable.applied, applied);
    found.compare(Invariant::Overpaid, payable.overpaid, overpaid);
    let split = i128::from(payable.received.min(payable.applicable));
    found.compare(Invariant::Split, payable.applied, split);
    let expected = i128::from(applicable);
    found.compare(Invariant::Applicable, payable.applicable, expected);
}

/// Checks one payment. Returns what it adds to the received, applied and overpaid amounts, if anything.
fn check_one(
    found: &mut Found<'_>,
    Checked { row, key_owner }: &Checked<'_, AuditedPayment>,
) -> Option<[i64; 3]> {
    let about = About::Payment(row.id.clone());
    found.compare_connection(
        &about,
        row.connection_pk,
        row.checkout_connection_pk,
        row.organization.as_ref(),
    );
    let about = Some(&about);
    if let Some((stated, expected)) = in_details(row) {
        found.add(Invariant::Details, about, stated, expected);
    }
    let amount = || Stated::Amount(money(row.amount, row.currency));
    let Some(outcome) = row.allocation_outcome else {
        if succeeded(row) {
            found.add(Invariant::Posted, about, Stated::Nothing, amount());
        }
        return None;
    };
    if !succeeded(row) {
        let stated = Stated::Text(row.status.clone());
        let expected = Stated::Text(PaymentStatus::Succeeded.as_str().to_owned());
        found.add(Invariant::Posted, about, stated, expected);
    }
    if *key_owner != Some(row.pk) {
        let stated = key_owner.map_or(Stated::Nothing, key);
        found.add(Invariant::DedupKey, about, stated, key(row.pk));
    }
    let (applied, overpaid) = (row.applied, row.overpaid);
    let elsewhere = outcome == AllocationOutcome::CurrencyMismatch;
    let adds_up = i128::from(applied) + i128::from(overpaid) == i128::from(row.amount);
    if applied < 0 || overpaid < 0 || (elsewhere && applied != 0) || !adds_up {
        let parts = format!("applied {applied} and overpaid {overpaid}");
        found.add(Invariant::Shares, about, Stated::Text(parts), amount());
    }
    if elsewhere {
        return None;
    }
    let currency = found.payable.currency;
    if row.currency != currency {
        let word = |currency: Currency| Stated::Text(currency.code().to_owned());
        found.add(
            Invariant::Currency,
            about,
            word(row.currency),
            word(currency),
        );
        return None;
    }
    Some([row.amount, applied, overpaid])
}

/// Returns true if the payment brought money. An unknown status of the gateway may be spelled like the
/// known one.
fn succeeded(row: &AuditedPayment) -> bool {
    let details = row.details.as_ref();
    let is_unknown = details.is_some_and(|known| matches!(known.status, PaymentStatus::Unknown(_)));
    row.status == PaymentStatus::Succeeded.as_str() && !is_unknown
}

fn in_details(row: &AuditedPayment) -> Option<(Stated, Stated)> {
    let Some(details) = &row.details else {
        return Some(unreadable());
    };
    disagreement(
        [money(row.amount, row.currency), details.amount],
        &[
            [&row.id, details.id.as_str()],
            [&row.status, details.status.as_str()],
        ],
    )
}
