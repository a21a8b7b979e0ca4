//! Payables: what is owed, and everything known about it.

use std::fmt;

use crate::accounting::{
    self, Allocation, AuditEvent, CheckoutState, CloseReason, PaymentProgress,
};
use crate::connection_ref::ConnectionRef;
use crate::payable_id::PayableId;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{
    CheckoutOptions, CheckoutReference, ConnectionCode, CustomerId, Dispute, Money, OrganizationId,
    PartialPayments, Payment, Refund,
};

/// A receivable of the merchant that can be paid, as the host describes it.
///
/// # Examples
/// ```
/// use payment_provider_core::PartialPayments;
/// use payment_provider_host::prelude::*;
///
/// let organization = OrganizationId::new("acme")?;
/// let (id, customer) = (PayableId::new("invoice-1")?, CustomerId::new("customer-7")?);
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let invoice = Payable::new(organization, id, amount, "Invoice 1", customer)
///     .with_partial_payments(PartialPayments::any());
/// assert_eq!(invoice.amount.minor_units(), 20_012);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payable {
    /// The tenant to which it is owed.
    pub organization: OrganizationId,
    /// The host's id.
    pub id: PayableId,
    /// The whole amount owed, payments not deducted.
    pub amount: Money,
    /// The purpose, in words that the payer reads.
    pub purpose: String,
    /// The customer who owes it, who has to be linked to a connection.
    pub customer: CustomerId,
    /// The URL to which the payer's browser returns. `None`: the setting of the connection.
    pub return_url: Option<Url>,
    /// The terms of instalments. `None`: the amount due is paid at once.
    pub partial_payments: Option<PartialPayments>,
    /// Options of a new checkout. An open checkout stays as it was requested.
    pub options: CheckoutOptions,
}

impl Payable {
    /// Creates a payable of an amount, for a purpose.
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

    /// Sets options of a new checkout.
    pub fn with_options(mut self, options: CheckoutOptions) -> Self {
        self.options = options;
        self
    }

    /// Accepts instalments.
    pub const fn with_partial_payments(mut self, terms: PartialPayments) -> Self {
        self.partial_payments = Some(terms);
        self
    }

    /// Sets the URL to which the payer's browser returns.
    pub fn with_return_url(mut self, url: Url) -> Self {
        self.return_url = Some(url);
        self
    }
}

/// Everything known about a payable, on one consistent state of the database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PayableView {
    /// The whole amount owed.
    pub amount: Money,
    /// The amount still due: zero once it is closed.
    pub due: Money,
    /// All money received, in the payable's currency.
    pub received: Money,
    /// The part that is applied to the amount owed.
    pub applied: Money,
    /// The part that is overpaid.
    pub overpaid: Money,
    /// The sum of all refunds that the gateway reports as done, in the payable's currency. It exceeds
    /// the money received while a refund is known before its payment.
    pub refunded: Money,
    /// The reason for which the host closed it, if it did.
    pub closed: Option<CloseReason>,
    /// The progress of its payment.
    pub progress: PaymentProgress,
    /// Every checkout, in the order in which they were requested.
    pub checkouts: Vec<KnownCheckout>,
    /// Every attempt to pay that the gateway reported, in the order in which they became known.
    pub payments: Vec<KnownPayment>,
    /// Every refund that the gateway reported, in the order in which they became known.
    pub refunds: Vec<KnownRefund>,
    /// Every dispute that the gateway reported, in the order in which they became known.
    pub disputes: Vec<KnownDispute>,
    /// Its history by time, and at the same time in the order of recording.
    pub history: Vec<HistoryLine>,
}

/// A checkout of a payable.
#[derive(Clone)]
#[non_exhaustive]
pub struct KnownCheckout {
    /// The reference.
    pub reference: CheckoutReference,
    /// The connection through which it was requested.
    pub connection: ConnectionCode,
    /// The amount it asks for.
    pub amount: Money,
    /// Its state.
    pub state: CheckoutState,
    /// The page on which the payer can pay, while it takes payments.
    pub url: Option<Url>,
    /// The time at which it stops taking new payments.
    pub expires_at: Timestamp,
    /// The pending work of ending it at the gateway, if it must not be paid any more and still can be.
    pub cancel: Option<PendingCancel>,
}

/// The pending work of ending a checkout at its gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingCancel {
    /// The time at which the checkout had to be ended.
    pub requested_at: Timestamp,
    /// The number of attempts of the worker.
    pub attempts: u64,
    /// The time of the next attempt.
    pub next_attempt_at: Timestamp,
    /// The error of the latest attempt.
    pub error: Option<String>,
}

/// A checkout that must not be paid, and whose end fails for long: after five attempts, about ten minutes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StuckCancel {
    /// The organization of the payable.
    pub organization: OrganizationId,
    /// The payable.
    pub payable: PayableId,
    /// The checkout.
    pub checkout: CheckoutReference,
    /// The pending work.
    pub cancel: PendingCancel,
}

impl fmt::Debug for KnownCheckout {
    /// Omits the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownCheckout")
            .field("reference", &self.reference)
            .field("connection", &self.connection)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .field("expires_at", &self.expires_at)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

/// A payment of a payable, and its allocation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KnownPayment {
    /// The checkout that was paid.
    pub checkout: CheckoutReference,
    /// The payment as the gateway reported it last.
    pub payment: Payment,
    /// Its allocation; `None` unless money was posted.
    pub allocation: Option<Allocation>,
}

/// A refund of a payable.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KnownRefund {
    /// The checkout whose money it gives back.
    pub checkout: CheckoutReference,
    /// The refund in the latest state of its life that was reported. Only one that succeeded, in the
    /// payable's currency, counts as refunded.
    pub refund: Refund,
}

/// A dispute of a payment of a payable.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KnownDispute {
    /// The checkout whose payment is contested.
    pub checkout: CheckoutReference,
    /// The dispute in the latest state that was reported. A decided one is not opened again within its
    /// stage, whatever arrives later.
    pub dispute: Dispute,
}

impl KnownDispute {
    /// Returns true while the dispute is not decided. A status that this version does not know counts as
    /// open.
    pub fn is_open(&self) -> bool {
        accounting::is_open(&self.dispute.status)
    }
}

/// The disputes, refunds, deliveries and checkouts that an operator has to act on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Attention {
    /// The open disputes, that with the nearest deadline first.
    pub disputes: Vec<Contested>,
    /// The refunds that failed or are on hold, newest first.
    pub refunds: Vec<StuckRefund>,
    /// The connections with parked deliveries, that with the latest one first.
    pub parked: Vec<ParkedDeliveries>,
    /// The checkouts that must not be paid and that the gateway does not end, the oldest first.
    pub cancels: Vec<StuckCancel>,
}

/// The parked deliveries of a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ParkedDeliveries {
    /// The connection.
    pub connection: ConnectionRef,
    /// The number of deliveries.
    pub count: u64,
    /// The time at which the latest one arrived first.
    pub latest_at: Timestamp,
}

/// An open dispute, with the payable whose payment is contested.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Contested {
    /// The organization of the payable.
    pub organization: OrganizationId,
    /// The payable.
    pub payable: PayableId,
    /// The dispute.
    pub known: KnownDispute,
}

/// A refund that failed or is on hold, with its payable.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StuckRefund {
    /// The organization of the payable.
    pub organization: OrganizationId,
    /// The payable.
    pub payable: PayableId,
    /// The refund.
    pub known: KnownRefund,
}

/// One line of a payable's history.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HistoryLine {
    /// The time at which it became known here; for a delivery, the time of its arrival.
    pub at: Timestamp,
    /// The kind of the event.
    pub event: AuditEvent,
    /// The detail, for people. It contains nothing secret or personal.
    pub detail: String,
}
