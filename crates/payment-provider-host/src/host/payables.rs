//! The methods for payables: payment URLs, totals, closing, manual payments, write-offs and the
//! audit.

use payment_provider_core::OrganizationId;

use super::Host;
use crate::accounting::CloseReason;
use crate::checkouts::PaymentUrlOutcome;
use crate::error::Error;
use crate::ledger::audit::LedgerReport;
use crate::payable::{Attention, Payable, PayableView};
use crate::payable_id::PayableId;
use crate::workflows::{CloseOutcome, ManualPayment, RecordedPayment, WriteOff, WriteOffReport};

impl Host {
    /// Returns the URL at which this payable can be paid now, or the reason for which nothing is due.
    ///
    /// **Contract.** At most one checkout of a payable can be paid at any time, as far as the
    /// gateway allows it. A suitable checkout is reused. One that asks for something else is ended
    /// before another one is created, and so is an older one that turns out to be payable after
    /// all. A checkout asks only for the amount that is still due, and only after all money that
    /// the gateway reports is posted or written off: while the gateway reports money that it does
    /// not list, the error is [`Pending`](crate::error::ErrorKind::Pending). If that lasts, see
    /// [`write_off`](Self::write_off).
    ///
    /// **Cancellation.** The request is stored before it is sent. After a dropped future, a crash
    /// or a timeout at any point, the next call finds everything that this one left.
    ///
    /// **Idempotency.** Concurrent callers, in any process, get the same checkout: they send the same bytes
    /// under the same reference and idempotency key.
    pub async fn payment_url(&self, payable: &Payable) -> Result<PaymentUrlOutcome, Error> {
        self.inner.checkouts.payment_url(payable).await
    }

    /// Returns everything known about a payable; `None` if it was neither closed nor a payment URL
    /// requested for it.
    pub async fn payable(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
    ) -> Result<Option<PayableView>, Error> {
        self.inner.checkouts.view(organization, payable).await
    }

    /// Returns the open disputes, the refunds that failed or are on hold, the numbers of parked deliveries, and
    /// the checkouts that must not be paid and are not ended after several attempts, of one organization or of
    /// all: at most `limit` of each, and at most 500.
    pub async fn attention(
        &self,
        organization: Option<&OrganizationId>,
        limit: u32,
    ) -> Result<Attention, Error> {
        self.inner.checkouts.attention(organization, limit).await
    }

    /// Closes a payable: it was paid elsewhere, or withdrawn.
    ///
    /// **Contract.** The payable is closed first, durably. Then every checkout that could still
    /// take money is ended at the gateway. A payment that was begun before, or on a checkout that
    /// the gateway does not cancel, is posted as
    /// [`Late`](crate::accounting::AllocationOutcome::Late), all of it overpaid. The same holds for
    /// money that the gateway reports on any checkout of the payable and that no webhook reported.
    /// An unknown payable is stored as closed. A concurrent call of
    /// [`payment_url`](Self::payment_url) ends the checkout that it creates.
    ///
    /// A checkout that cannot be ended now is ended later by [`run_inbox`](Self::run_inbox); the work is
    /// recorded together with the closing.
    ///
    /// **Idempotency.** The first reason is kept. Closing again tries again to end the remaining
    /// checkouts and to post the money that is not posted.
    pub async fn close(
        &self,
        payable: &Payable,
        reason: CloseReason,
    ) -> Result<CloseOutcome, Error> {
        self.inner.workflows.close(payable, reason).await
    }

    /// Records a payment that no delivery reported, on a checkout of a gateway without a status
    /// API. Until it is recorded, no further payment URL is returned
    /// ([`Refusal::UnreconciledFunds`](crate::error::Refusal::UnreconciledFunds)). The payment is
    /// posted as a reported one would be, and the history says who recorded it and why. Checkouts
    /// that it makes redundant are ended.
    ///
    /// **Idempotency.** By its [identity](crate::workflows::PaymentIdentity), within the connection.
    pub async fn record_manual_payment(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        manual: &ManualPayment,
    ) -> Result<RecordedPayment, Error> {
        self.inner
            .workflows
            .record_manual_payment(organization, payable, manual)
            .await
    }

    /// Declares that no more money was received on a checkout than is posted, whatever the gateway
    /// reported: for instance a payment was reversed or is listed on another checkout, or a total
    /// was corrected. Until then no payment URL is returned for the payable
    /// ([`Pending`](crate::error::ErrorKind::Pending),
    /// [`Refusal::UnreconciledFunds`](crate::error::Refusal::UnreconciledFunds)), deliveries that
    /// report the total end parked, and the connection cannot be deleted.
    ///
    /// **Contract.** The payments that the gateway lists are fetched and posted first; at a gateway
    /// without a status API, only the payments that are posted already count. Then the rest of the
    /// reported amount is written off, in smallest units of the checkout's currency, and the
    /// history says how much, by whom and why. The write-off itself posts, receives and refunds
    /// nothing, and does not notify the handler. A payment that is reported or listed later is
    /// posted as usual, and the written-off amount is reduced to the amount that is still
    /// unexplained. Parked deliveries take effect once they are retried
    /// ([`retry_parked`](Self::retry_parked)).
    ///
    /// **Errors.** After an error nothing is written off; listed payments may be posted.
    ///
    /// **Cancellation.** A dropped call has written off everything or nothing; listed payments may be posted.
    ///
    /// **Idempotency.** Once everything is written off, another call sends no request, changes nothing and
    /// returns the same with [`is_new`](WriteOffReport::is_new) false.
    pub async fn write_off(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        off: &WriteOff,
    ) -> Result<WriteOffReport, Error> {
        self.inner
            .workflows
            .write_off(organization, payable, off)
            .await
    }

    /// Audits the ledger of one organization, or of all: every total against the payments and refunds that it
    /// is made of, every posted payment against the dedup key that keeps it from being posted twice, and every
    /// row against its owner. Findings are listed with both values.
    ///
    /// Reads in batches, each from one consistent state, while payments are posted; changes
    /// nothing.
    ///
    /// **Errors.** The database failed, or holds rows that cannot be read.
    pub async fn audit_ledger(
        &self,
        organization: Option<&OrganizationId>,
    ) -> Result<LedgerReport, Error> {
        let ledger = &self.inner.checkouts.reconciler.ledger;
        ledger.audit(organization).await
    }
}
