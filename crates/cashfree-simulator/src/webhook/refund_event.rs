//! The bodies of refund events in each webhook version. The gateway's ids are numbers in all of them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::envelope::serialize;
use crate::endpoint::EventType;
use crate::money::{AmountNumber, Paise};
use crate::state::{GatewayState, Refund, RefundSpeed, RefundStatus, RefundType};
use crate::timestamp::ist;
use crate::version::WebhookVersion;

/// `Some(None)` writes an explicit null; `None` leaves the field out.
type Nullable<T> = Option<Option<T>>;

const NOTHING: AmountNumber = AmountNumber(Paise::ZERO);

#[derive(Serialize)]
struct RefundData<'a> {
    refund: RefundFields<'a>,
    #[serde(rename = "terminalDetails", skip_serializing_if = "Option::is_none")]
    terminal_details: Nullable<()>,
}

#[derive(Serialize)]
struct RefundFields<'a> {
    cf_refund_id: i64,
    cf_payment_id: i64,
    refund_id: &'a str,
    order_id: &'a str,
    refund_amount: AmountNumber,
    refund_currency: &'a str,
    entity: &'static str,
    refund_type: RefundType,
    refund_arn: Option<&'a str>,
    refund_status: RefundStatus,
    status_description: &'static str,
    created_at: String,
    processed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_charge: Option<AmountNumber>,
    refund_note: Option<&'a str>,
    refund_splits: Vec<Split>,
    metadata: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_mode: Option<RefundSpeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_speed: Option<RefundSpeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_speed: Option<RefundSpeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_charge: Option<AmountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tax: Option<AmountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_charge: Nullable<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_handling_tax: Nullable<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forex_conversion_rate: Nullable<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charges_currency: Nullable<()>,
}

#[derive(Serialize)]
struct Split {
    #[serde(rename = "merchantVendorId")]
    vendor: String,
    amount: Option<Box<RawValue>>,
    percentage: Option<Box<RawValue>>,
}

/// Returns the requested splits under the field names of events.
fn splits(request: Option<&RawValue>) -> Vec<Split> {
    #[derive(serde::Deserialize)]
    struct Asked {
        vendor_id: String,
        amount: Option<Box<RawValue>>,
        percentage: Option<Box<RawValue>>,
    }
    let request =
        request.and_then(|request| serde_json::from_str::<Vec<Asked>>(request.get()).ok());
    let split = |request: Asked| Split {
        vendor: request.vendor_id,
        amount: request.amount,
        percentage: request.percentage,
    };
    request.unwrap_or_default().into_iter().map(split).collect()
}

/// Returns the body of the event of a refund that the merchant requested.
pub(super) fn body(
    state: &GatewayState,
    refund: usize,
    version: WebhookVersion,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let refund = state.refunds.get(refund)?;
    let (order, payment) = state.payment_at(refund.payment)?;
    let old = version < WebhookVersion::V2023_08_01;
    let newest = version >= WebhookVersion::V2025_01_01;
    let data = RefundData {
        refund: RefundFields {
            cf_refund_id: refund.cf_refund_id,
            cf_payment_id: payment.cf_payment_id,
            refund_id: &refund.refund_id,
            order_id: &order.order_id,
            refund_amount: AmountNumber(refund.amount),
            refund_currency: &order.request.currency,
            entity: "Refund",
            refund_type: refund.kind,
            refund_arn: refund.arn.as_deref(),
            refund_status: refund.status,
            status_description: Refund::description(refund.status, refund.kind),
            created_at: ist(refund.created_at),
            processed_at: refund.processed_at.map(ist),
            refund_charge: old.then_some(NOTHING),
            refund_note: refund.note.as_deref(),
            refund_splits: splits(refund.splits.as_deref()),
            metadata: None,
            refund_mode: old.then_some(refund.accepted),
            requested_speed: (!old).then_some(refund.requested),
            processed_speed: (!old).then_some(refund.accepted),
            service_charge: (!old).then_some(NOTHING),
            service_tax: (!old).then_some(NOTHING),
            forex_conversion_handling_charge: newest.then_some(None),
            forex_conversion_handling_tax: newest.then_some(None),
            forex_conversion_rate: newest.then_some(None),
            charges_currency: newest.then_some(None),
        },
        terminal_details: newest.then_some(None),
    };
    Some(serialize(data, EventType::RefundStatus, now))
}

#[derive(Serialize)]
struct AutoRefundData<'a> {
    auto_refund: AutoRefundFields<'a>,
}

#[derive(Serialize)]
struct AutoRefundFields<'a> {
    event: &'static str,
    cf_refund_id: i64,
    cf_payment_id: String,
    bank_reference: Option<&'a str>,
    order_id: &'a str,
    refund_amount: AmountNumber,
    refund_currency: &'a str,
    refund_type: RefundType,
    refund_arn: Option<&'a str>,
    refund_status: &'static str,
    status_description: &'static str,
    refund_reason: Option<&'a str>,
    created_at: String,
    processed_at: Option<String>,
    refund_charge: AmountNumber,
    refund_splits: Option<()>,
    metadata: Option<()>,
}

/// Returns the body of the event of a refund of the gateway's own. A new refund has the status `INITIATED`.
pub(super) fn auto_body(
    state: &GatewayState,
    refund: usize,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let refund = state.refunds.get(refund)?;
    let (order, payment) = state.payment_at(refund.payment)?;
    let fields = AutoRefundFields {
        event: "AUTO-REFUND",
        cf_refund_id: refund.cf_refund_id,
        cf_payment_id: payment.cf_payment_id.to_string(),
        bank_reference: payment.bank_reference.as_deref(),
        order_id: &order.order_id,
        refund_amount: AmountNumber(refund.amount),
        refund_currency: &order.request.currency,
        refund_type: refund.kind,
        refund_arn: refund.arn.as_deref(),
        refund_status: match refund.status {
            RefundStatus::Pending => "INITIATED",
            status => status.as_str(),
        },
        status_description: Refund::description(refund.status, refund.kind),
        refund_reason: refund.reason.as_deref(),
        created_at: ist(refund.created_at),
        processed_at: refund.processed_at.map(ist),
        refund_charge: NOTHING,
        refund_splits: None,
        metadata: None,
    };
    let data = AutoRefundData {
        auto_refund: fields,
    };
    Some(serialize(data, EventType::AutoRefundStatus, now))
}
