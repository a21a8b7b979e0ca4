//! Writing off money that a gateway reported and never lists.

use payment_provider_core::{Money, MoneyError};

use super::account::{Account, CheckoutAt, CheckoutRecord};
use super::checkout_state::CheckoutState;
use super::decision::{Decision, Draft};
use super::history::AuditEvent;

/// The standing of a checkout after a write-off. All amounts are in the checkout's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteOffStanding {
    /// True if this decision wrote something off.
    pub(crate) is_new: bool,
    /// The most that the gateway ever reported as paid. Where it reported the status paid without an
    /// amount in the checkout's currency: the amount asked for.
    pub(crate) reported: Money,
    /// The amount posted.
    pub(crate) posted: Money,
    /// Everything written off.
    pub(crate) written_off: Money,
}

impl WriteOffStanding {
    /// The standing of a checkout as it is now.
    pub(crate) fn of(checkout: &CheckoutRecord) -> Self {
        // Paid without an amount stands for the amount asked for.
        let without_amount = checkout.state == CheckoutState::Paid && checkout.gateway_paid == 0;
        let reported = if without_amount {
            checkout.amount.minor_units()
        } else {
            checkout.gateway_paid
        };
        Self {
            is_new: false,
            reported: checkout.money(reported),
            posted: checkout.money(checkout.posted),
            written_off: checkout.money(checkout.written_off),
        }
    }
}

/// Decides to write off what the gateway reports on a checkout beyond what is posted. `by` and `note`
/// say who and why. `None` if all that it reports is posted and nothing was ever written off.
pub(crate) fn write_off(
    account: Account,
    checkout_pk: i64,
    by: &str,
    note: &str,
    now: i64,
) -> Result<Decision<Option<WriteOffStanding>>, MoneyError> {
    let mut draft = Draft::new(vec![account], now);
    let Some(at) = draft.checkout_at(checkout_pk) else {
        return Ok(draft.decide(None));
    };
    let checkout = draft.checkout(at);
    if !checkout.has_unexplained_amount() {
        let standing = (checkout.written_off > 0).then(|| WriteOffStanding::of(checkout));
        return Ok(draft.decide(standing));
    }
    let standing = WriteOffStanding::of(checkout);
    let rest = standing.reported.checked_sub(standing.posted)?;
    draft.edit_checkout(at).written_off = rest.minor_units();
    let checkout = draft.checkout(at);
    let standing = WriteOffStanding {
        is_new: true,
        ..WriteOffStanding::of(checkout)
    };
    let detail = format!(
        "the gateway reports {} paid on {}, of which {} is posted: the rest, {}, is written off by \
         {by}: {note}",
        standing.reported, checkout.reference, standing.posted, standing.written_off
    );
    draft.record_history(at.account, AuditEvent::WrittenOff, detail);
    Ok(draft.decide(Some(standing)))
}

impl Draft {
    /// Reduces the write-offs of all checkouts on which money was posted to the amounts that are
    /// still unexplained. Called at the end of a decision: a total that rose in it counts. While a list is
    /// recorded in part, its total is not known, so nothing is reduced before the rest of it.
    pub(super) fn shrink_write_offs(&mut self) {
        for at in self.take_posted_on() {
            self.shrink_write_off(at);
        }
    }

    fn shrink_write_off(&mut self, at: CheckoutAt) {
        let checkout = self.checkout(at);
        let unexplained = checkout.gateway_paid.saturating_sub(checkout.posted).max(0);
        if checkout.has_incomplete_list() || checkout.written_off <= unexplained {
            return;
        }
        self.edit_checkout(at).written_off = unexplained;
        let checkout = self.checkout(at);
        let detail = format!(
            "money was posted on {} that had been written off: {} stays written off",
            checkout.reference,
            checkout.money(unexplained)
        );
        self.record_history(at.account, AuditEvent::WrittenOff, detail);
    }
}
