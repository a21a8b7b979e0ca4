//! `payment.dispute.created`, `.won`, `.lost`, `.closed`, `.under_review` and `.action_required`:
//! <https://razorpay.com/docs/webhooks/disputes/>.

use jiff::Timestamp;
use payment_provider_core::{Dispute, EventKind, EventTarget};
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
    status: Raw<'a>,
    #[serde(borrow, default)]
    phase: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    reason_code: Raw<'a>,
    #[serde(borrow, default)]
    respond_by: Raw<'a>,
}

/// Reads the dispute. Its own status decides; the type of the delivery adds nothing.
pub(super) fn read(payload: &Payload<'_>, reported_at: Option<Timestamp>) -> EventContent {
    let attempt = payload.attempt();
    let target = attempt.map_or_else(EventTarget::none, payment_event::target);
    let paid_by = attempt.and_then(Attempt::id);
    let dispute = parts::entity("payload.dispute", payload.dispute)
        .and_then(|entity: Entity<'_>| entity.dispute())
        .map(|mut dispute| {
            dispute.order_id.clone_from(&target.order_id);
            dispute.payment_id = dispute.payment_id.or(paid_by);
            dispute.updated_at = reported_at;
            vec![EventKind::Dispute(dispute)]
        });
    EventContent {
        target,
        at: None,
        kinds: dispute,
    }
}

impl Entity<'_> {
    fn dispute(&self) -> Result<Dispute, Unreadable> {
        let id = json::gateway_identifier(self.id).ok_or(Unreadable("dispute.id"))?;
        let status = wire::dispute_status(&json::word("dispute.status", self.status)?);
        let currency = json::currency("dispute.currency", self.currency)?;
        let amount = json::minor_units("dispute.amount", self.amount, currency)?;
        let mut dispute = Dispute::new(id, status, amount);
        dispute.stage = json::stated_word(self.phase).map(|word| wire::dispute_stage(&word));
        dispute.payment_id = json::gateway_identifier(self.payment_id);
        dispute.reason_code = json::stated_word(self.reason_code);
        dispute.respond_by = json::unix_seconds(self.respond_by);
        Ok(dispute)
    }
}
