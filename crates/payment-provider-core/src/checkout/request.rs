use jiff::Timestamp;
use url::Url;

use crate::{CheckoutOptions, CheckoutReference, Customer, Money};

/// A wish to be paid: so much, by this customer, until then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutRequest {
    /// The host's id of this checkout. Chosen, and stored, before the gateway is called.
    pub reference: CheckoutReference,
    /// What is asked for; more than nothing.
    pub amount: Money,
    /// What for, in words the payer reads.
    pub purpose: String,
    /// Who is asked.
    pub customer: Customer,
    /// When the checkout stops taking new payments. Absolute, so that a repeated request is the
    /// same request.
    pub expires_at: Timestamp,
    /// Where the payer's browser goes afterwards. `None`: the connection's own setting.
    pub return_url: Option<Url>,
    /// Where the gateway shall send webhooks about this checkout, in addition to what is set up
    /// at the gateway. Only with [`Capabilities::notify_url`](crate::Capabilities).
    pub notify_url: Option<Url>,
    /// Whether instalments are accepted, and from how much. `None`: the whole amount at once.
    pub partial_payments: Option<PartialPayments>,
    /// How it is put to the payer.
    pub options: CheckoutOptions,
}

impl CheckoutRequest {
    /// A request for the whole amount at once, without return address and with no options.
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

    /// Sets where the payer's browser goes afterwards.
    pub fn with_return_url(mut self, url: Url) -> Self {
        self.return_url = Some(url);
        self
    }

    /// Sets where webhooks about this checkout go.
    pub fn with_notify_url(mut self, url: Url) -> Self {
        self.notify_url = Some(url);
        self
    }

    /// Accepts instalments.
    pub fn with_partial_payments(mut self, terms: PartialPayments) -> Self {
        self.partial_payments = Some(terms);
        self
    }

    /// Sets how it is put to the payer.
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

/// Terms on which instalments are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PartialPayments {
    /// The least the first instalment may be. `None`: the gateway's own rule.
    pub minimum: Option<Money>,
}

impl PartialPayments {
    /// Instalments of any size.
    pub const fn any() -> Self {
        Self { minimum: None }
    }

    /// Instalments of which the first is at least this.
    pub const fn at_least(minimum: Money) -> Self {
        Self {
            minimum: Some(minimum),
        }
    }
}
