//! Writing off money that a gateway reported and never lists.

use payment_provider_core::{CheckoutReference, Money, OrganizationId, Violations};

use super::{Workflows, check_texts};
use crate::accounting::{WriteOffStanding, write_off};
use crate::crash_point::CommitStep;
use crate::error::{Error, Refusal};
use crate::payable_id::PayableId;
use crate::reconcile::FetchError;

/// An operator's declaration that no more money was received on a checkout than is posted.
///
/// # Examples
/// ```
/// use payment_provider_core::CheckoutReference;
/// use payment_provider_host::workflows::WriteOff;
///
/// let checkout = CheckoutReference::new("pay-1")?;
/// let off = WriteOff::new(checkout, "asha", "the bank reversed the payment on May 3");
/// assert_eq!(off.by, "asha");
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WriteOff {
    /// The checkout.
    pub checkout: CheckoutReference,
    /// The operator who writes it off.
    pub by: String,
    /// The reason, and how the operator knows that the money was not received.
    pub note: String,
}

impl WriteOff {
    /// Creates a write-off. All fields are required.
    pub fn new(
        checkout: CheckoutReference,
        by: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self {
            checkout,
            by: by.into(),
            note: note.into(),
        }
    }
}

/// The amounts of a checkout after a write-off, in the currency of the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOffReport {
    /// True if this call wrote something off. If not, an earlier call had written off everything.
    pub is_new: bool,
    /// The largest amount that the gateway ever reported as paid on the checkout. If it reported
    /// the status paid without an amount in the checkout's currency, this is the amount of the
    /// checkout.
    pub reported: Money,
    /// The amount that is posted on the checkout.
    pub posted: Money,
    /// The amount that was written off on the checkout, by all calls together.
    pub written_off: Money,
}

impl From<WriteOffStanding> for WriteOffReport {
    fn from(standing: WriteOffStanding) -> Self {
        let WriteOffStanding {
            is_new,
            reported,
            posted,
            written_off,
        } = standing;
        Self {
            is_new,
            reported,
            posted,
            written_off,
        }
    }
}

impl Workflows {
    /// Fetches and posts what the gateway lists, then writes off the rest of what it reports.
    pub(crate) async fn write_off(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        off: &WriteOff,
    ) -> Result<WriteOffReport, Error> {
        let mut violations = Violations::none();
        check_texts(&off.by, &off.note, &mut violations);
        violations.into_result(())?;
        let ledger = self.ledger();
        let mut tx = ledger.store.begin_read().await?;
        let (_, checkout) = self
            .account_of_reference(&mut tx, organization, payable, &off.checkout)
            .await?;
        drop(tx);
        if checkout.has_unreconciled_amount() {
            match self.reconciler().fetch(&checkout).await {
                Ok(found) => self.reconciler().record_fetched(&checkout, found).await?,
                Err(FetchError::NotAskable(_)) => {}
                Err(FetchError::Failed(error)) => return Err(error),
            }
        }
        let mut tx = ledger.store.begin().await?;
        let (account, checkout) = self
            .account_of_reference(&mut tx, organization, payable, &off.checkout)
            .await?;
        let (by, note) = (off.by.trim(), off.note.trim());
        let decision = write_off(account, checkout.pk, by, note, ledger.now())?;
        let (standing, _) = ledger.record(&mut tx, decision).await?;
        let standing = standing.ok_or(Refusal::NothingToWriteOff)?;
        tx.commit_as(CommitStep::WriteOff).await?;
        Ok(standing.into())
    }
}
