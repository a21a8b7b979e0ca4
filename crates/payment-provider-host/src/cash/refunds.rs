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
    refund.status == RefundStatus::Succeeded && refund.amount.is_positive()
}

/// What refunds gave back in one currency, in smallest units.
pub(super) fn total<'a>(
    currency: Currency,
    refunds: impl IntoIterator<Item = &'a Refund>,
) -> Result<i64, MoneyError> {
    refunds
        .into_iter()
        .filter(|refund| gave_back(refund) && refund.amount.currency() == currency)
        .map(|refund| refund.amount)
        .try_fold(Money::zero(currency), Money::checked_add)
        .map(Money::minor_units)
}
