//! The audit trail of a payable.

use serde::{Deserialize, Serialize};

/// The kind of a history entry; the detail beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditEvent {
    /// A checkout was requested, and its request stored.
    CheckoutRequested,
    /// The gateway has the checkout.
    CheckoutCreated,
    /// The gateway refused to make the checkout, or its answer could not be read.
    CheckoutFailed,
    /// The gateway reports a new state of the checkout.
    CheckoutChanged,
    /// The checkout was cancelled.
    CheckoutCancelled,
    /// The gateway does not cancel the checkout; it is watched until it expires.
    CheckoutStillPayable,
    /// A delivery about the payable was received, and its signature verified.
    DeliveryReceived,
    /// A delivery came that had been received before; nothing changed.
    DuplicateIgnored,
    /// The payments were fetched from the gateway before anything was posted.
    PaymentsFetched,
    /// A payment was posted; the allocation outcome says with which meaning.
    PaymentPosted,
    /// An operator recorded a payment, or such a payment was matched to one that the gateway
    /// reports.
    ManualPayment,
    /// An operator declared that money which the gateway reports did not come in; or some of it came
    /// in later.
    WrittenOff,
    /// An attempt to pay ended without money, or is not decided yet.
    PaymentAttempted,
    /// Money went back to the payer, or was to. The amount received stays.
    Refund,
    /// A payment is disputed, or its dispute was decided. Changes no total.
    Dispute,
    /// The gateway's report does not agree with the request or with the payments it lists.
    Mismatch,
    /// The host closed the payable.
    Closed,
}

/// A line of the history of one payable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryEntry {
    /// The row key of the payable.
    pub(crate) payable_pk: i64,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) event: AuditEvent,
    pub(crate) detail: String,
    /// The delivery whose receipt the entry records: at most one entry for each payable.
    pub(crate) delivery_pk: Option<i64>,
}
