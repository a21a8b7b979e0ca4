//! Reports of refunds: each takes effect on the checkout whose money the refund gives back.

use payment_provider_core::{EventKind, MoneyError, Refund};

use super::account::{CheckoutAt, RefundRecord, Tracked};
use super::decision::{Change, Draft};
use super::history::AuditEvent;
use super::refund_history::refund_line;
use super::refund_total::{gave_back, supersedes};
use super::target_name::TargetName;

impl Draft {
    /// Records a report of a refund on the checkout whose money it gives back.
    ///
    /// A refund that was first reported for another payable moves here if this report names its
    /// payment better (see [`decides_owner`]); both payables are restated.
    pub(super) fn record_refund(
        &mut self,
        at: CheckoutAt,
        report: &Refund,
    ) -> Result<(), MoneyError> {
        let connection_pk = self.checkout(at).connection_pk;
        let Some((owner, position)) = self.find_refund(connection_pk, report) else {
            let record = RefundRecord {
                pk: 0,
                checkout_pk: self.checkout(at).pk,
                connection_pk,
                refund: report.clone(),
                seen_at: self.now(),
            };
            self.account_mut(at.account)
                .refunds
                .push(Tracked::added(record));
            return self.restate_refunds(at, at.account, report, gave_back(report));
        };
        let before = (*self.account(owner).refunds[position]).clone();
        self.record_amount_conflict(at, &before.refund, report);
        let mut after = before.clone();
        after.refund = if supersedes(report, &before.refund) {
            completed(report.clone(), &before.refund)
        } else {
            completed(after.refund, report)
        };
        if decides_owner(report, self.checkout(at).pk, &before) {
            after.refund.payment_id.clone_from(&report.payment_id);
            after.checkout_pk = self.checkout(at).pk;
        } else {
            after
                .refund
                .payment_id
                .clone_from(&before.refund.payment_id);
        }
        self.record_payment_conflict(at, &before, report);
        if after == before {
            return Ok(());
        }
        let moved = gave_back(&before.refund) != gave_back(&after.refund);
        let refund = after.refund.clone();
        let stays = after.checkout_pk == before.checkout_pk;
        if stays || owner == at.account {
            *self.account_mut(owner).refunds[position].edit() = after;
            return self.restate_refunds(at, owner, &refund, moved);
        }
        let mut record = self.account_mut(owner).refunds.remove(position);
        *record.edit() = after;
        self.account_mut(at.account).refunds.push(record);
        self.restate_refunds(at, owner, &refund, false)?;
        self.restate_refunds(at, at.account, &refund, moved)
    }

    /// Records a refund that the gateway lists for a checkout, on the checkout on which the refunded
    /// payment is posted: checkouts may share an order.
    pub(super) fn record_fetched_refund(
        &mut self,
        listed_on: CheckoutAt,
        refund: &Refund,
    ) -> Result<(), MoneyError> {
        let connection_pk = self.checkout(listed_on).connection_pk;
        let payment = refund.payment_id.clone().map(TargetName::Payment);
        let posted_on = payment.and_then(|name| self.checkout_by_name(connection_pk, &name));
        let at = posted_on.unwrap_or(listed_on);
        let kind = EventKind::Refund(refund.clone());
        if let Some(line) = refund_line(&kind) {
            self.record_refund_line(at, self.now(), line);
        }
        self.record_refund(at, refund)
    }

    /// Sums up the refunds of one payable, and notifies the handler if money `moved` or the sum
    /// changed. The notification names the connection that reported the refund.
    fn restate_refunds(
        &mut self,
        reported: CheckoutAt,
        owner: usize,
        refund: &Refund,
        moved: bool,
    ) -> Result<(), MoneyError> {
        let mut balance = self.account(owner).balance();
        let before = balance.refunded();
        balance.set_refunds(self.account(owner).refunds.iter().map(|row| &row.refund))?;
        let currency = balance.currency();
        if moved && gave_back(refund) && refund.amount.currency() != currency {
            let detail = format!(
                "refund {} gives back {}, but the payable is in {}: it counts toward no total",
                refund.id,
                refund.amount,
                currency.code()
            );
            self.record_history(owner, AuditEvent::Mismatch, detail);
        }
        if balance.refunded() != before {
            let (refunded, over) = (balance.refunded(), balance.over_refunded());
            if !over.is_zero() && refunded.minor_units() > before.minor_units() {
                let detail = format!(
                    "the gateway reports refunds of {refunded}, {over} more than is known here to \
                     have been received"
                );
                self.record_history(owner, AuditEvent::Mismatch, detail);
            }
            self.set_balance(owner, balance);
        } else if !moved {
            return Ok(());
        }
        let connection_pk = self.checkout(reported).connection_pk;
        let is_here = |row: &Tracked<RefundRecord>| {
            row.connection_pk == connection_pk && row.refund.id == refund.id
        };
        let counts = gave_back(refund)
            && refund.amount.currency() == currency
            && self.account(owner).refunds.iter().any(is_here);
        let change = Change::Refunded {
            refund: refund.clone(),
            counts,
        };
        self.notify(owner, Some(reported), change);
        Ok(())
    }

    /// Records that two reports name two payments on two checkouts for one refund.
    fn record_payment_conflict(&mut self, at: CheckoutAt, known: &RefundRecord, report: &Refund) {
        let ids = [known.refund.payment_id.as_ref(), report.payment_id.as_ref()];
        let [Some(one), Some(two)] = ids else {
            return;
        };
        if one == two || known.checkout_pk == self.checkout(at).pk {
            return;
        }
        let stands = one.max(two);
        let detail = format!(
            "refund {} is reported for payment {one} and for payment {two}: {stands} stands",
            report.id
        );
        self.record_history(at.account, AuditEvent::Mismatch, detail);
    }

    /// Records that two reports of one status name two amounts.
    fn record_amount_conflict(&mut self, at: CheckoutAt, known: &Refund, report: &Refund) {
        if known.amount == report.amount || known.status != report.status {
            return;
        }
        let stands = if supersedes(report, known) {
            report
        } else {
            known
        };
        let detail = format!(
            "refund {} is reported with {} and with {}, both as {}: {} stands",
            report.id,
            known.amount,
            report.amount,
            report.status.as_str(),
            stands.amount
        );
        self.record_history(at.account, AuditEvent::Mismatch, detail);
    }
}

/// Returns true if the report, and not the known record, says which payment the refund gives back.
///
/// A report with a payment id is better than one without. If two reports disagree, the same one
/// stands in every order of arrival: the later payment id, or the checkout that was made first.
fn decides_owner(report: &Refund, checkout_pk: i64, known: &RefundRecord) -> bool {
    match (&report.payment_id, &known.refund.payment_id) {
        (None, None) => checkout_pk < known.checkout_pk,
        (reported, known) => reported >= known,
    }
}

/// Adds the details of another report that this one leaves out.
fn completed(mut refund: Refund, other: &Refund) -> Refund {
    refund.reference = refund.reference.or_else(|| other.reference.clone());
    refund.payment_id = refund.payment_id.or_else(|| other.payment_id.clone());
    refund.order_id = refund.order_id.or_else(|| other.order_id.clone());
    refund.origin = refund.origin.or_else(|| other.origin.clone());
    refund.bank_reference = refund
        .bank_reference
        .or_else(|| other.bank_reference.clone());
    refund.reason = refund.reason.or_else(|| other.reason.clone());
    refund.created_at = refund.created_at.or(other.created_at);
    refund
}
