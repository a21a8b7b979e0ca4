//! The body of a settlement event.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::envelope::serialize;
use crate::clock::later;
use crate::endpoint::EventType;
use crate::money::{AmountNumber, Paise};
use crate::state::{GatewayState, SettlementStatus};
use crate::timestamp::{ist, zoneless_ist};
use crate::version::WebhookVersion;

const QUARTER: Duration = Duration::from_mins(15);

/// `Some(None)` writes an explicit null; `None` leaves the field out.
type Nullable<T> = Option<Option<T>>;

const NOTHING: AmountNumber = AmountNumber(Paise::ZERO);

#[derive(Serialize)]
struct SettlementData {
    settlement: SettlementFields,
}

#[derive(Serialize)]
struct SettlementFields {
    adjustment: AmountNumber,
    amount_settled: AmountNumber,
    payment_amount: AmountNumber,
    payment_from: String,
    payment_till: String,
    reason: Option<&'static str>,
    service_charge: AmountNumber,
    service_tax: AmountNumber,
    settled_on: Option<String>,
    settlement_type: &'static str,
    settlement_amount: AmountNumber,
    settlement_id: i64,
    settlement_initiated_on: String,
    status: SettlementStatus,
    utr: Option<i64>,
    settlement_charge: AmountNumber,
    settlement_tax: AmountNumber,
    remarks: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_charge: Nullable<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_tax: Nullable<()>,
}

/// Returns the body of a settlement event. The simulator charges no fees: the whole payment is settled.
pub(super) fn body(
    state: &GatewayState,
    order: usize,
    event_type: EventType,
    version: WebhookVersion,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let order = state.orders.get(order)?;
    let settlement = order.settlement.as_ref()?;
    let payment = order.payments.get(order.successful_payment()?)?;
    let amount = AmountNumber(payment.amount);
    let settled = settlement.status == SettlementStatus::Success;
    let newest = version >= WebhookVersion::V2025_01_01;
    let data = SettlementData {
        settlement: SettlementFields {
            adjustment: NOTHING,
            amount_settled: if settled { amount } else { NOTHING },
            payment_amount: amount,
            payment_from: zoneless_ist(payment.at),
            payment_till: zoneless_ist(later(payment.at, QUARTER)),
            reason: matches!(
                settlement.status,
                SettlementStatus::Failed | SettlementStatus::Reversed
            )
            .then_some("The beneficiary's bank refused the transfer"),
            service_charge: NOTHING,
            service_tax: NOTHING,
            settled_on: settled.then(|| ist(settlement.changed_at)),
            settlement_type: "STANDARD",
            settlement_amount: amount,
            settlement_id: settlement.settlement_id,
            settlement_initiated_on: ist(settlement.initiated_at),
            status: settlement.status,
            utr: settled.then_some(settlement.utr),
            settlement_charge: NOTHING,
            settlement_tax: NOTHING,
            remarks: None,
            forex_conversion_handling_charge: newest.then_some(None),
            forex_conversion_handling_tax: newest.then_some(None),
        },
    };
    Some(serialize(data, event_type, now))
}
