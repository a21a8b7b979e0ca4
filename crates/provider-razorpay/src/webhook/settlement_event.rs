//! `settlement.processed`: <https://razorpay.com/docs/webhooks/settlements/>.

use payment_provider_core::{Currency, EventKind, EventTarget, Settlement};
use payment_provider_http::json::{self, Raw, Unreadable};
use serde::Deserialize;

use super::parts::{self, EventContent, Payload};
use crate::wire;

/// The currency of Razorpay's settlements, which go to bank accounts in India. The event names no
/// currency; one is read here if it is present.
const SETTLEMENT_CURRENCY: Currency = Currency::INR;

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    utr: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
}

/// Reads the settlement. It refers to no particular checkout.
pub(super) fn read(payload: &Payload<'_>) -> EventContent {
    let settlement = parts::entity("payload.settlement", payload.settlement)
        .and_then(|entity: Entity<'_>| entity.settlement());
    EventContent {
        target: EventTarget::none(),
        at: None,
        kinds: settlement.map(|settlement| vec![EventKind::Settlement(settlement)]),
    }
}

impl Entity<'_> {
    fn settlement(&self) -> Result<Settlement, Unreadable> {
        let id = json::gateway_identifier(self.id).ok_or(Unreadable("settlement.id"))?;
        let status = wire::settlement_status(&json::word("settlement.status", self.status)?);
        let currency = match self.currency {
            None => SETTLEMENT_CURRENCY,
            given => json::currency("settlement.currency", given)?,
        };
        let amount = json::minor_units("settlement.amount", self.amount, currency)?;
        let mut settlement = Settlement::new(id, status, amount);
        settlement.bank_reference = wire::bank_reference([self.utr]);
        settlement.settled_at = json::unix_seconds(self.created_at);
        Ok(settlement)
    }
}
