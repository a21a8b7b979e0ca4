use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CheckoutReference, Fingerprint, GatewayCheckoutId, Money};

/// How a provider finds a checkout again: by the host's reference, and by the gateway's id where
/// the host knows it (some gateways cannot be asked by reference).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CheckoutLocator {
    /// The host's id.
    pub reference: CheckoutReference,
    /// The gateway's id, once known.
    pub gateway_id: Option<GatewayCheckoutId>,
}

impl CheckoutLocator {
    /// A locator for this reference.
    pub const fn new(reference: CheckoutReference, gateway_id: Option<GatewayCheckoutId>) -> Self {
        Self {
            reference,
            gateway_id,
        }
    }
}

impl From<CheckoutReference> for CheckoutLocator {
    fn from(reference: CheckoutReference) -> Self {
        Self::new(reference, None)
    }
}

/// A checkout as the gateway has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkout {
    /// The host's id.
    pub reference: CheckoutReference,
    /// The gateway's id.
    pub gateway_id: Option<GatewayCheckoutId>,
    /// Where it stands.
    pub status: CheckoutStatus,
    /// What it asks for.
    pub amount: Money,
    /// What the gateway says was paid on it, over all payments.
    pub amount_paid: Money,
    /// What the payer does next.
    pub next_action: NextAction,
    /// When it stops taking new payments.
    pub expires_at: Option<Timestamp>,
    /// The fingerprint found at the gateway, if any.
    pub fingerprint: Option<Fingerprint>,
}

impl Checkout {
    /// A checkout with nothing paid on it yet.
    pub const fn new(
        reference: CheckoutReference,
        status: CheckoutStatus,
        amount: Money,
        next_action: NextAction,
    ) -> Self {
        Self {
            reference,
            gateway_id: None,
            status,
            amount,
            amount_paid: Money::zero(amount.currency()),
            next_action,
            expires_at: None,
            fingerprint: None,
        }
    }

    /// How to find it again.
    pub fn locator(&self) -> CheckoutLocator {
        CheckoutLocator::new(self.reference.clone(), self.gateway_id.clone())
    }
}

/// Where a checkout stands at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckoutStatus {
    /// Payable, nothing paid.
    Open,
    /// Payable, some instalment paid.
    PartiallyPaid,
    /// Paid, the gateway says. How much, its amounts say; believe those.
    Paid,
    /// Takes no new payments since its time is over. One begun earlier may still land.
    Expired,
    /// Takes no new payments since it was called off. One begun earlier may still land.
    Cancelled,
    /// A word this version does not know, kept as it came.
    Unknown(String),
}

impl CheckoutStatus {
    /// Whether a payer can begin a new payment. `Unknown` counts as payable: the careful reading.
    pub const fn is_payable(&self) -> bool {
        matches!(self, Self::Open | Self::PartiallyPaid | Self::Unknown(_))
    }

    /// A stable word; for [`Unknown`](Self::Unknown), the gateway's own.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for CheckoutStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the payer does next.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextAction {
    /// Open this page of the gateway. The address is all it takes to pay: hand it to the payer only.
    Redirect(Url),
    /// Nothing: the checkout takes no more payments, or the gateway gave no way to continue.
    None,
}

impl fmt::Debug for NextAction {
    /// Leaves out the address, which is all it takes to pay.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect(_) => "Redirect(..)",
            Self::None => "None",
        })
    }
}

/// A checkout that now exists, and whether this call made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreatedCheckout {
    /// This call, or an earlier try of it, made the checkout.
    Created(Checkout),
    /// It was there already, and it is the one asked for.
    Adopted(Checkout),
}

impl CreatedCheckout {
    /// The checkout.
    pub const fn checkout(&self) -> &Checkout {
        match self {
            Self::Created(checkout) | Self::Adopted(checkout) => checkout,
        }
    }

    /// The checkout, by value.
    pub fn into_checkout(self) -> Checkout {
        match self {
            Self::Created(checkout) | Self::Adopted(checkout) => checkout,
        }
    }
}

/// What a cancellation found and did. In each case the checkout's `amount_paid` tells whether money
/// came in before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// This call ended it: no *new* payment can start. One begun earlier may still land.
    Cancelled(Checkout),
    /// It had ended before: paid, expired or cancelled.
    AlreadyEnded(Checkout),
    /// The gateway will not cancel it, and it can still be paid: watch it until it expires.
    StillPayable(Checkout),
}

impl Cancellation {
    /// The checkout as it is now.
    pub const fn checkout(&self) -> &Checkout {
        match self {
            Self::Cancelled(checkout)
            | Self::AlreadyEnded(checkout)
            | Self::StillPayable(checkout) => checkout,
        }
    }
}
