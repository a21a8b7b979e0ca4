//! `payment_link.paid`, `.partially_paid`, `.expired` and `.cancelled`:
//! <https://razorpay.com/docs/webhooks/payment-links/>.

use jiff::Timestamp;
use payment_provider_core::{CheckoutSnapshot, CheckoutStatus, EventKind, EventTarget, OrderId};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::json_fields;

use super::parts::{EventContent, Payload};
use crate::payments::{Attempt, LinkTotals};
use crate::wire;

json_fields! {
    pub(super) struct Link<'a> {
        id: Raw<'a>,
        reference_id: Raw<'a>,
        order_id: Raw<'a>,
        status: Raw<'a>,
        currency: Raw<'a>,
        amount: Raw<'a>,
        amount_paid: Raw<'a>,
        accept_partial: Raw<'a>,
        updated_at: Raw<'a>,
        expired_at: Raw<'a>,
        cancelled_at: Raw<'a>,
    }
}

/// Reads the payment that caused the event, if there is one, followed by a snapshot of the link.
/// The order in the payload is not read: its id may lack the prefix, and the link and the payment
/// both name the order.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let part = payload.payment_link.object();
    let Some(link) = part.and_then(|part| part.entity.object()) else {
        return EventContent::unreadable(Unreadable("payload.payment_link"));
    };
    let payment_order = payload.attempt().and_then(Attempt::order_id);
    let link_order = wire::order_id(link.order_id);
    let target = EventTarget::none()
        .with_reference(wire::reference(link.reference_id))
        .with_gateway_id(json::gateway_identifier(link.id))
        .with_order_id(link_order.clone().or(payment_order));
    EventContent {
        at: occurred_at(link, payload),
        kinds: kinds(link, payload, link_order.as_ref()),
        target,
    }
}

fn kinds(
    link: &Link<'_>,
    payload: &Payload<'_>,
    order_id: Option<&OrderId>,
) -> Result<Vec<EventKind>, Unreadable> {
    let (snapshot, totals) = match link.totals() {
        Ok(totals) => totals,
        Err(what) => {
            // The link is not needed to claim the payment.
            let claim = payload.attempt().and_then(Attempt::claim).ok_or(what)?;
            let reason = what.to_string();
            tracing::warn!(reason, "unreadable link in a webhook delivery");
            return Ok(vec![EventKind::PaymentClaimed(claim.with_amount(None))]);
        }
    };
    let snapshot = EventKind::Snapshot(snapshot);
    if !payload.has_payment() {
        return Ok(vec![snapshot]);
    }
    let movement = payload.attempt().map_or(EventKind::FetchNeeded, |attempt| {
        movement(attempt, totals, order_id)
    });
    Ok(vec![movement, snapshot])
}

impl Link<'_> {
    fn totals(&self) -> Result<(CheckoutSnapshot, LinkTotals), Unreadable> {
        let status = wire::checkout_status(&json::word("payment_link.status", self.status)?);
        let currency = json::currency("payment_link.currency", self.currency)?;
        let amount = json::minor_units("payment_link.amount", self.amount, currency)?;
        let paid = json::minor_units("payment_link.amount_paid", self.amount_paid, currency)?;
        let instalments = wire::takes_instalments(&status, self.accept_partial);
        let snapshot = CheckoutSnapshot::new(status, amount, paid);
        Ok((snapshot, LinkTotals { paid, instalments }))
    }
}

/// Reads the payment of a link event. A success is a claim if the link does not confirm its amount, or
/// if it belongs to another order than the link's.
fn movement(attempt: &Attempt<'_>, totals: LinkTotals, order: Option<&OrderId>) -> EventKind {
    let own = match (order, attempt.order_id()) {
        (Some(order), Some(of)) => of == *order,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let Some(claim) = attempt.claim() else {
        let payment = attempt.payment().ok().filter(|_| own);
        return payment.map_or(EventKind::FetchNeeded, EventKind::Payment);
    };
    if !own {
        return EventKind::PaymentClaimed(claim);
    }
    attempt.counted_on(totals).map_or_else(
        || EventKind::PaymentClaimed(claim.with_amount(None)),
        EventKind::Payment,
    )
}

fn occurred_at(link: &Link<'_>, payload: &Payload<'_>) -> Option<Timestamp> {
    let status = json::optional_text(link.status).unwrap_or_default();
    let at = match wire::checkout_status(&status) {
        CheckoutStatus::Expired => json::unix_seconds(link.expired_at),
        CheckoutStatus::Cancelled => json::unix_seconds(link.cancelled_at),
        _ => payload
            .attempt()
            .and_then(|payment| json::unix_seconds(payment.created_at)),
    };
    at.or_else(|| json::unix_seconds(link.updated_at))
}
