use jiff::Timestamp;
use url::Url;

use crate::{CheckoutOptions, CheckoutReference, Customer, Money};

/// A request for a checkout: amount, customer and expiry.
///
/// # Examples
/// ```
/// use payment_provider_core::reexport::jiff::Timestamp;
/// use payment_provider_core::{
///     CheckoutReference, CheckoutRequest, Currency, Customer, CustomerId, Money, PartialPayments,
/// };
///
/// let reference = CheckoutReference::new("invoice-1")?;
/// let amount = Money::from_decimal("200.12", Currency::INR)?;
/// let customer = Customer::new(CustomerId::new("customer-7")?);
/// let expires_at: Timestamp = "2026-02-01T12:00:00Z".parse()?;
/// let request = CheckoutRequest::new(reference, amount, "Invoice 1", customer, expires_at)
///     .with_partial_payments(PartialPayments::any());
/// assert!(request.partial_payments.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutRequest {
    /// The host's id of this checkout. Chosen and stored before the gateway is called.
    pub reference: CheckoutReference,
    /// The requested amount; greater than zero.
    pub amount: Money,
    /// The purpose of the payment, as shown to the payer.
    pub purpose: String,
    /// The payer.
    pub customer: Customer,
    /// The time after which the checkout accepts no new payments. Absolute, so that a repeated
    /// request is identical.
    pub expires_at: Timestamp,
    /// The address to which the payer's browser is redirected afterwards. `None`: the connection's
    /// own setting.
    pub return_url: Option<Url>,
    /// The address for webhooks about this checkout, in addition to the addresses configured at the
    /// gateway. Only with [`Capabilities::notify_url`](crate::Capabilities).
    pub notify_url: Option<Url>,
    /// The terms on which instalments are accepted. `None`: the whole amount at once.
    pub partial_payments: Option<PartialPayments>,
    /// The options for presenting the checkout to the payer.
    pub options: CheckoutOptions,
}

impl CheckoutRequest {
    /// Creates a request for the whole amount at once, without a return address and with no
    /// options.
    pub fn new(
        reference: CheckoutReference,
        amount: Money,
        purpose: impl Into<String>,
        customer: Customer,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            reference,
            amount,
            purpose: purpose.into(),
            customer,
            expires_at,
            return_url: None,
            notify_url: None,
            partial_payments: None,
            options: CheckoutOptions::default(),
        }
    }

    /// Sets the address to which the payer's browser is redirected afterwards.
    pub fn with_return_url(mut self, url: Url) -> Self {
        self.return_url = Some(url);
        self
    }

    /// Sets the address for webhooks about this checkout.
    pub fn with_notify_url(mut self, url: Url) -> Self {
        self.notify_url = Some(url);
        self
    }

    /// Accepts instalments.
    pub fn with_partial_payments(mut self, terms: PartialPayments) -> Self {
        self.partial_payments = Some(terms);
        self
    }

    /// Sets the options for presenting the checkout to the payer.
    pub fn with_options(mut self, options: CheckoutOptions) -> Self {
        self.options = options;
        self
    }

    /// Adds a note.
    pub fn with_note(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.notes.insert(key.into(), value.into());
        self
    }
}

/// The terms on which instalments are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PartialPayments {
    /// The minimum amount of the first instalment. `None`: the gateway's own rule.
    pub minimum: Option<Money>,
}

impl PartialPayments {
    /// Accepts instalments of any size.
    pub const fn any() -> Self {
        Self { minimum: None }
    }

    /// Accepts instalments of which the first is at least this amount.
    pub const fn at_least(minimum: Money) -> Self {
        Self {
            minimum: Some(minimum),
        }
    }
}
