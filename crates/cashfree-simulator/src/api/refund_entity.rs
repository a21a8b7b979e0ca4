//! Refunds in the form of the API.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::money::{AmountNumber, Paise};
use crate::state::{GatewayState, Refund, RefundSpeed, RefundStatus, RefundType};
use crate::timestamp::ist;
use crate::version::ApiVersion;
use crate::wire_id::WireId;

const NOTHING: AmountNumber = AmountNumber(Paise::ZERO);

#[derive(Serialize)]
pub(super) struct RefundEntity<'a> {
    cf_payment_id: WireId,
    cf_refund_id: String,
    order_id: &'a str,
    refund_id: &'a str,
    entity: &'static str,
    refund_amount: AmountNumber,
    refund_currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_note: Option<&'a str>,
    refund_status: RefundStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_arn: Option<&'a str>,
    refund_charge: AmountNumber,
    status_description: &'static str,
    metadata: Option<()>,
    refund_splits: Splits<'a>,
    refund_type: RefundType,
    refund_mode: &'static str,
    created_at: String,
    processed_at: Option<String>,
    refund_speed: Speed,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_charge: Option<AmountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_tax: Option<AmountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_rate: Option<AmountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charges_currency: Option<&'a str>,
}

/// The splits as requested, or an empty list.
#[derive(Serialize)]
#[serde(untagged)]
enum Splits<'a> {
    Asked(&'a RawValue),
    None([(); 0]),
}

#[derive(Serialize)]
struct Speed {
    requested: RefundSpeed,
    accepted: RefundSpeed,
    #[serde(skip_serializing_if = "Option::is_none")]
    processed: Option<RefundSpeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// Returns a refund in the form of an API version, with the given status.
pub(super) fn refund<'a>(
    state: &'a GatewayState,
    refund: &'a Refund,
    status: RefundStatus,
    version: ApiVersion,
) -> Option<RefundEntity<'a>> {
    let (order, payment) = state.payment_at(refund.payment)?;
    let ended = !status.is_open();
    let newest = version >= ApiVersion::V2025_01_01;
    Some(RefundEntity {
        cf_payment_id: WireId::new(payment.cf_payment_id, version.ids_are_strings()),
        cf_refund_id: if version.ids_are_strings() {
            refund.cf_refund_id.to_string()
        } else {
            format!("refund_{}", refund.cf_refund_id)
        },
        order_id: &order.order_id,
        refund_id: &refund.refund_id,
        entity: "refund",
        refund_amount: AmountNumber(refund.amount),
        refund_currency: &order.request.currency,
        refund_note: refund.note.as_deref(),
        refund_status: status,
        refund_arn: refund.arn.as_deref().filter(|_| ended),
        refund_charge: NOTHING,
        status_description: Refund::description(status, refund.kind),
        metadata: None,
        refund_splits: refund
            .splits
            .as_deref()
            .map_or(Splits::None([]), Splits::Asked),
        refund_type: refund.kind,
        refund_mode: match refund.accepted {
            RefundSpeed::Standard => "NORMAL",
            RefundSpeed::Instant => "INSTANT",
        },
        created_at: ist(refund.created_at),
        processed_at: refund.processed_at.filter(|_| ended).map(ist),
        refund_speed: Speed {
            requested: refund.requested,
            accepted: refund.accepted,
            processed: ended.then_some(refund.accepted),
            message: (refund.requested != refund.accepted)
                .then_some("instant refunds are not available for this transaction"),
        },
        forex_conversion_handling_charge: newest.then_some(NOTHING),
        forex_conversion_handling_tax: newest.then_some(NOTHING),
        forex_conversion_rate: newest.then_some(NOTHING),
        charges_currency: newest.then_some(&order.request.currency),
    })
}
