use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CheckoutReference, Fingerprint, GatewayCheckoutId, Money, OrderId};

/// The identifiers by which a provider finds an existing checkout: the host's reference and, if the
/// host knows it, the gateway's id (some gateways have no lookup by reference).
///
/// # Examples
/// ```
/// use payment_provider_core::{CheckoutLocator, CheckoutReference, GatewayCheckoutId};
///
/// let reference = CheckoutReference::new("invoice-1")?;
/// // Before the creation was answered, only the reference is known.
/// let locator = CheckoutLocator::from(reference.clone());
/// assert_eq!(locator.gateway_id, None);
/// let locator = CheckoutLocator::new(reference, Some(GatewayCheckoutId::new("chk_1")?));
/// assert!(locator.gateway_id.is_some());
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CheckoutLocator {
    /// The host's id.
    pub reference: CheckoutReference,
    /// The gateway's id, once known.
    pub gateway_id: Option<GatewayCheckoutId>,
}

impl CheckoutLocator {
    /// Creates a locator for this reference.
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

/// The state of a checkout at the gateway.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Checkout, CheckoutReference, CheckoutStatus, Currency, Money, NextAction,
/// };
///
/// let reference = CheckoutReference::new("invoice-1")?;
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let page = NextAction::Redirect("https://pay.example/chk_1".parse()?);
/// let checkout = Checkout::new(reference, CheckoutStatus::Open, amount, page);
/// assert!(checkout.amount_paid.is_zero());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkout {
    /// The host's id.
    pub reference: CheckoutReference,
    /// The gateway's id.
    pub gateway_id: Option<GatewayCheckoutId>,
    /// The status of the checkout.
    pub status: CheckoutStatus,
    /// The requested amount.
    pub amount: Money,
    /// The amount paid on the checkout over all payments, as reported by the gateway.
    pub amount_paid: Money,
    /// The payer's next step.
    pub next_action: NextAction,
    /// The time after which it accepts no new payments.
    pub expires_at: Option<Timestamp>,
    /// The fingerprint found at the gateway, if any.
    pub fingerprint: Option<Fingerprint>,
    /// The one order of the checkout, at a gateway where every payment of a checkout belongs to the
    /// same order. `None` if the gateway creates an order per attempt, or does not report it yet.
    pub order_id: Option<OrderId>,
}

impl Checkout {
    /// Creates a checkout on which nothing is paid yet.
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
            order_id: None,
        }
    }

    /// Returns the locator of this checkout.
    pub fn locator(&self) -> CheckoutLocator {
        CheckoutLocator::new(self.reference.clone(), self.gateway_id.clone())
    }
}

/// The status of a checkout at the gateway.
///
/// # Examples
/// ```
/// use payment_provider_core::CheckoutStatus;
///
/// assert!(CheckoutStatus::PartiallyPaid.is_payable());
/// assert!(!CheckoutStatus::Expired.is_payable());
/// // The status of a newer version of the gateway: it may be payable.
/// assert!(CheckoutStatus::Unknown("ON_HOLD".to_owned()).is_payable());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckoutStatus {
    /// Payable, nothing paid.
    Open,
    /// Payable, with at least one instalment paid.
    PartiallyPaid,
    /// Paid, as reported by the gateway. For the sum, rely on the amounts of the checkout, not on
    /// this status.
    Paid,
    /// Accepts no new payments because it has expired. A payment started earlier may still arrive.
    Expired,
    /// Accepts no new payments because it was cancelled. A payment started earlier may still
    /// arrive.
    Cancelled,
    /// A status that this version does not know, kept as received.
    Unknown(String),
}

impl CheckoutStatus {
    /// Returns `true` if a payer can start a new payment. `Unknown` counts as payable: the safe
    /// assumption.
    pub const fn is_payable(&self) -> bool {
        matches!(self, Self::Open | Self::PartiallyPaid | Self::Unknown(_))
    }

    /// Returns a stable identifier; for [`Unknown`](Self::Unknown), the gateway's own term.
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

/// The payer's next step.
///
/// # Examples
/// ```
/// use payment_provider_core::NextAction;
///
/// let action = NextAction::Redirect("https://pay.example/chk_1".parse()?);
/// if let NextAction::Redirect(page) = &action {
///     assert_eq!(page.path(), "/chk_1");
/// }
/// assert_eq!(format!("{action:?}"), "Redirect(..)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextAction {
    /// Open this page of the gateway. Anyone with the address can pay: give it to the payer only.
    Redirect(Url),
    /// No step: the checkout accepts no more payments, or the gateway gave no way to continue.
    None,
}

impl fmt::Debug for NextAction {
    /// Omits the address, because anyone with it can pay.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect(_) => "Redirect(..)",
            Self::None => "None",
        })
    }
}

/// A checkout that now exists: newly created, or found and adopted.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Checkout, CheckoutReference, CheckoutStatus, CreatedCheckout, Currency, Money, NextAction,
/// };
///
/// # let reference = CheckoutReference::new("invoice-1")?;
/// # let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let found = Checkout::new(reference, CheckoutStatus::Paid, amount, NextAction::None);
/// let created = CreatedCheckout::Adopted(found);
/// // An adopted checkout can be in any status.
/// assert!(!created.checkout().status.is_payable());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreatedCheckout {
    /// The checkout was created by this call or by an earlier attempt at it.
    Created(Checkout),
    /// The checkout existed already and matches the request.
    Adopted(Checkout),
}

impl CreatedCheckout {
    /// Returns the checkout.
    pub const fn checkout(&self) -> &Checkout {
        match self {
            Self::Created(checkout) | Self::Adopted(checkout) => checkout,
        }
    }

    /// Returns the checkout by value.
    pub fn into_checkout(self) -> Checkout {
        match self {
            Self::Created(checkout) | Self::Adopted(checkout) => checkout,
        }
    }
}

/// The result of a cancellation. In each case the checkout's `amount_paid` shows whether money
/// was received before.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Cancellation, Checkout, CheckoutReference, CheckoutStatus, Currency, Money, NextAction,
/// };
///
/// # let reference = CheckoutReference::new("invoice-1")?;
/// # let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let paid = Checkout::new(reference, CheckoutStatus::Paid, amount, NextAction::None);
/// let outcome = Cancellation::AlreadyEnded(paid);
/// assert_eq!(outcome.checkout().status, CheckoutStatus::Paid);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancellation {
    /// This call ended the checkout: no *new* payment can start. A payment started earlier may
    /// still arrive.
    Cancelled(Checkout),
    /// The checkout had ended before: paid, expired or cancelled.
    AlreadyEnded(Checkout),
    /// The gateway refuses to cancel the checkout, which can still be paid: watch it until it
    /// expires.
    StillPayable(Checkout),
}

impl Cancellation {
    /// Returns the current state of the checkout.
    pub const fn checkout(&self) -> &Checkout {
        match self {
            Self::Cancelled(checkout)
            | Self::AlreadyEnded(checkout)
            | Self::StillPayable(checkout) => checkout,
        }
    }
}
