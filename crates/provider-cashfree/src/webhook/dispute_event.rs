//! `DISPUTE_CREATED`, `DISPUTE_UPDATED` and `DISPUTE_CLOSED`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/disputes/dispute-webhooks>.

use payment_provider_core::{Currency, Dispute, EventKind, EventTarget, OrderId, Pii};
use serde::Deserialize;

use super::content::EventContent;
use crate::wire::{self, Raw, Unreadable};

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    dispute: Raw<'a>,
    #[serde(borrow, default)]
    order_details: Raw<'a>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    dispute_id: Raw<'a>,
    #[serde(borrow, default)]
    dispute_type: Raw<'a>,
    #[serde(borrow, default)]
    dispute_status: Raw<'a>,
    #[serde(borrow, default)]
    dispute_amount: Raw<'a>,
    #[serde(borrow, default)]
    reason_code: Raw<'a>,
    #[serde(borrow, default)]
    reason_description: Raw<'a>,
    #[serde(borrow, default)]
    updated_at: Raw<'a>,
    #[serde(borrow, default)]
    respond_by: Raw<'a>,
}

/// The disputed order and payment.
#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    order_currency: Raw<'a>,
    #[serde(borrow, default)]
    cf_payment_id: Raw<'a>,
    #[serde(borrow, default)]
    payment_currency: Raw<'a>,
}

/// Reads the dispute. Its own status decides; the type of the delivery adds nothing.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    let mut target = EventTarget::none();
    let kinds = dispute(data, &mut target).map(|dispute| vec![EventKind::Dispute(dispute)]);
    EventContent { target, kinds }
}

fn dispute(data: Raw<'_>, target: &mut EventTarget) -> Result<Dispute, Unreadable> {
    let data: Data<'_> = wire::object("data", data)?;
    let order: Order<'_> = wire::object("data.order_details", data.order_details)?;
    let order_id: Option<OrderId> = wire::gateway_identifier(order.order_id);
    *target = EventTarget::none().with_order_id(order_id.clone());

    let entity: Entity<'_> = wire::object("data.dispute", data.dispute)?;
    let id = wire::gateway_identifier(entity.dispute_id).ok_or(Unreadable("dispute_id"))?;
    let value = wire::word("dispute_status", entity.dispute_status)?;
    let (stage, status) = wire::dispute_status(&value);
    let amount = wire::amount("dispute_amount", entity.dispute_amount, order.currency()?)?;
    let mut dispute = Dispute::new(id, status, amount);
    dispute.stage = wire::stated_word(entity.dispute_type)
        .map(|word| wire::dispute_stage(&word))
        .or(stage);
    dispute.payment_id = wire::gateway_identifier(order.cf_payment_id);
    dispute.order_id = order_id;
    dispute.reason_code = wire::stated_word(entity.reason_code);
    dispute.reason = wire::stated(entity.reason_description).map(Pii::new);
    dispute.respond_by = wire::with_offset(entity.respond_by);
    dispute.updated_at = wire::with_offset(entity.updated_at);
    Ok(dispute)
}

impl Order<'_> {
    /// Returns the currency of the disputed amount, which the dispute itself does not name.
    fn currency(&self) -> Result<Currency, Unreadable> {
        match self.payment_currency {
            None => wire::currency("order_currency", self.order_currency),
            given => wire::currency("payment_currency", given),
        }
    }
}
