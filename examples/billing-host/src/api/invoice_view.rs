//! How an invoice is shown.

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::{Money, Pii};
use payment_provider_host::{HistoryEntry, KnownCheckout, KnownPayment, KnownRefund, PayableView};
use serde_json::{Value, json};

use crate::invoices::Invoice;
use crate::timestamp;

/// What the application's own table knows.
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
        "surplus_cents": invoice.surplus_cents,
        "purpose": invoice.purpose,
        "created_at": timestamp::from_millis(invoice.created_at),
        "voided_at": invoice.voided_at.and_then(timestamp::from_millis),
    })
}

/// The same, and what the payment runtime knows: nothing until payment is first asked for.
pub(super) fn whole(invoice: &Invoice, payments: Option<&PayableView>) -> Value {
    let mut shown = summary(invoice);
    let view = payments;
    let checkouts: Vec<_> = view
        .iter()
        .flat_map(|view| &view.checkouts)
        .map(checkout)
        .collect();
    let payments: Vec<_> = view
        .iter()
        .flat_map(|view| &view.payments)
        .map(payment)
        .collect();
    let history: Vec<_> = view
        .iter()
        .flat_map(|view| &view.history)
        .map(entry)
        .collect();
    let refunds: Vec<_> = view
        .iter()
        .flat_map(|view| &view.refunds)
        .map(refund)
        .collect();
    let refunded = view.map_or(0, |view| view.refunded.minor_units());
    shown["refunded_cents"] = refunded.into();
    shown["refunds"] = refunds.into();
    shown["checkouts"] = checkouts.into();
    shown["payments"] = payments.into();
    shown["history"] = history.into();
    shown
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
        "verdict": known.verdict,
        "credited_cents": known.credited.minor_units(),
        "surplus_cents": known.surplus.minor_units(),
    })
}

fn refund(known: &KnownRefund) -> Value {
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

fn entry(entry: &HistoryEntry) -> Value {
    json!({"at": at(entry.at), "kind": entry.kind, "detail": entry.detail})
}

fn at(at: OffsetDateTime) -> Option<String> {
    timestamp::written(at)
}
