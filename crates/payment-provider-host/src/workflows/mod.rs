//! Workflows that span several modules: manual payments, write-offs, closing a payable, and moving
//! a customer.

mod close;
mod manual_payment;
mod relink;
mod write_off;

use payment_provider_core::{CheckoutReference, OrganizationId, ViolationCode, Violations};

pub use close::CloseOutcome;
pub use manual_payment::{ManualPayment, PaymentIdentity, RecordedPayment};
pub use relink::{LinkOutcome, OpenCheckout, UnlinkOutcome};
pub use write_off::{WriteOff, WriteOffReport};

use crate::accounting::{Account, CheckoutRecord};
use crate::checkouts::Checkouts;
use crate::error::{Entity, Error};
use crate::ledger::Ledger;
use crate::payable_id::PayableId;
use crate::reconcile::Reconciler;
use crate::store::Transaction;

/// The maximum length of a text that an operator enters, in characters.
const MAX_NOTE: usize = 500;

/// The workflows of the runtime.
#[derive(Debug, Clone)]
pub(crate) struct Workflows {
    checkouts: Checkouts,
}

impl Workflows {
    pub(crate) const fn new(checkouts: Checkouts) -> Self {
        Self { checkouts }
    }

    const fn ledger(&self) -> &Ledger {
        &self.checkouts.reconciler.ledger
    }

    const fn reconciler(&self) -> &Reconciler {
        &self.checkouts.reconciler
    }

    /// Loads the account of a payable, and its checkout with a reference that an operator gave.
    /// Locks the account if the transaction writes.
    async fn account_of_reference(
        &self,
        tx: &mut Transaction,
        organization: &OrganizationId,
        payable: &PayableId,
        reference: &CheckoutReference,
    ) -> Result<(Account, CheckoutRecord), Error> {
        let found = self.ledger().account_of(tx, organization, payable).await?;
        let account = found.ok_or(Entity::Payable)?;
        let checkout = account
            .checkouts
            .iter()
            .find(|row| row.reference == *reference)
            .map(|row| (**row).clone());
        Ok((account, checkout.ok_or(Entity::Checkout)?))
    }
}

/// Checks that an operator's name and note are not empty, not too long, and without control
/// characters.
fn check_texts(by: &str, note: &str, violations: &mut Violations) {
    for (field, text) in [("by", by), ("note", note)] {
        let text = text.trim();
        let fits = (1..=MAX_NOTE).contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            let message = format!("must be 1 to {MAX_NOTE} characters without control characters");
            violations.push(field, ViolationCode::Invalid, message);
        }
    }
}
