use payment_provider_core::{Currency, Money, Payment, PaymentId, Refund, RefundClaim, RefundId};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

use crate::wire;

/// A refund. The API and the webhooks use the same fields:
/// <https://razorpay.com/docs/api/refunds/entity/>.
#[derive(Deserialize)]
pub(crate) struct Entity<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    payment_id: Raw<'a>,
    #[serde(borrow, default)]
    receipt: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    acquirer_data: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct AcquirerData<'a> {
    #[serde(borrow, default)]
    arn: Raw<'a>,
    #[serde(borrow, default)]
    rrn: Raw<'a>,
    #[serde(borrow, default)]
    utr: Raw<'a>,
}

impl Entity<'_> {
    /// Converts the entity into a refund. Its own status decides.
    pub(crate) fn refund(&self) -> Result<Refund, Unreadable> {
        self.refund_of(self.amount()?)
    }

    /// Converts the entity into a refund of this payment. The published sample of a payment's
    /// refunds has an empty currency: a refund is in the currency of its payment.
    pub(crate) fn refund_of_payment(&self, payment: &Payment) -> Result<Refund, Unreadable> {
        let amount = if json::says_nothing(self.currency) {
            json::minor_units("refund.amount", self.amount, payment.amount.currency())?
        } else {
            self.amount()?
        };
        self.refund_of(amount)
    }

    fn refund_of(&self, amount: Money) -> Result<Refund, Unreadable> {
        let id = self.id().ok_or(Unreadable("refund.id"))?;
        let status = wire::refund_status(&json::word("refund.status", self.status)?);
        let data: AcquirerData<'_> = json::optional_object(self.acquirer_data).unwrap_or_default();
        let mut refund = Refund::new(id, status, amount);
        refund.reference = json::gateway_identifier(self.receipt);
        refund.payment_id = json::gateway_identifier(self.payment_id);
        refund.bank_reference = wire::bank_reference([data.arn, data.rrn, data.utr]);
        refund.created_at = json::unix_seconds(self.created_at);
        Ok(refund)
    }

    /// Returns the claim that this refund of a payment exists, with the details that can be read.
    ///
    /// The payment is the one that the refund names, otherwise the given one. Without an id, the
    /// receipt identifies the refund if the payment is known; otherwise there is no claim.
    pub(crate) fn claim(&self, payment: Option<PaymentId>) -> Option<RefundClaim> {
        let reference = json::gateway_identifier(self.receipt);
        let payment = json::gateway_identifier(self.payment_id).or(payment);
        let claim = match self.id() {
            Some(id) => RefundClaim::of_refund(id).with_reference(reference),
            None => RefundClaim::of_reference(reference.filter(|_| payment.is_some())?),
        };
        let amount = self.amount().ok();
        Some(claim.with_payment_id(payment).with_amount(amount))
    }

    fn id(&self) -> Option<RefundId> {
        json::gateway_identifier(self.id)
    }

    fn amount(&self) -> Result<Money, Unreadable> {
        let currency: Currency = json::currency("refund.currency", self.currency)?;
        json::minor_units("refund.amount", self.amount, currency)
    }
}
