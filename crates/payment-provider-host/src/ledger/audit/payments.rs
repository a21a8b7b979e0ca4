//! What has to hold of the payments on one payable, and of the totals that they make.

use payment_provider_core::{Currency, PaymentStatus};

use super::payable::{Checked, Found, disagreement, key, money, unreadable};
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
    let creditable = if payable.closed.is_some() {
        payable.applied
    } else {
        payable.amount
    };
    let [received, credited, surplus] = sums;
    found.compare(Invariant::Received, payable.received, received);
    found.compare(Invariant::Credited, payable.applied, credited);
    found.compare(Invariant::Surplus, payable.overpaid, surplus);
    let split = i128::from(payable.received.min(payable.applicable));
    found.compare(Invariant::Split, payable.applied, split);
    let expected = i128::from(creditable);
    found.compare(Invariant::Creditable, payable.applicable, expected);
}

/// What does not hold of one; and what it adds to what was received, credited and surplus, if it adds
/// anything.
fn check_one(
    found: &mut Found<'_>,
    Checked { row, effect }: &Checked<'_, AuditedPayment>,
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
    let Some(verdict) = row.allocation_outcome else {
        if succeeded(row) {
            found.add(Invariant::Booked, about, Stated::Nothing, amount());
        }
        return None;
    };
    if !succeeded(row) {
        let stated = Stated::Text(row.status.clone());
        let expected = Stated::Text(PaymentStatus::Succeeded.as_str().to_owned());
        found.add(Invariant::Booked, about, stated, expected);
    }
    if *effect != Some(row.pk) {
        let stated = effect.map_or(Stated::Nothing, key);
        found.add(Invariant::DedupKey, about, stated, key(row.pk));
    }
    let (credited, surplus) = (row.applied, row.overpaid);
    let elsewhere = verdict == AllocationOutcome::CurrencyMismatch;
    let adds_up = i128::from(credited) + i128::from(surplus) == i128::from(row.amount);
    if credited < 0 || surplus < 0 || (elsewhere && credited != 0) || !adds_up {
        let parts = format!("credited {credited} and surplus {surplus}");
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
    Some([row.amount, credited, surplus])
}

/// Whether it brought money. A gateway's own word for something else may be the same one.
fn succeeded(row: &AuditedPayment) -> bool {
    let details = row.details.as_ref();
    let is_unknown = details.is_some_and(|told| matches!(told.status, PaymentStatus::Unknown(_)));
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
