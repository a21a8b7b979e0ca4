//! The state of a refund of which there are several reports, and the total of refunds.

use std::borrow::Borrow;

use payment_provider_core::{Currency, Money, MoneyError, Refund, RefundStatus};

/// Returns true if a report of a refund replaces the one that is known: it does if it comes later in
/// the life of a refund.
///
/// Only the contents of the two decide, not the order of their arrival, so every order of arrival
/// ends in the same state. A refund that is reported both as done and as failed has come back: a
/// failure is later than a success. Two reports of one rank differ in amount or status word; always
/// the same one of them stands.
pub fn supersedes(report: &Refund, known: &Refund) -> bool {
    rank(report) > rank(known)
}

fn rank(refund: &Refund) -> (u8, &str, i64, Currency) {
    let amount = refund.amount;
    let word = refund.status.as_str();
    let rank = status_rank(&refund.status);
    (rank, word, amount.minor_units(), amount.currency())
}

/// Returns the place of a status in the life of a refund.
pub(super) const fn status_rank(status: &RefundStatus) -> u8 {
    match status {
        RefundStatus::Failed | RefundStatus::Cancelled => 3,
        RefundStatus::Succeeded => 2,
        RefundStatus::OnHold => 1,
        _ => 0,
    }
}

/// Returns true if the refund moved money back to the payer.
pub(crate) fn gave_back(refund: &Refund) -> bool {
    gives_back(&refund.status, refund.amount)
}

/// Returns true if a refund with this status and amount moves money back to the payer.
pub(crate) fn gives_back(status: &RefundStatus, amount: Money) -> bool {
    *status == RefundStatus::Succeeded && amount.is_positive()
}

/// Sums up the refunds that gave money back in one currency, in smallest units.
pub(crate) fn given_back(
    currency: Currency,
    refunds: impl IntoIterator<Item = (impl Borrow<RefundStatus>, Money)>,
) -> i128 {
    refunds
        .into_iter()
        .filter(|(status, amount)| {
            gives_back(status.borrow(), *amount) && amount.currency() == currency
        })
        .map(|(_, amount)| i128::from(amount.minor_units()))
        .sum()
}

/// Sums up the refunds that gave money back in one currency, in smallest units.
pub(super) fn total<'a>(
    currency: Currency,
    refunds: impl IntoIterator<Item = &'a Refund>,
) -> Result<i64, MoneyError> {
    let refunds = refunds.into_iter();
    let total = given_back(
        currency,
        refunds.map(|refund| (&refund.status, refund.amount)),
    );
    i64::try_from(total).map_err(|_| MoneyError::Overflow)
}
