//! `refund.created`, `.processed`, `.failed` and `.speed_changed`:
//! <https://razorpay.com/docs/webhooks/refunds/>.

use payment_provider_core::{EventKind, EventTarget, Refund};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

use super::parts::{self, EventContent, Payload};
use super::payment_event;
use crate::payments::Attempt;
use crate::wire;

#[derive(Deserialize)]
struct Entity<'a> {
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

/// Reads the refund. Its own status decides. The payment in the payload names the target; its
/// totals may be outdated and are not used.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let attempt: Option<Attempt<'_>> = parts::optional_entity(payload.payment);
    let target = attempt
        .as_ref()
        .map_or_else(EventTarget::none, payment_event::target);
    let refund = parts::entity("payload.refund", payload.refund)
        .and_then(|entity: Entity<'_>| entity.refund())
        .map(|mut refund| {
            refund.order_id.clone_from(&target.order_id);
            vec![EventKind::Refund(refund)]
        });
    EventContent {
        target,
        at: None,
        kinds: refund,
    }
}

impl Entity<'_> {
    fn refund(&self) -> Result<Refund, Unreadable> {
        let id = json::gateway_identifier(self.id).ok_or(Unreadable("refund.id"))?;
        let status = wire::refund_status(json::word("refund.status", self.status)?);
        let currency = json::currency("refund.currency", self.currency)?;
        let amount = json::minor_units("refund.amount", self.amount, currency)?;
        let data: AcquirerData<'_> = json::optional_object(self.acquirer_data).unwrap_or_default();
        let mut refund = Refund::new(id, status, amount);
        refund.reference = json::gateway_identifier(self.receipt);
        refund.payment_id = json::gateway_identifier(self.payment_id);
        refund.bank_reference = [data.arn, data.rrn, data.utr]
            .into_iter()
            .find_map(json::stated);
        refund.created_at = json::unix_seconds(self.created_at);
        Ok(refund)
    }
}
