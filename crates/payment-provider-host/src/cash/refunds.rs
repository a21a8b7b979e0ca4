use std::borrow::Borrow;

use payment_provider_core::{Currency, Money, MoneyError, Refund, RefundStatus};

/// Whether news of a refund takes the place of what is known of it: it does where it comes later in
/// the life of a refund. Decided by what the two say and not by which came first, so that in whatever
/// order news arrives, the same stands at the end.
///
/// A refund that the gateway reports as done and as failed has come back: a failure is later than a
/// success. News that is equally late differs in words or amounts; the same one always stands.
pub fn supersedes(news: &Refund, known: &Refund) -> bool {
    standing(news) > standing(known)
}

fn standing(refund: &Refund) -> (u8, &str, i64, Currency) {
    let rank = match refund.status {
        RefundStatus::Failed | RefundStatus::Cancelled => 3,
        RefundStatus::Succeeded => 2,
        RefundStatus::OnHold => 1,
        _ => 0,
    };
    let amount = refund.amount;
    let word = refund.status.as_str();
    (rank, word, amount.minor_units(), amount.currency())
}

/// Whether money went back to the payer by it.
pub(crate) fn gave_back(refund: &Refund) -> bool {
    gives_back(&refund.status, refund.amount)
}

/// Whether money goes back to the payer by a refund of an amount that stands like this.
pub(crate) fn gives_back(status: &RefundStatus, amount: Money) -> bool {
    *status == RefundStatus::Succeeded && amount.is_positive()
}

/// What refunds that stand like this give back in one currency, in smallest units.
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

/// What refunds gave back in one currency, in smallest units.
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
