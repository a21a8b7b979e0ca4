//! `SETTLEMENT_INITIATED`, `_SUCCESS`, `_FAILED` and `_REVERSED`:
//! <https://www.cashfree.com/docs/api-reference/payments/latest/settlements/settlement-webhooks>.

use payment_provider_core::{Currency, EventKind, EventTarget, Settlement};
use serde::Deserialize;

use super::content::EventContent;
use crate::wire::{self, Raw, Unreadable};

/// The currency of Cashfree's settlements, which go to bank accounts in India. The event names no
/// currency; the API's settlement entity has a field for it, which is read here if it is present.
const SETTLEMENT_CURRENCY: Currency = Currency::INR;

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    settlement: Raw<'a>,
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow, default)]
    settlement_id: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
    #[serde(borrow, default)]
    settlement_currency: Raw<'a>,
    #[serde(borrow, default)]
    amount_settled: Raw<'a>,
    #[serde(borrow, default)]
    settlement_amount: Raw<'a>,
    #[serde(borrow, default)]
    utr: Raw<'a>,
    #[serde(borrow, default)]
    settled_on: Raw<'a>,
    #[serde(borrow, default)]
    settlement_initiated_on: Raw<'a>,
}

/// Reads the settlement. It refers to no particular checkout.
pub(super) fn read(data: Raw<'_>) -> EventContent {
    EventContent {
        target: EventTarget::none(),
        kinds: settlement(data).map(|settlement| vec![EventKind::Settlement(settlement)]),
    }
}

fn settlement(data: Raw<'_>) -> Result<Settlement, Unreadable> {
    let data: Data<'_> = wire::object("data", data)?;
    let entity: Entity<'_> = wire::object("data.settlement", data.settlement)?;
    let id = wire::gateway_identifier(entity.settlement_id).ok_or(Unreadable("settlement_id"))?;
    let status = wire::settlement_status(&wire::word("status", entity.status)?);
    let currency = match entity.settlement_currency {
        None => SETTLEMENT_CURRENCY,
        given => wire::currency("settlement_currency", given)?,
    };
    let amount = match entity.amount_settled {
        None => wire::amount("settlement_amount", entity.settlement_amount, currency)?,
        given => wire::amount("amount_settled", given, currency)?,
    };
    let mut settlement = Settlement::new(id, status, amount);
    settlement.bank_reference = wire::stated_whole(entity.utr);
    settlement.settled_at = wire::with_offset(entity.settled_on)
        .or_else(|| wire::with_offset(entity.settlement_initiated_on));
    Ok(settlement)
}
