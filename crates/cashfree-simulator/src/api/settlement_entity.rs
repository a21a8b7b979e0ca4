//! The settlement of an order in the form of the API.

use serde::Serialize;

use crate::money::{AmountNumber, Paise};
use crate::state::{Order, SettlementStatus};
use crate::timestamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;

const NOTHING: AmountNumber = AmountNumber(Paise::ZERO);

#[derive(Serialize)]
pub(super) struct SettlementEntity<'a> {
    cf_payment_id: WireId,
    cf_settlement_id: WireId,
    settlement_currency: &'a str,
    order_id: &'a str,
    entity: &'static str,
    order_amount: AmountNumber,
    payment_time: String,
    service_charge: AmountNumber,
    service_tax: AmountNumber,
    settlement_amount: AmountNumber,
    settlement_id: i64,
    transfer_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_utr: Option<String>,
}

/// Returns the settlement of an order, if it was initiated, in the form of an API version. The simulator charges no
/// fees.
pub(super) fn settlement(order: &Order, version: ApiVersion) -> Option<SettlementEntity<'_>> {
    let settlement = order.settlement.as_ref()?;
    let payment = order.payments.get(order.successful_payment()?)?;
    let done = settlement.status == SettlementStatus::Success;
    Some(SettlementEntity {
        cf_payment_id: WireId::new(payment.cf_payment_id, version.ids_are_strings()),
        cf_settlement_id: WireId::new(settlement.settlement_id, version.ids_are_strings()),
        settlement_currency: &order.request.currency,
        order_id: &order.order_id,
        entity: "settlement",
        order_amount: AmountNumber(order.request.amount),
        payment_time: ist(payment.at),
        service_charge: NOTHING,
        service_tax: NOTHING,
        settlement_amount: AmountNumber(payment.amount),
        settlement_id: settlement.settlement_id,
        transfer_id: settlement.settlement_id,
        transfer_time: done.then(|| ist(settlement.changed_at)),
        transfer_utr: done.then(|| settlement.utr.to_string()),
    })
}
