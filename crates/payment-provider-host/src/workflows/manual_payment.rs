//! Payments that an operator records.

use payment_provider_core::{
    CheckoutReference, Money, OrganizationId, PaymentId, ViolationCode, Violations,
};

use super::{Workflows, check_texts};
use crate::PayableId;
use crate::accounting::{
    Allocation, MANUAL_ID_PREFIX, ManualOutcome, ManualReport, manual_payment,
};
use crate::error::{Conflict, Entity, Error, Refusal};
use crate::store::AccountKeys;

/// The longest key of an operator, in characters.
const MAX_KEY: usize = 64;

/// A payment to record manually.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ManualPayment {
    /// The checkout on which it was paid.
    pub checkout: CheckoutReference,
    /// The amount.
    pub amount: Money,
    /// The identity under which it is recorded once.
    pub identity: PaymentIdentity,
    /// The operator who records it.
    pub by: String,
    /// The reason, and how the operator knows of the payment.
    pub note: String,
}

/// The identity of a manual payment: one identity is recorded once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentIdentity {
    /// The gateway's payment id, as its dashboard or statement shows it. A delivery that reports this
    /// payment later adds nothing.
    GatewayId(PaymentId),
    /// A key of the operator, where that id is not known: 1 to 64 of `A-Z a-z 0-9 . _ -`. No more is
    /// recorded than the gateway reports beyond what is posted, and a payment of this amount that the
    /// gateway reports later is matched to it.
    OperatorKey(String),
}

impl ManualPayment {
    /// Creates a manual payment. All fields are required.
    pub fn new(
        checkout: CheckoutReference,
        amount: Money,
        identity: PaymentIdentity,
        by: impl Into<String>,
        note: impl Into<String>,
    ) -> Self {
        Self {
            checkout,
            amount,
            identity,
            by: by.into(),
            note: note.into(),
        }
    }

    /// Checks the fields, and returns the id under which the payment is recorded.
    fn payment_id(&self) -> Result<PaymentId, Error> {
        let mut violations = Violations::none();
        if !self.amount.is_positive() {
            violations.push("amount", ViolationCode::Invalid, "must be more than zero");
        }
        check_texts(&self.by, &self.note, &mut violations);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let id = match &self.identity {
            PaymentIdentity::GatewayId(id) if !id.as_str().starts_with(MANUAL_ID_PREFIX) => {
                Some(id.clone())
            }
            PaymentIdentity::OperatorKey(key)
                if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(is_plain) =>
            {
                PaymentId::new(format!("{MANUAL_ID_PREFIX}{key}")).ok()
            }
            _ => None,
        };
        if id.is_none() {
            let message =
                format!("must be a gateway's payment id, or 1 to {MAX_KEY} of `A-Z a-z 0-9 . _ -`");
            violations.push("identity", ViolationCode::Invalid, message);
        }
        violations.into_result(())?;
        id.ok_or_else(|| Conflict::PaymentIdentityTaken.into())
    }
}

/// The result of recording a payment manually.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecordedPayment {
    /// True if this call posted it. If not, an earlier call or report did.
    pub is_new: bool,
    /// Its allocation.
    pub allocation: Allocation,
    /// Checkouts on which nothing is due any more and a payer may still begin a payment, each with the
    /// reason. Recording the payment again tries again to end them.
    pub still_payable: Vec<(CheckoutReference, Error)>,
}

impl Workflows {
    /// Records a payment manually, then ends checkouts that became redundant by it.
    pub(crate) async fn record_manual_payment(
        &self,
        organization: &OrganizationId,
        payable: &PayableId,
        manual: &ManualPayment,
    ) -> Result<RecordedPayment, Error> {
        let id = manual.payment_id()?;
        let ledger = self.ledger();
        let mut tx = ledger.store.begin_read().await?;
        let (_, checkout) = self
            .account_of_reference(&mut tx, organization, payable, &manual.checkout)
            .await?;
        drop(tx);
        let connections = self.checkouts.connections();
        let provider = connections.open_by_pk(checkout.connection_pk).await?;
        if provider.descriptor().capabilities.status_inquiry {
            return Err(Refusal::GatewayListsPayments.into());
        }
        let mut tx = ledger.store.begin().await?;
        let keys = AccountKeys {
            connection_pk: checkout.connection_pk,
            checkouts: &[checkout.pk],
            payments: vec![id.as_str()],
            ..AccountKeys::default()
        };
        let accounts = ledger.accounts(&mut tx, &keys).await?;
        let report = ManualReport {
            checkout_pk: checkout.pk,
            id: &id,
            amount: manual.amount,
            by: manual.by.trim(),
            note: manual.note.trim(),
        };
        crash_point!("manual.1-loaded");
        let decision = manual_payment(accounts, report, ledger.now())?;
        let (is_new, allocation) = match decision.outcome {
            ManualOutcome::Posted { is_new, allocation } => (is_new, allocation),
            ManualOutcome::IdTaken => return Err(Conflict::PaymentIdentityTaken.into()),
            ManualOutcome::NotReported { reported, posted } => {
                return Err(Refusal::NotReported { reported, posted }.into());
            }
            ManualOutcome::UnknownCheckout => return Err(Entity::Checkout.into()),
        };
        ledger.record(&mut tx, decision).await?;
        crash_point!("manual.2-before-commit");
        tx.commit().await?;
        crash_point!("manual.3-committed");
        Ok(RecordedPayment {
            is_new,
            allocation,
            still_payable: self.checkouts.end_redundant(checkout.payable_pk).await?,
        })
    }
}
