mod checks;

use std::time::Duration;

use crate::{Currency, ProviderId, SettingsSchema};

/// The description of a gateway that a host needs before it connects.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     Capabilities, Currency, CurrencySupport, ProviderDescriptor, ProviderId, SettingField,
///     SettingKind, SettingsSchema,
/// };
///
/// let key = SettingField::new("key", "API key", SettingKind::Secret).required();
/// let id = ProviderId::new("examplepay")?;
/// let descriptor = ProviderDescriptor::new(id, "Example Pay", SettingsSchema::new([key]))
///     .with_capabilities(Capabilities::default().with_status_inquiry().with_cancellation())
///     .with_currencies(CurrencySupport::Only(vec![Currency::INR]));
/// assert!(!descriptor.currencies.allows(Currency::EUR));
/// # Ok::<(), payment_provider_core::InvalidIdentifier>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderDescriptor {
    /// The id under which the provider is registered.
    pub id: ProviderId,
    /// The display name, for people.
    pub display_name: String,
    /// The capabilities of the provider.
    pub capabilities: Capabilities,
    /// The currencies in which payment can be requested.
    pub currencies: CurrencySupport,
    /// The limits for a checkout.
    pub limits: CheckoutLimits,
    /// The settings of one connection.
    pub settings: SettingsSchema,
    /// Instructions for entering the webhook address at the gateway, in one or two sentences.
    pub webhook_setup: String,
}

impl ProviderDescriptor {
    /// Creates a descriptor of a provider with the required methods only.
    pub fn new(id: ProviderId, display_name: impl Into<String>, settings: SettingsSchema) -> Self {
        Self {
            id,
            display_name: display_name.into(),
            capabilities: Capabilities::default(),
            currencies: CurrencySupport::Any,
            limits: CheckoutLimits::default(),
            settings,
            webhook_setup: String::new(),
        }
    }

    /// Declares the capabilities.
    pub const fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Declares the currencies.
    pub fn with_currencies(mut self, currencies: CurrencySupport) -> Self {
        self.currencies = currencies;
        self
    }

    /// Declares the limits for a checkout.
    pub const fn with_limits(mut self, limits: CheckoutLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the instructions for entering the webhook address at the gateway.
    pub fn with_webhook_setup(mut self, text: impl Into<String>) -> Self {
        self.webhook_setup = text.into();
        self
    }
}

/// The capabilities of a provider beyond a request for one amount at once. A declared capability
/// works; for an undeclared one preflight refuses the request and nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub struct Capabilities {
    /// Support for paying a checkout in instalments.
    pub partial_payments: bool,
    /// Support for a webhook address per checkout.
    pub notify_url: bool,
    /// Support for customer objects at the gateway.
    pub remote_customers: bool,
    /// Support for cancelling an open checkout.
    pub cancellation: bool,
    /// Support for restricting a checkout to certain payment methods.
    pub method_choice: bool,
    /// Support for the gateway itself sending the address to the payer.
    pub payer_notification: bool,
    /// Support for reminders that the gateway sends to payers.
    pub reminders: bool,
    /// Support for querying the status of a checkout. Without it `fetch_checkout` and
    /// `list_payments` return [`Unsupported`](crate::ProviderErrorKind::Unsupported), and webhook
    /// deliveries are the only source.
    pub status_inquiry: bool,
    /// Support for a timestamp within the signature of a delivery, which distinguishes old
    /// deliveries from new ones. Without it every genuine delivery counts as
    /// [`Fresh`](crate::TimestampCheck::Fresh), and repetitions are detected by keys alone. Must
    /// not be declared without `status_inquiry`: an old delivery is only a reason to query the
    /// gateway, which would be impossible.
    pub signed_timestamps: bool,
    /// Support for querying refunds: [`refund_inquiry`](crate::PaymentProvider::refund_inquiry).
    /// Must not be declared without `status_inquiry`.
    pub refund_inquiry: bool,
    /// Support for a signed return address of the payer's browser:
    /// [`signed_returns`](crate::PaymentProvider::signed_returns).
    pub signed_returns: bool,
}

impl Capabilities {
    /// Declares support for instalments.
    pub const fn with_partial_payments(mut self) -> Self {
        self.partial_payments = true;
        self
    }

    /// Declares support for a webhook address per checkout.
    pub const fn with_notify_url(mut self) -> Self {
        self.notify_url = true;
        self
    }

    /// Declares support for customer objects at the gateway.
    pub const fn with_remote_customers(mut self) -> Self {
        self.remote_customers = true;
        self
    }

    /// Declares support for cancelling open checkouts.
    pub const fn with_cancellation(mut self) -> Self {
        self.cancellation = true;
        self
    }

    /// Declares support for restricting checkouts to certain payment methods.
    pub const fn with_method_choice(mut self) -> Self {
        self.method_choice = true;
        self
    }

    /// Declares that the gateway can send the address to the payer.
    pub const fn with_payer_notification(mut self) -> Self {
        self.payer_notification = true;
        self
    }

    /// Declares that the gateway can remind payers.
    pub const fn with_reminders(mut self) -> Self {
        self.reminders = true;
        self
    }

    /// Declares support for querying the status of a checkout.
    pub const fn with_status_inquiry(mut self) -> Self {
        self.status_inquiry = true;
        self
    }

    /// Declares support for querying refunds.
    pub const fn with_refund_inquiry(mut self) -> Self {
        self.refund_inquiry = true;
        self
    }

    /// Declares that deliveries carry a signed timestamp.
    pub const fn with_signed_timestamps(mut self) -> Self {
        self.signed_timestamps = true;
        self
    }

    /// Declares that return addresses are signed.
    pub const fn with_signed_returns(mut self) -> Self {
        self.signed_returns = true;
        self
    }
}

/// The currencies in which a gateway can request payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CurrencySupport {
    /// Any currency enabled for the merchant's account; the gateway decides.
    Any,
    /// Only these currencies.
    Only(Vec<Currency>),
}

impl CurrencySupport {
    /// Returns `true` if a checkout in this currency may be attempted.
    pub fn allows(&self, currency: Currency) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.contains(&currency),
        }
    }
}

/// The limits for a checkout at a gateway. Preflight checks all of them; a host that reads them
/// first makes no request that would be refused for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutLimits {
    /// The maximum length of a [`CheckoutReference`](crate::CheckoutReference) in characters, at
    /// most 50.
    pub reference_length: usize,
    /// The minimum time from now to `expires_at`, if there is one.
    pub shortest_life: Option<Duration>,
    /// The maximum time from now to `expires_at`, if there is one.
    pub longest_life: Option<Duration>,
}

impl Default for CheckoutLimits {
    /// Allows references of any length and any lifetime.
    fn default() -> Self {
        Self {
            reference_length: 50,
            shortest_life: None,
            longest_life: None,
        }
    }
}

impl CheckoutLimits {
    /// Sets the maximum length of a reference, in characters.
    pub const fn with_reference_length(mut self, characters: usize) -> Self {
        self.reference_length = characters;
        self
    }

    /// Sets the minimum and maximum time that a checkout may be open.
    pub const fn with_life(mut self, shortest: Duration, longest: Duration) -> Self {
        self.shortest_life = Some(shortest);
        self.longest_life = Some(longest);
        self
    }
}
