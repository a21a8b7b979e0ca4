use std::fmt;

use payment_provider_core::{Currency, Money, OrganizationId};

use crate::PayableId;

/// What came out of proving the books.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerReport {
    /// How many payables there are.
    pub payables: u64,
    /// How many attempts to pay are known of them.
    pub payments: u64,
    /// How many of these are booked.
    pub booked: u64,
    /// How many refunds are known of them, however they stand.
    pub refunds: u64,
    /// The number of dedup keys.
    pub dedup_keys: u64,
    /// What it comes to, by currency.
    pub totals: Vec<CurrencyTotals>,
    /// What does not add up, at most a thousand.
    pub findings: Vec<Finding>,
    /// How many more there are than are listed.
    pub unlisted: u64,
}

impl LedgerReport {
    /// Whether everything adds up.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.unlisted == 0
    }
}

/// What came in of one currency, in its smallest units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CurrencyTotals {
    /// Which.
    pub currency: Currency,
    /// What the payables of this currency say came in.
    pub received: i128,
    /// What of it counts toward what was owed.
    pub applied: i128,
    /// What of it does not.
    pub overpaid: i128,
    /// What came in beside, in this currency for payables of another: surplus that is on no account.
    pub elsewhere: i128,
    /// What the payables of this currency say was given back.
    pub refunded: i128,
    /// What was given back beside, in this currency for payables of another: it is on no account.
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

/// One thing that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What should hold and does not.
    pub invariant: Invariant,
    /// Whose it is; `None` where nothing says so.
    pub organization: Option<OrganizationId>,
    /// The payable; `None` of a row that leads to none.
    pub payable: Option<PayableId>,
    /// Which of its rows; `None` where it is about the payable itself.
    pub about: Option<About>,
    /// What is stored.
    pub stated: Stated,
    /// What should be.
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

/// The row that something is found about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum About {
    /// A payment, by the gateway's id.
    Payment(String),
    /// A refund, by the gateway's id.
    Refund(String),
    /// A dedup key.
    DedupKey(String),
}

impl About {
    /// What it is, as a word for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Payment(_) => "payment",
            Self::Refund(_) => "refund",
            Self::DedupKey(_) => "effect",
        }
    }

    /// Its id, or its key.
    pub fn name(&self) -> &str {
        match self {
            Self::Payment(name) | Self::Refund(name) | Self::DedupKey(name) => name,
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.name())
    }
}

/// A stored value, or what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stated {
    /// An amount.
    Amount(Money),
    /// A word, a name.
    Text(String),
    /// There is none.
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

/// What holds of books that nobody has written in but the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// What a payable received is what the payments booked for it add up to.
    Received,
    /// What is credited is what of these payments is credited.
    Credited,
    /// What is surplus is what of these payments is surplus.
    Surplus,
    /// As much of what came in is credited as can be.
    Split,
    /// What can be credited is what is owed; once closed, what was credited by then.
    Creditable,
    /// A payment counts in the currency of its payable.
    Currency,
    /// A payment is credited and surplus in parts that are not negative, and not credited at all in
    /// another currency.
    Shares,
    /// What brought money is booked, and what did not is not.
    Booked,
    /// The columns of a payment or refund say what its details say.
    Details,
    /// A posted payment has a dedup key, which keeps it from being posted again.
    DedupKey,
    /// A payment or refund is of the connection of its checkout.
    Connection,
    /// Its connection is the payable's organization's.
    Organization,
    /// What a payable says was given back is what its refunds in its currency that succeeded add up to.
    Refunded,
    /// The payment that a refund gives back is booked, and for the refund's payable.
    RefundPayment,
    /// A dedup key belongs to a payment of its connection.
    DedupKeyPayment,
    /// A payment was paid on a checkout of a payable.
    PaymentCheckout,
    /// A refund gives back what was paid on a checkout of a payable.
    RefundCheckout,
}

impl Invariant {
    /// A word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Credited => "credited",
            Self::Surplus => "surplus",
            Self::Split => "split",
            Self::Creditable => "creditable",
            Self::Currency => "currency",
            Self::Shares => "shares",
            Self::Booked => "booked",
            Self::Details => "details",
            Self::DedupKey => "effect",
            Self::Connection => "connection",
            Self::Organization => "organization",
            Self::Refunded => "refunded",
            Self::RefundPayment => "refund_payment",
            Self::DedupKeyPayment => "effect_payment",
            Self::PaymentCheckout => "payment_checkout",
            Self::RefundCheckout => "refund_checkout",
        }
    }

    /// What is wrong, in a clause for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Received => "received is not what its booked payments add up to",
            Self::Credited => "credited is not what is credited of its payments",
            Self::Surplus => "surplus is not what is surplus of its payments",
            Self::Split => "not as much of what came in is credited as can be",
            Self::Creditable => "what can be credited is not what its amount and end make it",
            Self::Currency => "a payment counts in another currency than the payable's",
            Self::Shares => "the parts of a payment do not add up",
            Self::Booked => "what became of a payment and whether it is booked disagree",
            Self::Details => "its columns disagree with its details",
            Self::DedupKey => "the dedup key of a posted payment is missing or another payment's",
            Self::Connection => "it is of another connection than its checkout",
            Self::Organization => "its connection is another organization's",
            Self::Refunded => "refunded is not what its refunds add up to",
            Self::RefundPayment => {
                "the payment that a refund gives back is not booked for its payable"
            }
            Self::DedupKeyPayment => "a dedup key belongs to no payment of its connection",
            Self::PaymentCheckout => "a payment belongs to no checkout of a payable",
            Self::RefundCheckout => "a refund belongs to no checkout of a payable",
        }
    }
}
