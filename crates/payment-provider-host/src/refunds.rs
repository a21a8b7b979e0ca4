//! Refunds that a gateway tells of, recorded: each counts by how it stands, once.

use payment_provider_core::Refund;

use crate::Host;
use crate::cash::{gave_back, supersedes};
use crate::handler::Cause;
use crate::ledger::{LedgerError, account_of, apply_account};
use crate::store::{CheckoutRow, HistoryKind, RefundRow, StoreError, Transaction};

impl Host {
    /// Lets news of a refund take effect on the totals of the payable whose money it gives back.
    /// What news stands is decided by what it says, so the order in which it comes changes nothing.
    pub(crate) async fn record_refund(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        news: &Refund,
    ) -> Result<(), LedgerError> {
        let known = tx.refund_by_id(checkout.connection_pk, &news.id).await?;
        let Some(before) = known else {
            let row = RefundRow {
                pk: 0,
                checkout_pk: checkout.pk,
                connection_pk: checkout.connection_pk,
                refund: news.clone(),
                seen_at: self.now_millis(),
            };
            tx.put_refund(&row).await?;
            return self
                .restate(tx, checkout, checkout.payable_pk, news, gave_back(news))
                .await;
        };
        self.note_other_amount(tx, checkout, &before.refund, news)
            .await?;
        let mut row = before.clone();
        if supersedes(news, &before.refund) {
            row.refund = completed(news.clone(), &before.refund);
        } else {
            row.refund = completed(row.refund, news);
        }
        if tells_whose(news, checkout, &before) {
            row.refund.payment_id.clone_from(&news.payment_id);
            row.checkout_pk = checkout.pk;
        } else {
            row.refund.payment_id.clone_from(&before.refund.payment_id);
        }
        self.note_other_payment(tx, checkout, &before, news).await?;
        if row == before {
            return Ok(());
        }
        tx.put_refund(&row).await?;
        let mut payable_pk = checkout.payable_pk;
        if before.checkout_pk != checkout.pk {
            let other = tx.checkout_by_pk(before.checkout_pk).await?;
            if row.checkout_pk == before.checkout_pk {
                payable_pk = other.payable_pk;
            } else if other.payable_pk != payable_pk {
                self.restate(tx, checkout, other.payable_pk, &row.refund, false)
                    .await?;
            }
        }
        let moved = gave_back(&before.refund) != gave_back(&row.refund);
        self.restate(tx, checkout, payable_pk, &row.refund, moved)
            .await
    }

    /// Sums up the refunds of a payable, and tells the host's handler if money `moved` or the sum is
    /// another. The refund is told of by the connection of this checkout.
    async fn restate(
        &self,
        tx: &mut Transaction,
        told: &CheckoutRow,
        payable_pk: i64,
        refund: &Refund,
        moved: bool,
    ) -> Result<(), LedgerError> {
        crash_point!("refund.1-saved");
        let mut payable = tx.payable_by_pk(payable_pk).await?;
        let mut account = account_of(&payable);
        let before = account.refunded();
        let refunds = tx.refunds_of_payable(payable_pk).await?;
        account.set_refunds(refunds.iter().map(|row| &row.refund))?;
        if moved && gave_back(refund) && refund.amount.currency() != payable.currency {
            let detail = format!(
                "refund {} gives back {}, and what is owed is in {}: it counts toward no total",
                refund.id,
                refund.amount,
                payable.currency.code()
            );
            self.note(tx, payable_pk, HistoryKind::Mismatch, detail)
                .await?;
        }
        if account.refunded() != before {
            let (refunded, over) = (account.refunded(), account.over_refunded());
            if !over.is_zero() && refunded.minor_units() > before.minor_units() {
                let detail = format!(
                    "the gateway says that {refunded} was given back, {over} more than is known here \
                     to have come in"
                );
                self.note(tx, payable_pk, HistoryKind::Mismatch, detail)
                    .await?;
            }
            apply_account(&mut payable, &account);
            tx.put_payable(&payable).await?;
            crash_point!("refund.2-payable-saved");
        } else if !moved {
            return Ok(());
        }
        let is_it = |row: &RefundRow| {
            (row.connection_pk, &row.refund.id) == (told.connection_pk, &refund.id)
        };
        let counts = gave_back(refund)
            && refund.amount.currency() == payable.currency
            && refunds.iter().any(is_it);
        let cause = Cause::Refunded { refund, counts };
        self.tell(tx, payable_pk, Some(&told.connection), cause)
            .await?;
        crash_point!("refund.3-handler-done");
        Ok(())
    }

    /// Two payments on one checkout may be one under two ids; on two of them, somebody is mistaken.
    async fn note_other_payment(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        known: &RefundRow,
        news: &Refund,
    ) -> Result<(), StoreError> {
        let ids = [known.refund.payment_id.as_ref(), news.payment_id.as_ref()];
        let [Some(one), Some(two)] = ids else {
            return Ok(());
        };
        if one == two || known.checkout_pk == checkout.pk {
            return Ok(());
        }
        let stands = one.max(two);
        let detail = format!(
            "refund {} is told of as giving back payment {one} and payment {two}: {stands} stands",
            news.id
        );
        let kind = HistoryKind::Mismatch;
        self.note(tx, checkout.payable_pk, kind, detail).await
    }

    async fn note_other_amount(
        &self,
        tx: &mut Transaction,
        checkout: &CheckoutRow,
        known: &Refund,
        news: &Refund,
    ) -> Result<(), StoreError> {
        if known.amount == news.amount || known.status != news.status {
            return Ok(());
        }
        let stands = if supersedes(news, known) { news } else { known };
        let detail = format!(
            "refund {} is told of with {} and with {}, both as {}: {} stands",
            news.id,
            known.amount,
            news.amount,
            news.status.as_str(),
            stands.amount
        );
        let kind = HistoryKind::Mismatch;
        self.note(tx, checkout.payable_pk, kind, detail).await
    }
}

/// Whether it is news that says whose money a refund gives back, and not what is known of it. The
/// payment says so, better than an order does; and if two tellings differ, the same one is taken in
/// whatever order they come: the later id of the payment, or the checkout that was made first.
fn tells_whose(news: &Refund, checkout: &CheckoutRow, known: &RefundRow) -> bool {
    match (&news.payment_id, &known.refund.payment_id) {
        (None, None) => checkout.pk < known.checkout_pk,
        (told, known) => told >= known,
    }
}

/// Adds what another telling says and this one leaves out: events differ in what they carry.
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
