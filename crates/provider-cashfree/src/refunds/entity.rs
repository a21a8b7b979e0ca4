use payment_provider_core::{
    Money, OrderId, PaymentId, Pii, Refund, RefundClaim, RefundId, RefundOrigin, RefundReference,
    RefundStatus,
};
use serde::Deserialize;

use crate::wire::{self, Raw, Unreadable};

/// A refund. The API and the webhooks use the same fields, and so do refunds requested by the
/// merchant and automatic ones, except for the name of the note.
#[derive(Deserialize)]
pub(crate) struct Entity<'a> {
    #[serde(borrow, default)]
    cf_refund_id: Raw<'a>,
    #[serde(borrow, default)]
    cf_payment_id: Raw<'a>,
    #[serde(borrow, default)]
    refund_id: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    refund_amount: Raw<'a>,
    #[serde(borrow, default)]
    refund_currency: Raw<'a>,
    #[serde(borrow, default)]
    refund_type: Raw<'a>,
    #[serde(borrow, default)]
    refund_arn: Raw<'a>,
    #[serde(borrow, default)]
    refund_status: Raw<'a>,
    #[serde(borrow, default)]
    status_description: Raw<'a>,
    #[serde(borrow, default)]
    refund_note: Raw<'a>,
    #[serde(borrow, default)]
    refund_reason: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
    #[serde(borrow, default)]
    processed_at: Raw<'a>,
}

impl Entity<'_> {
    /// Converts the entity into a refund. `origin`, implied by the type of the delivery, is used if
    /// the body names none.
    pub(crate) fn refund(&self, origin: Option<RefundOrigin>) -> Result<Refund, Unreadable> {
        let id = self.id().ok_or(Unreadable("cf_refund_id"))?;
        let status = wire::refund_status(&wire::word("refund_status", self.refund_status)?);
        let mut refund = Refund::new(id, status, self.amount()?);
        refund.reference = wire::gateway_identifier(self.refund_id);
        refund.payment_id = self.payment_id();
        refund.order_id = self.order_id();
        refund.origin = wire::stated_word(self.refund_type)
            .map(|word| wire::refund_origin(&word))
            .or(origin);
        refund.bank_reference = wire::stated_whole(self.refund_arn);
        refund.reason = wire::stated(self.refund_note)
            .or_else(|| wire::stated(self.refund_reason))
            .map(Pii::new);
        refund.failure = self.failure(&refund.status);
        refund.created_at = wire::with_offset(self.created_at);
        refund.processed_at = wire::with_offset(self.processed_at);
        Ok(refund)
    }

    /// Returns the claim of a refund whose other fields cannot be read. `None` if neither the
    /// gateway's id nor the merchant's is readable.
    pub(crate) fn claim(&self) -> Option<RefundClaim> {
        let reference: Option<RefundReference> = wire::gateway_identifier(self.refund_id);
        let claim = match self.id() {
            Some(id) => RefundClaim::of_refund(id).with_reference(reference),
            None => RefundClaim::of_reference(reference?),
        };
        let claim = claim.with_payment_id(self.payment_id());
        Some(claim.with_amount(self.amount().ok()))
    }

    fn id(&self) -> Option<RefundId> {
        refund_id(self.cf_refund_id)
    }

    /// Returns the refunded payment, if it is named.
    pub(crate) fn payment_id(&self) -> Option<PaymentId> {
        wire::gateway_identifier(self.cf_payment_id)
    }

    /// Returns true if no payment is named, as opposed to one that cannot be read.
    pub(super) fn names_no_payment(&self) -> bool {
        wire::says_nothing(self.cf_payment_id)
    }

    /// Returns the order of the refunded payment, if it is named.
    pub(crate) fn order_id(&self) -> Option<OrderId> {
        wire::gateway_identifier(self.order_id)
    }

    fn amount(&self) -> Result<Money, Unreadable> {
        let currency = wire::currency("refund_currency", self.refund_currency)?;
        wire::amount("refund_amount", self.refund_amount, currency)
    }

    fn failure(&self, status: &RefundStatus) -> Option<Pii> {
        let well = matches!(status, RefundStatus::Succeeded | RefundStatus::Pending);
        let description = wire::stated(self.status_description).filter(|_| !well);
        description.map(Pii::new)
    }
}

/// Reads the gateway's id of a refund. Up to version 2022-09-01 it may have the prefix `refund_`;
/// without the prefix it is the same in every version
/// (<https://www.cashfree.com/docs/api-reference/payments/previous/v2023-08-01/release-notes>).
fn refund_id(raw: Raw<'_>) -> Option<RefundId> {
    let id: RefundId = wire::gateway_identifier(raw)?;
    let bare = id
        .as_str()
        .strip_prefix("refund_")
        .filter(|bare| !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()));
    match bare {
        Some(bare) => RefundId::new(bare).ok(),
        None => Some(id),
    }
}
