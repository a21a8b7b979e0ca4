//! Claims: money of an order that a delivery reports without the gateway's id of the payment.

use payment_provider_core::{Money, PaymentClaim};

use super::account::{CheckoutAt, PaymentRecord};
use super::decision::Draft;
use super::delivery_report::{DeliveryReport, EventOutcome, WaitReason};
use super::fetched::Fetched;
use super::write_off::WriteOffStanding;

impl Draft {
    /// A claim is done once the account holds the money under the gateway's own payment id, or once
    /// everything that the gateway reports is explained. It posts nothing by itself.
    pub(super) fn claim_event(
        &self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        is_done: bool,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> EventOutcome {
        if is_done {
            EventOutcome::Applied
        } else if asked.is_some() {
            EventOutcome::Wait(WaitReason::NotListed)
        } else if not_askable {
            EventOutcome::Wait(WaitReason::NotAskable)
        } else {
            self.expects_payment_event(delivery)
                .unwrap_or(EventOutcome::Fetch(at))
        }
    }

    /// Returns true if the payments posted for the claimed order come to the claimed amount. Those
    /// posted on another checkout count if the gateway lists them on this one: checkouts may share an
    /// order.
    pub(super) fn holds_claim(
        &self,
        at: CheckoutAt,
        claim: &PaymentClaim,
        asked: Option<&Fetched>,
    ) -> bool {
        let checkout = self.checkout(at);
        let is_listed = |row: &PaymentRecord| {
            asked.is_some_and(|fetched| {
                fetched
                    .succeeded()
                    .any(|listed| listed.id == row.payment.id)
            })
        };
        let payments = self.accounts().iter().flat_map(|account| &account.payments);
        let posted = payments.filter(|row| {
            row.connection_pk == checkout.connection_pk
                && row.is_posted()
                && row.order_id() == Some(&claim.order_id)
                && row.payment.amount.currency() == claim.amount.currency()
                && (row.checkout_pk == checkout.pk || is_listed(row))
        });
        sum(posted.map(|row| row.payment.amount)) >= claim.amount.minor_units()
    }

    /// Returns true if the gateway's total covers the claim, includes its money and is explained:
    /// listed, posted or written off. `total` is what the delivery itself reports.
    ///
    /// A total of another delivery may be older than the claim. What the gateway lists is therefore
    /// compared with the delivery's own total, or has to be fetched late enough. Where nothing can
    /// be fetched, money of other orders does not count: it may have come in after the total.
    pub(super) fn explains_claim(
        &self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        claim: &PaymentClaim,
        total: Option<i64>,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> bool {
        let checkout = self.checkout(at);
        let (claimed, currency) = (claim.amount.minor_units(), claim.amount.currency());
        if currency != checkout.amount.currency() {
            return false;
        }
        let reported = checkout.gateway_paid.max(total.unwrap_or(0));
        if let Some(fetched) = asked
            && (total.is_some() || self.now() >= delivery.total_is_current_from)
        {
            // A delivery waits while the fetched total is neither listed nor written off.
            let paid = fetched.checkout.amount_paid;
            if paid.currency() == currency && paid.minor_units() >= reported.max(claimed) {
                return true;
            }
        }
        if reported > checkout.explained() {
            return false;
        }
        let others = self.account(at.account).payments.iter().filter(|row| {
            row.checkout_pk == checkout.pk
                && row.is_posted()
                && row.order_id().is_some_and(|order| *order != claim.order_id)
                && row.payment.amount.currency() == currency
        });
        let rest = checkout.explained() - sum(others.map(|row| row.payment.amount));
        let covering = reported.max(WriteOffStanding::of(checkout).reported.minor_units());
        if not_askable {
            return rest >= claimed && covering >= claimed;
        }
        // The write-off may be that of an earlier payment: it counts once the gateway's list had time
        // to show this one.
        checkout.written_off > 0
            && rest >= claimed
            && asked.is_some()
            && self.now() >= delivery.total_is_current_from
    }
}

/// Sums up amounts of one currency, in smallest units.
fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.fold(0, |sum, amount| sum.saturating_add(amount.minor_units()))
}
