use std::sync::Arc;

use payment_provider_core::{
    Capabilities, CheckoutLimits, Clock, CurrencySupport, ProviderDescriptor, ProviderId,
    SystemClock, WebhookReply,
};
use url::Url;

use super::config::{Config, url};
use super::gateway::FakeGateway;
use super::settings;

/// Configures a [`FakeGateway`]; created by [`FakeGateway::builder`].
///
/// Declared capabilities work. Requests that need an undeclared one are rejected by
/// `prepare_checkout` together with all other violations, or with
/// [`Unsupported`](payment_provider_core::ProviderErrorKind::Unsupported) and without a call.
///
/// # Examples
/// ```
/// use payment_provider_conformance::fake::FakeGateway;
/// use payment_provider_core::{Currency, CurrencySupport, PaymentProvider};
///
/// let gateway = FakeGateway::builder()
///     .with_changed_capabilities(|all| all.cancellation = false)
///     .with_currencies(CurrencySupport::Only(vec![Currency::INR]))
///     .build();
/// let provider = gateway.connect("main");
/// assert!(!provider.descriptor().capabilities.cancellation);
/// ```
#[derive(Debug)]
pub struct FakeGatewayBuilder {
    config: Config,
}

impl FakeGatewayBuilder {
    /// Starts with a gateway named `fake` that has every capability and currency and no limits.
    fn new() -> Self {
        let id = ProviderId::new("fake").expect("a valid id");
        let descriptor = ProviderDescriptor::new(id, "In memory", settings::schema())
            .with_capabilities(FakeGateway::every_capability())
            .with_webhook_setup("No setup is needed: tests take the deliveries from the gateway.");
        Self {
            config: Config {
                descriptor,
                clock: Arc::new(SystemClock),
                phone_required: false,
                webhook_url: url("https://host.example/webhooks"),
                reply: WebhookReply::default(),
            },
        }
    }

    /// Sets the id of the provider, for hosts with several providers.
    pub fn with_provider_id(mut self, id: ProviderId) -> Self {
        self.config.descriptor.id = id;
        self
    }

    /// Sets the display name.
    pub fn with_display_name(mut self, name: impl Into<String>) -> Self {
        self.config.descriptor.display_name = name.into();
        self
    }

    /// Declares these capabilities and no others.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.config.descriptor.capabilities = capabilities;
        self
    }

    /// Changes the declared capabilities:
    /// `.with_changed_capabilities(|all| all.cancellation = false)`.
    pub fn with_changed_capabilities(mut self, change: impl FnOnce(&mut Capabilities)) -> Self {
        change(&mut self.config.descriptor.capabilities);
        self
    }

    /// Declares the supported currencies.
    pub fn with_currencies(mut self, currencies: CurrencySupport) -> Self {
        self.config.descriptor.currencies = currencies;
        self
    }

    /// Declares the limits of checkouts.
    pub fn with_limits(mut self, limits: CheckoutLimits) -> Self {
        self.config.descriptor.limits = limits;
        self
    }

    /// Requires a phone number of every customer.
    pub fn with_required_phone(mut self) -> Self {
        self.config.phone_required = true;
        self
    }

    /// Sets the clock, which is the system clock by default. Share it with the host: the age of a
    /// delivery is the host's time minus the gateway's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.config.clock = Arc::new(clock);
        self
    }

    /// Sets the URL that deliveries go to, as a merchant does at the gateway.
    pub fn with_webhook_url(mut self, url: Url) -> Self {
        self.config.webhook_url = url;
        self
    }

    /// Sets the reply that the gateway expects to a delivery.
    pub fn with_webhook_reply(mut self, reply: WebhookReply) -> Self {
        self.config.reply = reply;
        self
    }

    /// Creates the gateway, without any checkout.
    pub fn build(self) -> FakeGateway {
        FakeGateway::with_config(self.config)
    }
}

/// # Construction
impl FakeGateway {
    /// Creates a gateway named `fake` that has every capability and currency, and uses the system
    /// clock.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Configures a gateway, starting with the configuration of [`new`](Self::new).
    pub fn builder() -> FakeGatewayBuilder {
        FakeGatewayBuilder::new()
    }

    /// Returns all capabilities of the contract.
    pub fn every_capability() -> Capabilities {
        Capabilities::default()
            .with_partial_payments()
            .with_notify_url()
            .with_remote_customers()
            .with_cancellation()
            .with_method_choice()
            .with_payer_notification()
            .with_reminders()
            .with_status_inquiry()
            .with_refund_inquiry()
            .with_signed_timestamps()
            .with_signed_returns()
    }
}

impl Default for FakeGateway {
    fn default() -> Self {
        Self::new()
    }
}
