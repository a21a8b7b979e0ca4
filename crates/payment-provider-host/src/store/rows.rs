use std::collections::BTreeMap;
use std::fmt;

use payment_provider_core::{
    CheckoutReference, ConnectionCode, Currency, Customer, CustomerId, DedupKey, Environment,
    Event, Money, OrderId, OrganizationId, Payment, PaymentId, PaymentStatus, Pii,
    PreparedCheckout, ProviderId, Refund, TimestampCheck, Violations,
};
use serde::{Deserialize, Serialize};

use super::TargetName;
use crate::cash::{Closed, Verdict};
use crate::checkouts::CheckoutState;
use crate::sealing::SealedText;
use crate::{PayableId, PlainSetting};

/// Whether an insert found its unique key free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    New,
    Taken,
}

#[derive(Debug, Clone)]
pub struct ConnectionRow {
    pub pk: i64,
    pub organization: OrganizationId,
    pub provider: ProviderId,
    pub code: ConnectionCode,
    pub name: String,
    pub environment: Environment,
    pub plain: BTreeMap<String, PlainSetting>,
    pub sealed: BTreeMap<String, Vec<SealedText>>,
    /// Rises with every change of the settings.
    pub version: i64,
    pub enabled: bool,
    /// The label of the secret that verified last.
    pub matched_secret: Option<String>,
    /// When a delivery was verified last.
    pub matched_at: Option<i64>,
    pub created_at: i64,
}

#[derive(Debug, Clone)]
pub struct CustomerRow {
    pub organization: OrganizationId,
    pub customer: Customer,
    pub connection_pk: i64,
    /// The connection's code; read only.
    pub connection: ConnectionCode,
    pub remote_id: Option<String>,
    pub needs: Violations,
    pub linked_at: i64,
}

#[derive(Debug, Clone)]
pub struct PayableRow {
    pub pk: i64,
    pub organization: OrganizationId,
    pub payable: PayableId,
    pub currency: Currency,
    pub amount: i64,
    pub creditable: i64,
    pub received: i64,
    pub credited: i64,
    pub surplus: i64,
    pub refunded: i64,
    pub closed: Option<Closed>,
    pub created_at: i64,
}

#[derive(Debug, Clone)]
pub struct CheckoutRow {
    pub pk: i64,
    pub payable_pk: i64,
    pub connection_pk: i64,
    /// The connection's code; read only.
    pub connection: ConnectionCode,
    pub attempt: i64,
    pub reference: CheckoutReference,
    pub customer: CustomerId,
    pub environment: Environment,
    pub amount: Money,
    pub partial: bool,
    pub prepared: PreparedCheckout,
    pub expires_at: i64,
    pub state: CheckoutState,
    pub tries: i64,
    /// When it was asked for last.
    pub tried_at: i64,
    pub gateway_id: Option<String>,
    /// Whoever has the address can pay, so it is kept out of `Debug`.
    pub url: Option<Pii>,
    pub gateway_paid: i64,
    /// What of that is not booked, and was declared not to have come in.
    pub written_off: i64,
    /// The gateway has something else under the reference.
    pub conflicting: bool,
    pub created_at: i64,
}

#[derive(Debug, Clone)]
pub struct PaymentRow {
    pub pk: i64,
    pub checkout_pk: i64,
    pub connection_pk: i64,
    /// The gateway's payment, as last told.
    pub payment: Payment,
    /// Set once its money is booked.
    pub verdict: Option<Verdict>,
    pub credited: i64,
    pub surplus: i64,
    /// The id under which the host was told that it is booked, if it has another by now.
    pub told_as: Option<PaymentId>,
    pub seen_at: i64,
}

impl PaymentRow {
    pub(crate) fn is_booked(&self) -> bool {
        self.verdict.is_some()
    }

    pub(crate) fn order_id(&self) -> Option<&OrderId> {
        self.payment.order_id.as_ref()
    }

    /// Whether this and other news are of one payment under two ids: the same amount on the same
    /// order.
    pub(crate) fn is_surely(&self, other: &Payment) -> bool {
        self.order_id().is_some() && other.order_id.is_some() && self.may_be(other)
    }

    /// Whether this and other news may be of one payment under two ids: the same amount, and the same
    /// order as far as both name one.
    pub(crate) fn may_be(&self, other: &Payment) -> bool {
        let orders = self.order_id().zip(other.order_id.as_ref());
        self.payment.amount == other.amount && orders.is_none_or(|(one, two)| one == two)
    }

    pub(crate) fn dedup_key(&self) -> DedupKey {
        self.payment.dedup_key()
    }

    /// The names that are known by it: its order's, and once its money is booked its own.
    pub(crate) fn names(&self) -> Vec<TargetName> {
        let order = self.order_id().map(OrderId::to_string);
        let own = self.is_booked().then(|| self.payment.id.clone());
        let names = [order.map(TargetName::Order), own.map(TargetName::Payment)];
        names.into_iter().flatten().collect()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.payment.status == PaymentStatus::Succeeded
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RefundRow {
    pub pk: i64,
    pub checkout_pk: i64,
    pub connection_pk: i64,
    /// The gateway's word, the latest in the life of the refund.
    pub refund: Refund,
    pub seen_at: i64,
}

#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub payable_pk: i64,
    pub at: i64,
    pub kind: HistoryKind,
    pub detail: String,
    /// The delivery whose receipt the line tells of.
    pub delivery_pk: Option<i64>,
}

/// What happened, as one word; the detail beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryKind {
    /// A checkout was asked for, and its request stored.
    CheckoutRequested,
    /// The gateway has the checkout.
    CheckoutCreated,
    /// The gateway refused to make it, or could not be understood.
    CheckoutFailed,
    /// The gateway reports a new state of the checkout.
    CheckoutChanged,
    /// The checkout was called off.
    CheckoutCancelled,
    /// The gateway will not cancel the checkout; it is watched until it expires.
    CheckoutStillPayable,
    /// A delivery about it was received, and its signature verified.
    DeliveryReceived,
    /// A delivery came that had been received before; nothing changed.
    DuplicateIgnored,
    /// The payments were fetched from the gateway before anything was booked.
    PaymentsFetched,
    /// Money was booked; the verdict says what it meant.
    PaymentBooked,
    /// Who booked money by hand and why, or which payment that turned out to be.
    BookedByHand,
    /// Who declared that money which the gateway states did not come in, and why; or that some of it
    /// came in all the same.
    WrittenOff,
    /// An attempt to pay ended without money, or is not decided yet.
    PaymentAttempted,
    /// Money went back to the payer, or was to. What was received stays received.
    Refund,
    /// A payment is contested, or that was decided. Changes nothing of what is booked.
    Dispute,
    /// What the gateway states does not agree with what it was asked or what it lists.
    Mismatch,
    /// The host settled or voided the payable.
    Closed,
}

#[derive(Clone)]
pub struct DeliveryRow {
    pub pk: i64,
    pub connection_pk: i64,
    pub key: String,
    pub body: Vec<u8>,
    pub events: Vec<Event>,
    pub timestamp_check: TimestampCheck,
    pub matched_secret: Option<String>,
    pub received_at: i64,
    pub copies: i64,
    pub state: DeliveryState,
    pub attempts: i64,
    /// How often a try failed by its own fault, or never came back.
    pub failures: i64,
    /// How often the gateway's list was looked at and did not show yet what was told.
    pub looks: i64,
    pub error: Option<String>,
}

impl fmt::Debug for DeliveryRow {
    /// Leaves out the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryRow")
            .field("key", &self.key)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Where a stored delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Stored, not applied yet.
    Pending,
    /// Took effect.
    Applied,
    /// Says nothing that concerns a checkout: a ping, an unrecognised event.
    Ignored,
    /// Some of it is about something this host does not know; kept, and looked at again should it
    /// turn up.
    Unmatched,
    /// Failed too often, or was taken out; waits for an operator.
    Parked,
}

impl DeliveryState {
    /// The word used in storage and in APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Unmatched => "unmatched",
            Self::Parked => "parked",
        }
    }
}

/// What receiving a delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    New,
    /// One more copy of it; so many there are now.
    Copy(i64),
    /// Its connection is deleted: nothing was stored.
    Refused,
}

/// How a delivery ends.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryEnd<'a> {
    pub state: DeliveryState,
    /// The names under which it might be matched later.
    pub unmatched: &'a [TargetName],
    /// Unless more copies than this came meanwhile: then it is news again.
    pub copies: Option<i64>,
    pub next_attempt: i64,
}

/// Why and until when a delivery waits.
#[derive(Debug, Clone, Copy)]
pub struct Postponed<'a> {
    pub error: &'a str,
    pub next_attempt: i64,
    /// Whether the gateway's list was looked at in vain.
    pub looked: bool,
    /// Whether it is the delivery's own fault.
    pub failed: bool,
    pub park: bool,
    /// How many copies there were when it was taken: more of them are a reason not to park it.
    pub copies: i64,
}
