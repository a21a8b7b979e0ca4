//! JSON of invoices.

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::{DisputeStage, Money, Pii};
use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::payable::{
    HistoryLine, KnownCheckout, KnownDispute, KnownPayment, KnownRefund, PayableView, PendingCancel,
};
use serde_json::{Value, json};

use crate::invoices::Invoice;
use crate::timestamp;

/// Formats an invoice from the application's own table.
pub(super) fn summary(invoice: &Invoice) -> Value {
    json!({
        "id": invoice.id,
        "organization_id": invoice.organization_id,
        "external_customer_id": invoice.external_customer_id,
        "status": if invoice.is_voided() { "voided" } else { "finalized" },
        "payment_status": invoice.payment_status,
        "currency": invoice.currency,
        "amount_cents": invoice.amount_cents,
        "amount_due_cents": invoice.amount_due_cents(),
        "amount_paid_cents": invoice.amount_paid_cents,
        "surplus_cents": invoice.overpaid_cents,
        "purpose": invoice.purpose,
        "created_at": timestamp::rfc3339_from_millis(invoice.created_at),
        "voided_at": invoice.voided_at.and_then(timestamp::rfc3339_from_millis),
    })
}

/// Formats an invoice with its checkouts, payments, refunds, disputes and history. The payment runtime knows none of
/// these before the first request for a payment URL.
pub(super) fn details(invoice: &Invoice, payments: Option<&PayableView>) -> Value {
    let view = payments;
    let refunded = view.map_or(0, |view| view.refunded.minor_units());
    let mut details = summary(invoice);
    details["refunded_cents"] = refunded.into();
    details["refunds"] = list(view, |view| &view.refunds, refund);
    details["disputes"] = list(view, |view| &view.disputes, dispute);
    details["checkouts"] = list(view, |view| &view.checkouts, checkout);
    details["payments"] = list(view, |view| &view.payments, payment);
    details["history"] = list(view, |view| &view.history, history_line);
    details
}

/// Formats one list of a payable, which is empty if the payment runtime does not know the payable.
fn list<T>(
    view: Option<&PayableView>,
    items: impl Fn(&PayableView) -> &[T],
    format: impl Fn(&T) -> Value,
) -> Value {
    view.map_or(&[][..], items).iter().map(format).collect()
}

fn checkout(checkout: &KnownCheckout) -> Value {
    json!({
        "reference": checkout.reference,
        "connection": checkout.connection,
        "state": checkout.state,
        "amount_cents": checkout.amount.minor_units(),
        "currency": checkout.amount.currency(),
        "payment_url": checkout.url,
        "expires_at": at(checkout.expires_at),
        "cancel": checkout.cancel.as_ref().map(cancel),
    })
}

/// Formats the pending work of ending a payment link.
pub(super) fn cancel(pending: &PendingCancel) -> Value {
    json!({
        "requested_at": at(pending.requested_at),
        "attempts": pending.attempts,
        "next_attempt_at": at(pending.next_attempt_at),
        "error": pending.error,
    })
}

fn payment(known: &KnownPayment) -> Value {
    let payment = &known.payment;
    let failure = payment.failure.as_ref().map(|failure| {
        json!({
            "error_code": failure.code,
            "message": failure.message.as_ref().map(Pii::expose),
        })
    });
    json!({
        "id": payment.id,
        "order_id": payment.order_id,
        "checkout": known.checkout,
        "status": payment.status.as_str(),
        "amount_cents": payment.amount.minor_units(),
        "currency": payment.amount.currency(),
        "charged_cents": payment.charged.map(Money::minor_units),
        "charged_currency": payment.charged.map(Money::currency),
        "method": payment.method,
        "bank_reference": payment.bank_reference,
        "paid_at": payment.paid_at.map(at),
        "failure": failure,
        "verdict": known.allocation.map(|allocation| allocation.outcome),
        "credited_cents": known.allocation.map_or(0, |allocation| allocation.applied.minor_units()),
        "surplus_cents": known.allocation.map_or(0, |allocation| allocation.overpaid.minor_units()),
    })
}

pub(super) fn refund(known: &KnownRefund) -> Value {
    let refund = &known.refund;
    json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "checkout": known.checkout,
        "status": refund.status.as_str(),
        "amount_cents": refund.amount.minor_units(),
        "currency": refund.amount.currency(),
    })
}

pub(super) fn dispute(known: &KnownDispute) -> Value {
    let dispute = &known.dispute;
    json!({
        "id": dispute.id,
        "payment_id": dispute.payment_id,
        "checkout": known.checkout,
        "stage": dispute.stage.as_ref().map(DisputeStage::as_str),
        "status": dispute.status.as_str(),
        "is_open": known.is_open(),
        "amount_cents": dispute.amount.minor_units(),
        "currency": dispute.amount.currency(),
        "reason_code": dispute.reason_code,
        "reason": dispute.reason.as_ref().map(Pii::expose),
        "respond_by": dispute.respond_by.map(at),
        "updated_at": dispute.updated_at.map(at),
    })
}

fn history_line(line: &HistoryLine) -> Value {
    json!({"at": at(line.at), "kind": kind(line.event), "detail": line.detail})
}

/// Returns the kind of a history line. The API keeps its first names of two kinds.
pub(super) fn kind(event: AuditEvent) -> Value {
    match event {
        AuditEvent::PaymentPosted => json!("payment_booked"),
        AuditEvent::ManualPayment => json!("booked_by_hand"),
        event => json!(event),
    }
}

fn at(at: Timestamp) -> String {
    at.to_string()
}
