//! The JSON values that are names of the payment runtime's types. Clients compare them, so they stay as they are,
//! whatever the runtime calls its variants.

use payment_provider_core::TimestampCheck;
use payment_provider_host::accounting::{
    AllocationOutcome, AuditEvent, CheckoutState, PaymentProgress,
};
use payment_provider_host::inbox::DeliveryState;
use serde::Serialize;
use serde_json::{Value, json};

use super::invoice_view;

fn names(values: &[impl Serialize]) -> Value {
    json!(values)
}

#[test]
fn kinds_of_history_lines() {
    let kinds = [
        (AuditEvent::CheckoutRequested, "checkout_requested"),
        (AuditEvent::CheckoutCreated, "checkout_created"),
        (AuditEvent::CheckoutFailed, "checkout_failed"),
        (AuditEvent::CheckoutChanged, "checkout_changed"),
        (AuditEvent::CheckoutCancelled, "checkout_cancelled"),
        (AuditEvent::CheckoutStillPayable, "checkout_still_payable"),
        (AuditEvent::DeliveryReceived, "delivery_received"),
        (AuditEvent::DuplicateIgnored, "duplicate_ignored"),
        (AuditEvent::PaymentsFetched, "payments_fetched"),
        (AuditEvent::PaymentPosted, "payment_booked"),
        (AuditEvent::ManualPayment, "booked_by_hand"),
        (AuditEvent::WrittenOff, "written_off"),
        (AuditEvent::PaymentAttempted, "payment_attempted"),
        (AuditEvent::Refund, "refund"),
        (AuditEvent::Dispute, "dispute"),
        (AuditEvent::Mismatch, "mismatch"),
        (AuditEvent::Closed, "closed"),
    ];
    for (event, name) in kinds {
        assert_eq!(invoice_view::kind(event), name, "{event:?}");
    }
}

#[test]
fn states_of_checkouts_and_deliveries() {
    let checkouts = [
        CheckoutState::Creating,
        CheckoutState::Failed,
        CheckoutState::Open,
        CheckoutState::PartiallyPaid,
        CheckoutState::Paid,
        CheckoutState::Expired,
        CheckoutState::Cancelled,
    ];
    let expected = [
        "creating",
        "failed",
        "open",
        "partially_paid",
        "paid",
        "expired",
        "cancelled",
    ];
    assert_eq!(names(&checkouts), json!(expected));
    let deliveries = [
        DeliveryState::Pending,
        DeliveryState::Applied,
        DeliveryState::Ignored,
        DeliveryState::Unmatched,
        DeliveryState::Parked,
    ];
    let expected = ["pending", "applied", "ignored", "unmatched", "parked"];
    assert_eq!(names(&deliveries), json!(expected));
    let timestamps = [
        TimestampCheck::Fresh,
        TimestampCheck::Stale,
        TimestampCheck::FromFuture,
    ];
    assert_eq!(names(&timestamps), json!(["fresh", "stale", "from_future"]));
}

#[test]
fn outcomes_of_payments() {
    let outcomes = [
        AllocationOutcome::Exact,
        AllocationOutcome::Partial,
        AllocationOutcome::Over,
        AllocationOutcome::Duplicate,
        AllocationOutcome::Late,
        AllocationOutcome::AmountMismatch,
        AllocationOutcome::CurrencyMismatch,
    ];
    let expected = [
        "exact",
        "partial",
        "over",
        "duplicate",
        "late",
        "amount_mismatch",
        "currency_mismatch",
    ];
    assert_eq!(names(&outcomes), json!(expected));
    let progress = [
        PaymentProgress::Pending,
        PaymentProgress::Processing,
        PaymentProgress::Succeeded,
        PaymentProgress::Failed,
    ];
    let words = progress.map(PaymentProgress::as_str);
    assert_eq!(words, ["pending", "processing", "succeeded", "failed"]);
}
