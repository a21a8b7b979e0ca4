//! `REFUND_STATUS_WEBHOOK` and `AUTO_REFUND_STATUS_WEBHOOK`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/refunds/webhooks>.

use payment_provider_core::{
    EventKind, EventTarget, Pii, Refund, RefundId, RefundOrigin, RefundStatus,
};
use serde::Deserialize;

use super::content::EventContent;
use crate::wire::{self, Raw, Unreadable};

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    refund: Raw<'a>,
    #[serde(borrow, default)]
    auto_refund: Raw<'a>,
}

/// A refund. Refunds requested by the merchant and automatic ones have the same fields, except for
/// the name of the note.
#[derive(Deserialize)]
struct Entity<'a> {
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

/// Reads a refund from `data.refund`.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    read_in("data.refund", data, |data| data.refund, None)
}

/// Reads a refund that Cashfree started itself from `data.auto_refund`.
pub(super) fn read_automatic(data: Raw<'_>) -> EventContent {
    let automatic = Some(RefundOrigin::Automatic);
    read_in("data.auto_refund", data, |data| data.auto_refund, automatic)
}

fn read_in<'a>(
    field: &'static str,
    data: Raw<'a>,
    part: fn(Data<'a>) -> Raw<'a>,
    origin: Option<RefundOrigin>,
) -> EventContent {
    let mut target = EventTarget::none();
    let kinds = wire::object("data", data)
        .and_then(|data| wire::object::<Entity<'_>>(field, part(data)))
        .and_then(|entity| {
            target = EventTarget::none().with_order_id(wire::gateway_identifier(entity.order_id));
            entity.refund(origin)
        })
        .map(|refund| vec![EventKind::Refund(refund)]);
    EventContent { target, kinds }
}

impl Entity<'_> {
    /// Converts the entity into a refund. `origin`, implied by the type of the delivery, is used if
    /// the body names none.
    fn refund(&self, origin: Option<RefundOrigin>) -> Result<Refund, Unreadable> {
        let id = refund_id(self.cf_refund_id).ok_or(Unreadable("cf_refund_id"))?;
        let status = wire::refund_status(wire::word("refund_status", self.refund_status)?);
        let currency = wire::currency("refund_currency", self.refund_currency)?;
        let amount = wire::amount("refund_amount", self.refund_amount, currency)?;
        let mut refund = Refund::new(id, status, amount);
        refund.reference = wire::gateway_identifier(self.refund_id);
        refund.payment_id = wire::gateway_identifier(self.cf_payment_id);
        refund.order_id = wire::gateway_identifier(self.order_id);
        refund.origin = wire::stated_word(self.refund_type)
            .map(wire::refund_origin)
            .or(origin);
        refund.bank_reference = wire::stated(self.refund_arn);
        refund.reason = wire::stated(self.refund_note)
            .or_else(|| wire::stated(self.refund_reason))
            .map(Pii::new);
        refund.failure = self.failure(&refund.status);
        refund.created_at = wire::with_offset(self.created_at);
        refund.processed_at = wire::with_offset(self.processed_at);
        Ok(refund)
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
