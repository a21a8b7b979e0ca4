//! The body of a dispute event. The id of the dispute is a string, that of the payment a number.

use jiff::Timestamp;
use serde::Serialize;

use super::envelope::serialize;
use crate::endpoint::EventType;
use crate::money::AmountNumber;
use crate::state::{DisputeStage, DisputeType, GatewayState};
use crate::timestamp::ist;

#[derive(Serialize)]
struct DisputeData<'a> {
    dispute: DisputeFields,
    order_details: OrderDetails<'a>,
    customer_details: CustomerDetails<'a>,
}

#[derive(Serialize)]
struct DisputeFields {
    dispute_id: String,
    dispute_type: DisputeType,
    reason_code: &'static str,
    reason_description: &'static str,
    dispute_amount: AmountNumber,
    created_at: String,
    updated_at: String,
    respond_by: String,
    dispute_status: String,
    cf_dispute_remarks: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute_update: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<String>,
    dispute_action_on: &'static str,
}

#[derive(Serialize)]
struct OrderDetails<'a> {
    order_id: &'a str,
    order_amount: AmountNumber,
    order_currency: &'a str,
    cf_payment_id: i64,
    payment_amount: AmountNumber,
    payment_currency: &'a str,
}

#[derive(Serialize)]
struct CustomerDetails<'a> {
    customer_name: Option<&'a str>,
    customer_phone: &'a str,
    customer_email: Option<&'a str>,
}

/// Returns the body of a dispute event.
pub(super) fn body(
    state: &GatewayState,
    dispute: usize,
    event_type: EventType,
    now: Timestamp,
) -> Option<serde_json::Result<String>> {
    let dispute = state.disputes.get(dispute)?;
    let (order, payment) = state.payment_at(dispute.payment)?;
    let (customer, ended) = (&order.request.customer, dispute.stage.is_closed());
    let data = DisputeData {
        dispute: DisputeFields {
            dispute_id: dispute.dispute_id.to_string(),
            dispute_type: dispute.kind,
            reason_code: "1402",
            reason_description: "Duplicate Processing",
            dispute_amount: AmountNumber(dispute.amount),
            created_at: ist(dispute.created_at),
            updated_at: ist(dispute.updated_at),
            respond_by: ist(dispute.respond_by),
            dispute_status: format!("{}_{}", dispute.kind, dispute.stage),
            cf_dispute_remarks: if ended {
                "Dispute is closed"
            } else {
                "Dispute is created, please take action"
            },
            dispute_update: (!ended && dispute.stage != DisputeStage::Created)
                .then_some("STATUS_UPDATE"),
            resolved_at: ended.then(|| ist(dispute.updated_at)),
            dispute_action_on: if dispute.stage == DisputeStage::UnderReview {
                "CASHFREE"
            } else {
                "MERCHANT"
            },
        },
        order_details: OrderDetails {
            order_id: &order.order_id,
            order_amount: AmountNumber(order.request.amount),
            order_currency: &order.request.currency,
            cf_payment_id: payment.cf_payment_id,
            payment_amount: AmountNumber(payment.amount),
            payment_currency: &order.request.currency,
        },
        customer_details: CustomerDetails {
            customer_name: customer.customer_name.as_deref(),
            customer_phone: &customer.customer_phone,
            customer_email: customer.customer_email.as_deref(),
        },
    };
    Some(serialize(data, event_type, now))
}
