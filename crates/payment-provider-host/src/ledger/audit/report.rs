use std::fmt;

use payment_provider_core::{Currency, Money, OrganizationId};

use crate::payable_id::PayableId;

/// The result of a ledger audit.
///
/// # Examples
/// ```
/// use payment_provider_host::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("billing.db");
/// # let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
/// # let keys = EncryptionKeys::new(key);
/// # let host = Host::sqlite(path).with_encryption_keys(keys).build().await?;
/// let report = host.audit_ledger(None).await?;
/// for finding in &report.findings {
///     eprintln!("{finding}");
/// }
/// assert!(report.is_sound());
/// # host.store().close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerReport {
    /// The number of payables.
    pub payables: u64,
    /// The number of payments on these payables, of any status.
    pub payments: u64,
    /// The number of these payments that are posted.
    pub posted: u64,
    /// The number of refunds on these payables, of any status.
    pub refunds: u64,
    /// The number of dedup keys.
    pub dedup_keys: u64,
    /// The totals, one entry for each currency.
    pub totals: Vec<CurrencyTotals>,
    /// The findings, at most a thousand.
    pub findings: Vec<Finding>,
    /// The number of further findings, which are not listed.
    pub unlisted: u64,
}

impl LedgerReport {
    /// Returns true if nothing was found.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.unlisted == 0
    }
}

/// The totals of one currency, in its smallest units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CurrencyTotals {
    /// The currency.
    pub currency: Currency,
    /// The sum of the received amounts of the payables of this currency.
    pub received: i128,
    /// The part of `received` that counts toward what was owed.
    pub applied: i128,
    /// The part of `received` that does not count.
    pub overpaid: i128,
    /// The sum of the payments that were made in this currency for payables of another one. It is
    /// part of no payable's totals.
    pub elsewhere: i128,
    /// The sum of the refunded amounts of the payables of this currency.
    pub refunded: i128,
    /// The sum of the refunds that were made in this currency for payables of another one. It is
    /// part of no payable's totals.
    pub refunded_elsewhere: i128,
}

impl CurrencyTotals {
    pub(super) const fn none(currency: Currency) -> Self {
        Self {
            currency,
            received: 0,
            applied: 0,
            overpaid: 0,
            elsewhere: 0,
            refunded: 0,
            refunded_elsewhere: 0,
        }
    }
}

/// A violation of an invariant of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The violated invariant.
    pub invariant: Invariant,
    /// The organization; `None` if it cannot be determined.
    pub organization: Option<OrganizationId>,
    /// The payable; `None` if the row belongs to no payable.
    pub payable: Option<PayableId>,
    /// The row; `None` if the finding is about the payable itself.
    pub about: Option<About>,
    /// The stored value.
    pub stated: Stated,
    /// The value that should be stored.
    pub expected: Stated,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payable {
            Some(payable) => write!(f, "payable {payable}")?,
            None => f.write_str("no payable")?,
        }
        if let Some(about) = &self.about {
            write!(f, ", {about}")?;
        }
        let Self {
            invariant,
            stated,
            expected,
            ..
        } = self;
        write!(
            f,
            ": {}: {stated} instead of {expected}",
            invariant.meaning()
        )
    }
}

/// The row that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum About {
    /// A payment, by the gateway's id.
    Payment(String),
    /// A refund, by the gateway's id.
    Refund(String),
    /// A dedup key.
    DedupKey(String),
    /// A checkout, by its reference.
    Checkout(String),
}

impl About {
    /// Returns the kind of the row, as a word for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Payment(_) => "payment",
            Self::Refund(_) => "refund",
            Self::DedupKey(_) => "dedup_key",
            Self::Checkout(_) => "checkout",
        }
    }

    /// Returns the gateway's id, the key or the reference of the row.
    pub fn name(&self) -> &str {
        match self {
            Self::Payment(name)
            | Self::Refund(name)
            | Self::DedupKey(name)
            | Self::Checkout(name) => name,
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind().replace('_', " "), self.name())
    }
}

/// A stored value, or the value that should be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stated {
    /// An amount.
    Amount(Money),
    /// A text, for instance a status or an id.
    Text(String),
    /// No value.
    Nothing,
}

impl fmt::Display for Stated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(money) => money.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// An invariant of a ledger that only the runtime has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// The received amount of a payable is the sum of the payments that are posted for it.
    Received,
    /// The applied amount of a payable is the sum of the applied parts of these payments.
    Applied,
    /// The overpaid amount of a payable is the sum of the overpaid parts of these payments.
    Overpaid,
    /// The applied amount is the lesser of the received and the applicable amount.
    Split,
    /// The applicable amount is the amount owed or, once the payable is closed, the amount that was
    /// applied by then.
    Applicable,
    /// A payment counts in the currency of its payable.
    Currency,
    /// The applied and the overpaid part of a payment are not negative and add up to its amount.
    /// Nothing is applied of a payment in another currency than the payable's.
    Shares,
    /// A payment is posted if it succeeded, and only then.
    Posted,
    /// The columns of a payment or refund agree with its details.
    Details,
    /// A posted payment has a dedup key, which keeps it from being posted again.
    DedupKey,
    /// A payment or refund has the connection of its checkout.
    Connection,
    /// The connection of a payment or refund belongs to the organization of the payable.
    Organization,
    /// The refunded amount of a payable is the sum of its succeeded refunds in its currency.
    Refunded,
    /// The payment that a refund returns is posted, and for the payable of the refund.
    RefundPayment,
    /// A dedup key belongs to a payment of its connection.
    DedupKeyPayment,
    /// A payment belongs to a checkout of a payable.
    PaymentCheckout,
    /// A refund belongs to a checkout of a payable.
    RefundCheckout,
    /// The list of payments and refunds of a checkout is recorded as a whole within an hour of its first
    /// portion. Until then money of the checkout may be missing from the ledger, and no URL of another
    /// checkout is given for its payable. The delivery that began the list may be parked: retry it, or
    /// request the payment URL again.
    WholeList,
}

impl Invariant {
    /// Returns the name of the invariant for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Overpaid => "overpaid",
            Self::Split => "split",
            Self::Applicable => "applicable",
            Self::Currency => "currency",
            Self::Shares => "shares",
            Self::Posted => "posted",
            Self::Details => "details",
            Self::DedupKey => "dedup_key",
            Self::Connection => "connection",
            Self::Organization => "organization",
            Self::Refunded => "refunded",
            Self::RefundPayment => "refund_payment",
            Self::DedupKeyPayment => "dedup_key_payment",
            Self::PaymentCheckout => "payment_checkout",
            Self::RefundCheckout => "refund_checkout",
            Self::WholeList => "whole_list",
        }
    }

    /// Returns the violation of the invariant, as a clause for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Received => "received is not the sum of its posted payments",
            Self::Applied => "applied is not the sum of the applied parts of its payments",
            Self::Overpaid => "overpaid is not the sum of the overpaid parts of its payments",
            Self::Split => "applied is not the lesser of received and applicable",
            Self::Applicable => "applicable does not follow from the amount owed and the closing",
            Self::Currency => "a payment counts in another currency than the payable's",
            Self::Shares => "the parts of a payment do not add up",
            Self::Posted => "the status of a payment contradicts whether it is posted",
            Self::Details => "its columns disagree with its details",
            Self::DedupKey => {
                "the dedup key of a posted payment is missing or belongs to another payment"
            }
            Self::Connection => "its connection is not the connection of its checkout",
            Self::Organization => "its connection belongs to another organization",
            Self::Refunded => "refunded is not the sum of its refunds",
            Self::RefundPayment => {
                "the payment that a refund returns is not posted for its payable"
            }
            Self::DedupKeyPayment => "a dedup key belongs to no payment of its connection",
            Self::PaymentCheckout => "a payment belongs to no checkout of a payable",
            Self::RefundCheckout => "a refund belongs to no checkout of a payable",
            Self::WholeList => {
                "the gateway's list of its payments was begun but not posted as a whole"
            }
        }
    }
}
