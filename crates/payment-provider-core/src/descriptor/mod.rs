mod checks;

use std::time::Duration;

use crate::{Currency, ProviderId, SettingsSchema};

/// What a host needs to know about a gateway before it is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderDescriptor {
    /// The id under which the provider is registered.
    pub id: ProviderId,
    /// For people.
    pub display_name: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// The currencies it can ask for.
    pub currencies: CurrencySupport,
    /// What a checkout must keep to.
    pub limits: CheckoutLimits,
    /// The settings of one connection.
    pub settings: SettingsSchema,
    /// Where to paste the webhook address at the gateway, in one or two sentences.
    pub webhook_setup: String,
}

impl ProviderDescriptor {
    /// A provider that can do nothing beyond the required methods.
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

    /// Declares what a checkout must keep to.
    pub const fn with_limits(mut self, limits: CheckoutLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Says where the webhook address goes.
    pub fn with_webhook_setup(mut self, text: impl Into<String>) -> Self {
        self.webhook_setup = text.into();
        self
    }
}

/// What a provider offers beyond asking for one amount at once. Declared means it works; not
/// declared means preflight refuses it and not one request is sent for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "independent yes-or-no facts")]
pub struct Capabilities {
    /// A checkout can be paid in instalments.
    pub partial_payments: bool,
    /// A checkout can name its own webhook address.
    pub notify_url: bool,
    /// The gateway keeps customer objects of its own.
    pub remote_customers: bool,
    /// An open checkout can be cancelled.
    pub cancellation: bool,
    /// A checkout can be limited to certain methods.
    pub method_choice: bool,
    /// The gateway can send the payer the address itself.
    pub payer_notification: bool,
    /// The gateway can remind payers.
    pub reminders: bool,
    /// The gateway can be asked how a checkout stands. Without it `fetch_checkout` and
    /// `list_payments` answer [`Unsupported`](crate::ErrorKind::Unsupported), and deliveries are all
    /// there is.
    pub status_inquiry: bool,
    /// A delivery carries a time inside its signature, so that an old one is told from a new one.
    /// Without it every genuine delivery counts as
    /// [`Fresh`](crate::TimestampCheck::Fresh), and repetition is told by keys alone. Not to be declared
    /// without `status_inquiry`: what is old is only a reason to ask, and there would be nobody to.
    pub signed_timestamps: bool,
    /// The gateway signs the address to which it sends the payer's browser back:
    /// [`signed_returns`](crate::PaymentProvider::signed_returns).
    pub signed_returns: bool,
}

impl Capabilities {
    /// Instalments are offered.
    pub const fn with_partial_payments(mut self) -> Self {
        self.partial_payments = true;
        self
    }

    /// A webhook address for each checkout is offered.
    pub const fn with_notify_url(mut self) -> Self {
        self.notify_url = true;
        self
    }

    /// Customers are kept at the gateway.
    pub const fn with_remote_customers(mut self) -> Self {
        self.remote_customers = true;
        self
    }

    /// Open checkouts can be cancelled.
    pub const fn with_cancellation(mut self) -> Self {
        self.cancellation = true;
        self
    }

    /// Checkouts can be limited to certain methods.
    pub const fn with_method_choice(mut self) -> Self {
        self.method_choice = true;
        self
    }

    /// The gateway can send the payer the address.
    pub const fn with_payer_notification(mut self) -> Self {
        self.payer_notification = true;
        self
    }

    /// The gateway can remind payers.
    pub const fn with_reminders(mut self) -> Self {
        self.reminders = true;
        self
    }

    /// The gateway can be asked how a checkout stands.
    pub const fn with_status_inquiry(mut self) -> Self {
        self.status_inquiry = true;
        self
    }

    /// Deliveries carry a signed time.
    pub const fn with_signed_timestamps(mut self) -> Self {
        self.signed_timestamps = true;
        self
    }

    /// Return addresses are signed.
    pub const fn with_signed_returns(mut self) -> Self {
        self.signed_returns = true;
        self
    }
}

/// The currencies a gateway can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CurrencySupport {
    /// Whatever the merchant's account has been enabled for; the gateway decides.
    Any,
    /// Only these.
    Only(Vec<Currency>),
}

impl CurrencySupport {
    /// Whether a checkout in this currency may be tried.
    pub fn allows(&self, currency: Currency) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.contains(&currency),
        }
    }
}

/// What a checkout must keep to at a gateway. Preflight checks all of it; a host that looks here
/// first asks for nothing that would be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckoutLimits {
    /// Most characters of a [`CheckoutReference`](crate::CheckoutReference), at most 50.
    pub reference_length: usize,
    /// The least time from now to `expires_at`, if there is one.
    pub shortest_life: Option<Duration>,
    /// The most time from now to `expires_at`, if there is one.
    pub longest_life: Option<Duration>,
}

impl Default for CheckoutLimits {
    /// References of any length, and any life.
    fn default() -> Self {
        Self {
            reference_length: 50,
            shortest_life: None,
            longest_life: None,
        }
    }
}

impl CheckoutLimits {
    /// Sets the most characters of a reference.
    pub const fn with_reference_length(mut self, characters: usize) -> Self {
        self.reference_length = characters;
        self
    }

    /// Sets the least and the most time a checkout may be open.
    pub const fn with_life(mut self, shortest: Duration, longest: Duration) -> Self {
        self.shortest_life = Some(shortest);
        self.longest_life = Some(longest);
        self
    }
}
