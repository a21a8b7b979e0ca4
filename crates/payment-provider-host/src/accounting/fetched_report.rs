//! Decides what was fetched of a checkout, as a whole or in portions.

use payment_provider_core::{MoneyError, PaymentStatus};

use super::account::{Account, CheckoutAt};
use super::decision::{Decision, Draft};
use super::fetched::FetchedRefunds;
use super::history::AuditEvent;
use super::portion::Answer;

/// Decides what was fetched of one checkout, given by its row key. `accounts` are its own, and those
/// on which fetched payments are known already.
pub(crate) fn fetched(
    accounts: Vec<Account>,
    checkout_pk: i64,
    answer: &Answer,
    now: i64,
) -> Result<Decision<()>, MoneyError> {
    let mut draft = Draft::new(accounts, now);
    if let Some(at) = draft.checkout_at(checkout_pk) {
        draft.record_fetched(at, answer)?;
        draft.shrink_write_offs();
    }
    Ok(draft.decide(()))
}

/// Decides the next portion of a long list, and marks the checkout until the last one. The status of the
/// checkout comes with the last one, since payments are recorded before the total that includes them.
pub(crate) fn fetched_portion(
    accounts: Vec<Account>,
    checkout_pk: i64,
    answer: &Answer,
    now: i64,
) -> Result<Decision<()>, MoneyError> {
    let mut draft = Draft::new(accounts, now);
    if let Some(at) = draft.checkout_at(checkout_pk) {
        if !draft.checkout(at).has_incomplete_list() {
            draft.edit_checkout(at).list_begun_at = Some(now);
        }
        draft.record_portion(at, answer)?;
    }
    Ok(draft.decide(()))
}

impl Draft {
    /// Records the last portion of a list, and the status.
    pub(super) fn record_fetched(
        &mut self,
        at: CheckoutAt,
        answer: &Answer,
    ) -> Result<(), MoneyError> {
        self.record_portion(at, answer)?;
        let has_all = match answer.refunds {
            FetchedRefunds::Listed(_) | FetchedRefunds::NotAskable => true,
            FetchedRefunds::Unanswered(_) => false,
            // A short list may end a longer one with refunds, a long one ends itself.
            FetchedRefunds::NotFetched => answer.is_continued(),
        };
        if has_all && self.checkout(at).has_incomplete_list() {
            self.edit_checkout(at).list_begun_at = None;
            // Earlier portions may have posted what was written off.
            self.note_posted_on(at);
        }
        let found = &answer.checkout;
        self.record_status(at, found);
        let checkout = self.checkout(at);
        if checkout.posted != found.amount_paid.minor_units()
            || found.amount_paid.currency() != checkout.amount.currency()
        {
            let detail = format!(
                "the gateway reports {} paid on {}, but the posted payments add up to {}",
                found.amount_paid,
                checkout.reference,
                checkout.money(checkout.posted)
            );
            self.record_history(at.account, AuditEvent::Mismatch, detail);
        }
        Ok(())
    }

    /// Posts the payments of the next portion that are not posted yet. Money once posted stays posted.
    fn record_portion(&mut self, at: CheckoutAt, answer: &Answer) -> Result<(), MoneyError> {
        let portion = answer.portion();
        if portion.is_first {
            let detail = format!(
                "fetched {} from the gateway: {} paid; payment attempts listed: {}, successful: {}",
                self.checkout(at).reference,
                answer.checkout.amount_paid,
                answer.payments.len(),
                answer.succeeded().count()
            );
            self.record_history(at.account, AuditEvent::PaymentsFetched, detail);
        }
        for payment in portion.payments {
            if payment.status != PaymentStatus::Succeeded || payment.amount.is_positive() {
                self.record_payment(at, payment)?;
            }
        }
        for refund in portion.refunds {
            self.record_fetched_refund(at, refund)?;
        }
        Ok(())
    }
}
