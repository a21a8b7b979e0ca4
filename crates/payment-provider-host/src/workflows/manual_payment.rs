//! Manual payments, which an operator records.

use payment_provider_core::{
    CheckoutReference, Money, OrganizationId, PaymentId, ViolationCode, Violations,
};

use super::{Workflows, check_texts};
use crate::accounting::{
    Allocation, MANUAL_ID_PREFIX, ManualOutcome, ManualReport, TargetName, manual_payment,
};
use crate::crash_point::CommitStep;
use crate::error::{Conflict, Entity, Error, Refusal};
use crate::payable_id::PayableId;
use crate::store::AccountKeys;

/// The maximum length of an operator's key, in characters.
const MAX_KEY: usize = 64;

/// A payment to record manually.
///
/// # Examples
/// ```
/// use payment_provider_core::{CheckoutReference, Currency, Money, PaymentId};
/// use payment_provider_host::workflows::{ManualPayment, PaymentIdentity};
///
/// let checkout = CheckoutReference::new("pay-1")?;
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let identity = PaymentIdentity::GatewayId(PaymentId::new("pay_1")?);
/// let payment = ManualPayment::new(checkout, amount, identity, "asha", "on the statement of May 3");
/// assert_eq!(payment.by, "asha");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// A key that the operator chooses if the gateway's id is not known: 1 to 64 of
    /// `A-Z a-z 0-9 . _ -`. No more is recorded than the gateway reports beyond the posted amount.
    /// A payment of this amount that the gateway reports later is matched to it.
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
        let Some(id) = id else {
            let message =
                format!("must be a gateway's payment id, or 1 to {MAX_KEY} of `A-Z a-z 0-9 . _ -`");
            violations.push("identity", ViolationCode::Invalid, message);
            return Err(violations.into());
        };
        Ok(violations.into_result(id)?)
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
    /// Checkouts on which a payer may still begin a payment although nothing is due any more, each
    /// with the reason. Recording the payment again tries again to end them.
    pub still_payable: Vec<(CheckoutReference, Error)>,
    /// Checkouts made redundant on which the gateway reports money that could not be posted, each
    /// with the reason. Recording the payment again tries again while they are payable; afterwards
    /// the next request for a payment URL of the payable does.
    pub unreconciled: Vec<(CheckoutReference, Error)>,
}

impl Workflows {
    /// Records a payment manually, then ends the checkouts that it made redundant.
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
        // The gateway may have reported the payment under its own id since it was recorded.
        let names = [TargetName::Payment(id.clone())];
        let mut keys = AccountKeys {
            connection_pk: checkout.connection_pk,
            checkouts: &[checkout.pk],
            names: &names,
            ..AccountKeys::default()
        };
        keys.add_payment_id(&id);
        let accounts = ledger.accounts(&mut tx, &keys).await?;
        let report = ManualReport {
            checkout_pk: checkout.pk,
            id: &id,
            amount: manual.amount,
            by: manual.by.trim(),
            note: manual.note.trim(),
        };
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
        tx.commit_as(CommitStep::Manual).await?;
        let ended = self.checkouts.end_redundant(checkout.payable_pk).await?;
        Ok(RecordedPayment {
            is_new,
            allocation,
            still_payable: ended.still_payable,
            unreconciled: ended.unreconciled,
        })
    }
}
