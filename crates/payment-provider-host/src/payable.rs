use std::fmt;

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutOptions, CheckoutReference, ConnectionCode, CustomerId, InvalidIdentifier, Money,
    OrganizationId, PartialPayments, Payment, Refund,
};
use serde::{Deserialize, Serialize};

use crate::cash::{Closed, PaymentProgress, Verdict};
use crate::checkouts::CheckoutState;
use crate::store::HistoryKind;

/// The host's id of something that is owed: an invoice, a payment request. Unique within its
/// organization; 1 to 255 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PayableId(String);

impl PayableId {
    /// Checks and wraps the text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidIdentifier> {
        // The rule is the same as for a customer's id; so is the check.
        CustomerId::new(text)
            .map(|id| Self(id.into()))
            .map_err(|mut error| {
                error.what = "payable id";
                error
            })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PayableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for PayableId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PayableId {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<PayableId> for String {
    fn from(id: PayableId) -> Self {
        id.0
    }
}

impl std::str::FromStr for PayableId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

/// Something that is owed, as the host tells it when it wants to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payable {
    /// The tenant to whom it is owed.
    pub organization: OrganizationId,
    /// The host's id.
    pub id: PayableId,
    /// The whole amount owed, payments not deducted.
    pub amount: Money,
    /// What for, in words the payer reads.
    pub purpose: String,
    /// Who owes it; has to be linked to a connection.
    pub customer: CustomerId,
    /// Where the payer's browser goes afterwards. `None`: the connection's own setting.
    pub return_url: Option<Url>,
    /// Whether it may be paid in instalments. `None`: all that is due at once.
    pub partial_payments: Option<PartialPayments>,
    /// How a new checkout is put to the payer. An open checkout stays as it was asked for.
    pub options: CheckoutOptions,
}

impl Payable {
    /// An amount owed for a purpose.
    pub fn new(
        organization: OrganizationId,
        id: PayableId,
        amount: Money,
        purpose: impl Into<String>,
        customer: CustomerId,
    ) -> Self {
        let purpose = purpose.into();
        Self {
            organization,
            id,
            amount,
            purpose,
            customer,
            return_url: None,
            partial_payments: None,
            options: CheckoutOptions::default(),
        }
    }

    /// Sets how a new checkout is put to the payer.
    pub fn with_options(mut self, options: CheckoutOptions) -> Self {
        self.options = options;
        self
    }

    /// Accepts instalments.
    pub const fn with_partial_payments(mut self, terms: PartialPayments) -> Self {
        self.partial_payments = Some(terms);
        self
    }

    /// Sets where the payer's browser goes afterwards.
    pub fn with_return_url(mut self, url: Url) -> Self {
        self.return_url = Some(url);
        self
    }
}

/// Everything known about a payable, on one consistent state of the store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PayableView {
    /// The whole amount owed.
    pub amount: Money,
    /// What is still owed; nothing once it is closed.
    pub due: Money,
    /// All money that came in, in the payable's currency.
    pub received: Money,
    /// What of it counts toward the amount.
    pub credited: Money,
    /// What of it does not.
    pub surplus: Money,
    /// What was given back, in the payable's currency, by all refunds that the gateway says are done.
    /// More than was received while a payment is not told of yet whose refund is.
    pub refunded: Money,
    /// Whether the host settled or voided it.
    pub closed: Option<Closed>,
    /// How far its payment has come.
    pub progress: PaymentProgress,
    /// Every checkout, in the order in which they were asked for.
    pub checkouts: Vec<KnownCheckout>,
    /// Every attempt to pay the gateway told of, in the order in which it became known.
    pub payments: Vec<KnownPayment>,
    /// Every refund the gateway told of, as it stands, in the order in which they became known.
    pub refunds: Vec<KnownRefund>,
    /// What happened, by time; at the same time in the order in which it was recorded.
    pub history: Vec<HistoryEntry>,
}

/// A checkout of a payable.
#[derive(Clone)]
#[non_exhaustive]
pub struct KnownCheckout {
    /// The reference.
    pub reference: CheckoutReference,
    /// The connection it was asked for through.
    pub connection: ConnectionCode,
    /// What it asks for.
    pub amount: Money,
    /// Where it stands.
    pub state: CheckoutState,
    /// Where the payer pays, while they can.
    pub url: Option<Url>,
    /// When it stops taking new payments.
    pub expires_at: Timestamp,
}

impl fmt::Debug for KnownCheckout {
    /// Leaves out the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownCheckout")
            .field("reference", &self.reference)
            .field("connection", &self.connection)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A payment of a payable, and what it meant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KnownPayment {
    /// The checkout it was paid on.
    pub checkout: CheckoutReference,
    /// The gateway's word.
    pub payment: Payment,
    /// What it meant; `None` unless money was booked.
    pub verdict: Option<Verdict>,
    /// How much of it counts toward the amount.
    pub credited: Money,
    /// How much of it does not.
    pub surplus: Money,
}

/// A refund of a payable.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KnownRefund {
    /// The checkout whose money it gives back.
    pub checkout: CheckoutReference,
    /// The gateway's word, the latest in the life of the refund. Only one that succeeded, in the
    /// payable's currency, counts as refunded.
    pub refund: Refund,
}

/// One line of a payable's history.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// When it became known here; of a delivery, when it arrived.
    pub at: Timestamp,
    /// What happened.
    pub kind: HistoryKind,
    /// For people. Nothing secret or personal.
    pub detail: String,
}
