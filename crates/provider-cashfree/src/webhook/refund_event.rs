//! `REFUND_STATUS_WEBHOOK` and `AUTO_REFUND_STATUS_WEBHOOK`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/refunds/webhooks>.

use payment_provider_core::{EventKind, EventTarget, RefundOrigin};
use serde::Deserialize;

use super::content::EventContent;
use crate::refunds::Entity;
use crate::wire::{self, Raw, Unreadable};

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    refund: Raw<'a>,
    #[serde(borrow, default)]
    auto_refund: Raw<'a>,
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
            target = EventTarget::none().with_order_id(entity.order_id());
            kind(&entity, origin)
        })
        .map(|kind| vec![kind]);
    EventContent { target, kinds }
}

/// Reads the refund, or the claim of one that is named but cannot be read completely.
fn kind(entity: &Entity<'_>, origin: Option<RefundOrigin>) -> Result<EventKind, Unreadable> {
    let what = match entity.refund(origin) {
        Ok(refund) => return Ok(EventKind::Refund(refund)),
        Err(what) => what,
    };
    let claim = entity.claim().ok_or(what)?;
    tracing::warn!(field = what.0, "incomplete refund in a webhook delivery");
    Ok(EventKind::RefundClaimed(claim))
}
