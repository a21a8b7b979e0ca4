//! Claims: money and refunds that a delivery reports, but not well enough to post them.

use payment_provider_core::{
    Event, Money, PaymentClaim, PaymentStatus, Refund, RefundClaim, RefundStatus,
};

use super::account::{CheckoutAt, PaymentRecord};
use super::decision::Draft;
use super::delivery_report::{AllFetched, DeliveryReport, EventOutcome, WaitReason};
use super::fetched::{Fetched, FetchedRefunds};
use super::history::AuditEvent;
use super::manual_payment::MANUAL_ID_PREFIX;
use super::refund_total::status_rank;
use super::target_name::TargetName;
use super::write_off::WriteOffStanding;

impl Draft {
    /// A claim is done once the account holds the money under the gateway's own payment id, or once
    /// everything that the gateway reports is explained. It posts nothing by itself.
    ///
    /// A claim of another order than the checkout's own is about something unknown here: a shop on
    /// the same account can write a name of this checkout into its own payments.
    pub(super) fn claim_event(
        &self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        claim: &PaymentClaim,
        is_done: bool,
        asked: Option<&Fetched>,
        not_askable: bool,
    ) -> EventOutcome {
        if is_done {
            return EventOutcome::Applied;
        }
        if let Some(fetched) = asked {
            return match (&fetched.checkout.order_id, &claim.order_id) {
                (Some(own), Some(claimed)) if own != claimed => {
                    EventOutcome::Unmatched(self.unknown_names(delivery.connection_pk, claim))
                }
                _ => EventOutcome::Wait(WaitReason::NotListed),
            };
        }
        if not_askable {
            return EventOutcome::Wait(WaitReason::NotAskable);
        }
        // A claim of a payment is itself the payment event.
        let expected = match claim.payment_id {
            None => self.expects_payment_event(delivery),
            Some(_) => None,
        };
        expected.unwrap_or(EventOutcome::Fetch(at))
    }

    /// A claim that names no checkout is done once its payment is posted.
    pub(super) fn claim_without_target(
        &self,
        delivery: &DeliveryReport<'_>,
        claim: &PaymentClaim,
    ) -> EventOutcome {
        let connection_pk = delivery.connection_pk;
        let known = claim.payment_id.as_ref();
        let known = known.and_then(|id| self.payment_by_id(connection_pk, id));
        if known.is_some_and(|known| self.payment(known).is_posted()) {
            return EventOutcome::Applied;
        }
        EventOutcome::Unmatched(self.unknown_names(connection_pk, claim))
    }

    /// Returns the names in a claim that lead to no checkout yet.
    fn unknown_names(&self, connection_pk: i64, claim: &PaymentClaim) -> Vec<TargetName> {
        let order = claim.order_id.as_ref().map(ToString::to_string);
        let names = [
            claim.payment_id.clone().map(TargetName::Payment),
            order.map(TargetName::Order),
        ];
        let is_unknown = |name: &TargetName| self.checkout_by_name(connection_pk, name).is_none();
        names.into_iter().flatten().filter(is_unknown).collect()
    }

    /// Returns true if the gateway lists the claimed payment as one that brought no money, long enough
    /// after the claim: its list may lag. The contradiction is recorded.
    pub(super) fn is_without_money(
        &mut self,
        delivery: &DeliveryReport<'_>,
        at: CheckoutAt,
        claim: &PaymentClaim,
        asked: Option<&Fetched>,
    ) -> bool {
        let Some(fetched) = asked else {
            return false;
        };
        let listed = claim.payment_id.as_ref().and_then(|id| fetched.payment(id));
        let Some(listed) = listed else {
            return false;
        };
        let brought_none = match listed.status {
            PaymentStatus::Failed | PaymentStatus::Dropped | PaymentStatus::Cancelled => true,
            PaymentStatus::Succeeded => !listed.amount.is_positive(),
            _ => false,
        };
        if !brought_none || fetched.started_at < delivery.total_is_current_from {
            return false;
        }
        let detail = format!(
            "payment {} is reported as received, but the gateway lists it as {} with {}: nothing is \
             posted",
            listed.id,
            listed.status.as_str(),
            listed.amount
        );
        self.record_history(at.account, AuditEvent::Mismatch, detail);
        true
    }

    /// Returns true if the claimed money is posted.
    pub(super) fn holds_claim(
        &self,
        at: CheckoutAt,
        claim: &PaymentClaim,
        asked: Option<&Fetched>,
    ) -> bool {
        match (&claim.payment_id, &claim.order_id, claim.amount) {
            (Some(id), ..) => {
                let connection_pk = self.checkout(at).connection_pk;
                let known = self.payment_by_id(connection_pk, id);
                known.is_some_and(|known| self.payment(known).is_posted())
            }
            (None, Some(order), Some(amount)) => {
                self.posted_for_order(at, order.as_str(), amount, asked) >= amount.minor_units()
            }
            _ => false,
        }
    }

    /// Returns the sum of the payments posted for an order, in smallest units. Those posted on
    /// another checkout count if the gateway lists them on this one: checkouts may share an order.
    fn posted_for_order(
        &self,
        at: CheckoutAt,
        order: &str,
        amount: Money,
        asked: Option<&Fetched>,
    ) -> i64 {
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
                && row.order_id().is_some_and(|id| id.as_str() == order)
                && row.payment.amount.currency() == amount.currency()
                && (row.checkout_pk == checkout.pk || is_listed(row))
        });
        sum(posted.map(|row| row.payment.amount))
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
        let Some(amount) = claim.amount else {
            // Only a payment of its order, or a write-off of all that the gateway reports, can explain an
            // unknown amount.
            let is_current =
                asked.is_some_and(|fetched| fetched.started_at >= delivery.total_is_current_from);
            let of_order = claim
                .order_id
                .as_ref()
                .filter(|_| claim.payment_id.is_none());
            let is_posted = of_order.is_some_and(|order| {
                self.posted_for_order(at, order.as_str(), checkout.amount, asked) > 0
            });
            let is_explained =
                checkout.written_off > 0 && checkout.gateway_paid <= checkout.explained();
            return is_current && (is_posted || is_explained);
        };
        let (claimed, currency) = (amount.minor_units(), amount.currency());
        if currency != checkout.amount.currency() {
            return false;
        }
        let reported = checkout.gateway_paid.max(total.unwrap_or(0));
        let is_current =
            asked.is_some_and(|fetched| fetched.started_at >= delivery.total_is_current_from);
        // A claimed payment has an id: the list has to contain it, whatever the total is.
        if let Some(fetched) = asked
            && claim.payment_id.is_none()
            && (total.is_some() || is_current)
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
        // The payments that may be the claimed one are loaded; of the others only their sum is known.
        let may_be_it = self.account(at.account).payments.iter().filter(|row| {
            row.checkout_pk == checkout.pk
                && row.is_posted()
                && !is_of_another(row, claim)
                && row.payment.amount.currency() == currency
        });
        let rest = if claim.payment_id.is_none() && claim.order_id.is_none() {
            checkout.explained()
        } else {
            let may_be_it = sum(may_be_it.map(|row| row.payment.amount));
            may_be_it.saturating_add(checkout.written_off)
        };
        let covering = reported.max(WriteOffStanding::of(checkout).reported.minor_units());
        if not_askable {
            return rest >= claimed && covering >= claimed;
        }
        // The write-off may be that of an earlier payment: it counts once the gateway's list had time
        // to show this one.
        checkout.written_off > 0 && rest >= claimed && is_current
    }

    /// Decides a claim of a refund. It is done once the gateway's own record of the refund was
    /// listed, and so recorded; or if the refund is known here in a final status. It records nothing
    /// by itself.
    pub(super) fn refund_claim(
        &self,
        delivery: &DeliveryReport<'_>,
        event: &Event,
        claim: &RefundClaim,
        fetched: &AllFetched,
    ) -> EventOutcome {
        let connection_pk = delivery.connection_pk;
        let known = self.accounts().iter().flat_map(|account| &account.refunds);
        let mut known =
            known.filter(|row| row.connection_pk == connection_pk && claim.is_of(&row.refund));
        let known = known.next();
        // A refund that succeeded may still come back.
        let latest = claim.status.as_ref().unwrap_or(&RefundStatus::Failed);
        if known.is_some_and(|row| status_rank(&row.refund.status) >= status_rank(latest)) {
            return EventOutcome::Applied;
        }
        let resolved = self.resolve(connection_pk, event);
        let by_target = self.resolve_target(connection_pk, &event.target);
        let by_refund = known.and_then(|row| self.checkout_at(row.checkout_pk));
        let Some(at) = resolved.checkout.or(by_target.checkout).or(by_refund) else {
            let missing = [resolved.missing, by_target.missing].concat();
            return if missing.is_empty() {
                EventOutcome::Wait(WaitReason::Unreadable)
            } else {
                EventOutcome::Unmatched(missing)
            };
        };
        match fetched.get(&self.checkout(at).pk) {
            None => EventOutcome::Fetch(at),
            Some(None) => EventOutcome::Wait(WaitReason::NotAskable),
            Some(Some(found)) => match &found.refunds {
                FetchedRefunds::Listed(refunds) => {
                    let earliest = claim.status.as_ref().map_or(0, status_rank);
                    let confirms = |refund: &Refund| {
                        claim.is_of(refund) && status_rank(&refund.status) >= earliest
                    };
                    if refunds.iter().any(confirms) {
                        EventOutcome::Applied
                    } else {
                        EventOutcome::Wait(WaitReason::NotListed)
                    }
                }
                FetchedRefunds::Unanswered(_) => EventOutcome::Wait(WaitReason::RefundsUnanswered),
                FetchedRefunds::NotFetched | FetchedRefunds::NotAskable => {
                    EventOutcome::Wait(WaitReason::RefundsNotAskable)
                }
            },
        }
    }
}

/// Returns true if a posted payment is certainly not the claimed one. One that an operator recorded
/// under a key of their own may be.
fn is_of_another(row: &PaymentRecord, claim: &PaymentClaim) -> bool {
    if row.payment.id.as_str().starts_with(MANUAL_ID_PREFIX) {
        return false;
    }
    match (&claim.payment_id, &claim.order_id) {
        (Some(id), _) => row.payment.id != *id,
        (None, Some(order)) => row.order_id().is_some_and(|known| known != order),
        (None, None) => false,
    }
}

/// Sums up amounts of one currency, in smallest units.
fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.fold(0, |sum, amount| sum.saturating_add(amount.minor_units()))
}
