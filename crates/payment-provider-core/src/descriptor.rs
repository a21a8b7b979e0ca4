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
