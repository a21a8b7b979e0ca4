//! What the gateway states of a checkout, recorded. Books nothing.

use payment_provider_core::{Checkout, CheckoutSnapshot, CheckoutStatus, Money, NextAction, Pii};

use crate::Host;
use crate::checkouts::CheckoutState;
use crate::handler::Cause;
use crate::ledger::LedgerError;
use crate::store::{CheckoutRow, HistoryKind, StoreError, TargetName, Transaction};

/// A checkout's status and totals, and its names as far as they are told.
pub(crate) struct Statement<'a> {
    status: &'a CheckoutStatus,
    amount: Money,
    amount_paid: Money,
    gateway_id: Option<String>,
    url: Option<Pii>,
}

impl<'a> From<&'a Checkout> for Statement<'a> {
    fn from(checkout: &'a Checkout) -> Self {
        Self {
            status: &checkout.status,
            amount: checkout.amount,
            amount_paid: checkout.amount_paid,
            gateway_id: checkout.gateway_id.as_ref().map(ToString::to_string),
            url: match &checkout.next_action {
                NextAction::Redirect(url) => Some(Pii::new(url.as_str())),
                _ => None,
            },
        }
    }
}

impl<'a> From<&'a CheckoutSnapshot> for Statement<'a> {
    fn from(snapshot: &'a CheckoutSnapshot) -> Self {
        let CheckoutSnapshot {
            status,
            amount,
            amount_paid,
            ..
        } = snapshot;
        Self {
            status,
            amount: *amount,
            amount_paid: *amount_paid,
            gateway_id: None,
            url: None,
        }
    }
}

impl Host {
    /// Records a statement on the row as it is in this transaction, whatever the order in which
    /// statements come.
    pub(crate) async fn record_statement<'a>(
        &self,
        tx: &mut Transaction,
        row: &mut CheckoutRow,
        stated: impl Into<Statement<'a>>,
    ) -> Result<(), LedgerError> {
        let stated = stated.into();
        let (state, paid) = (row.state, row.gateway_paid);
        row.state = state.after(stated.status);
        if stated.amount_paid.currency() == row.amount.currency() {
            row.gateway_paid = paid.max(stated.amount_paid.minor_units());
        }
        row.gateway_id = stated.gateway_id.or(row.gateway_id.take());
        let ours = stated.amount == row.amount && !row.conflicting;
        row.url = stated.url.filter(|_| ours).or(row.url.take());
        if (state, paid) != (row.state, row.gateway_paid) {
            let Statement {
                status,
                amount,
                amount_paid,
                ..
            } = stated;
            self.note_mismatch(tx, row, status, amount, amount_paid)
                .await?;
        }
        if state == row.state {
            tx.put_checkout(row).await?;
        } else {
            // That it was made at all is told by another line.
            if state != CheckoutState::Creating || row.state != CheckoutState::Open {
                let detail = format!(
                    "{} is {} now: the gateway says that {} of {} is paid on it",
                    row.reference,
                    row.state.as_str(),
                    stated.amount_paid,
                    stated.amount
                );
                self.note(tx, row.payable_pk, HistoryKind::CheckoutChanged, detail)
                    .await?;
            }
            self.put_state(tx, row).await?;
        }
        let mut names = vec![TargetName::Reference(row.reference.to_string())];
        names.extend(row.gateway_id.clone().map(TargetName::GatewayId));
        self.requeue(tx, row.connection_pk, &names).await?;
        Ok(())
    }

    async fn note_mismatch(
        &self,
        tx: &mut Transaction,
        row: &CheckoutRow,
        status: &CheckoutStatus,
        amount: Money,
        amount_paid: Money,
    ) -> Result<(), StoreError> {
        let short = row.state == CheckoutState::Paid && amount_paid != row.amount;
        if amount == row.amount && !short {
            return Ok(());
        }
        let detail = format!(
            "{} asks for {}, but the gateway says {status} with {amount_paid} paid of {amount}: \
             only payments are booked, not this total",
            row.reference, row.amount
        );
        self.note(tx, row.payable_pk, HistoryKind::Mismatch, detail)
            .await
    }

    /// Writes a checkout whose state changed, and tells the host's handler.
    pub(crate) async fn put_state(
        &self,
        tx: &mut Transaction,
        row: &CheckoutRow,
    ) -> Result<(), LedgerError> {
        tx.put_checkout(row).await?;
        let cause = Cause::Checkout {
            reference: &row.reference,
            state: row.state,
        };
        self.tell(tx, row.payable_pk, Some(&row.connection), cause)
            .await
    }

    /// Looks again at deliveries that named one of these before it was known.
    pub(crate) async fn requeue(
        &self,
        tx: &mut Transaction,
        connection_pk: i64,
        names: &[TargetName],
    ) -> Result<(), StoreError> {
        let now = self.now_millis();
        if tx.requeue_unmatched(connection_pk, names, now).await? > 0 {
            self.inner.arrival.notify_one();
        }
        Ok(())
    }
}
