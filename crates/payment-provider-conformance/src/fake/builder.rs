use std::fmt;
use std::sync::Arc;

use payment_provider_core::{
    Capabilities, CheckoutLimits, Clock, CurrencySupport, ProviderDescriptor, ProviderId,
    SystemClock, WebhookReply,
};
use url::Url;

use super::gateway::FakeGateway;
use super::settings;

/// What a gateway is, as it was built.
pub(super) struct Config {
    pub(super) descriptor: ProviderDescriptor,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) phone_required: bool,
    pub(super) webhook_url: Url,
    pub(super) reply: WebhookReply,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("provider", &self.descriptor.id)
            .finish_non_exhaustive()
    }
}

/// Says what a [`FakeGateway`] can do; begun by [`FakeGateway::builder`].
///
/// What is declared works, what is not is refused: by preflight with all other violations, or with
/// [`Unsupported`](payment_provider_core::ErrorKind::Unsupported) and no call.
#[derive(Debug)]
pub struct FakeGatewayBuilder {
    config: Config,
}

impl FakeGatewayBuilder {
    /// The gateway `fake`, which can do everything, in every currency and without limits.
    pub(super) fn new() -> Self {
        let id = ProviderId::new("fake").expect("an id of letters");
        let descriptor = ProviderDescriptor::new(id, "In memory", settings::schema())
            .with_capabilities(FakeGateway::every_capability())
            .with_webhook_setup("Nowhere: tests take the deliveries from the gateway.");
        Self {
            config: Config {
                descriptor,
                clock: Arc::new(SystemClock),
                phone_required: false,
                webhook_url: address("https://host.example/webhooks"),
                reply: WebhookReply::default(),
            },
        }
    }

    /// Sets the id under which the provider is registered, for hosts with several.
    pub fn with_provider_id(mut self, id: ProviderId) -> Self {
        self.config.descriptor.id = id;
        self
    }

    /// Sets the name for people.
    pub fn with_display_name(mut self, name: impl Into<String>) -> Self {
        self.config.descriptor.display_name = name.into();
        self
    }

    /// Declares these capabilities and no others.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.config.descriptor.capabilities = capabilities;
        self
    }

    /// Changes what is declared: `.with_changed_capabilities(|all| all.cancellation = false)`.
    pub fn with_changed_capabilities(mut self, change: impl FnOnce(&mut Capabilities)) -> Self {
        change(&mut self.config.descriptor.capabilities);
        self
    }

    /// Declares the currencies.
    pub fn with_currencies(mut self, currencies: CurrencySupport) -> Self {
        self.config.descriptor.currencies = currencies;
        self
    }

    /// Declares what a checkout must keep to.
    pub fn with_limits(mut self, limits: CheckoutLimits) -> Self {
        self.config.descriptor.limits = limits;
        self
    }

    /// Wants a telephone number of every customer.
    pub fn requiring_phone(mut self) -> Self {
        self.config.phone_required = true;
        self
    }

    /// Takes the time from this clock instead of the machine's. Give the host the same one: a
    /// delivery's age is counted from the gateway's clock to the host's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.config.clock = Arc::new(clock);
        self
    }

    /// Sets the address that deliveries go to, as a merchant would at the gateway.
    pub fn with_webhook_url(mut self, url: Url) -> Self {
        self.config.webhook_url = url;
        self
    }

    /// Sets the answer that the gateway wants to a delivery.
    pub fn with_webhook_reply(mut self, reply: WebhookReply) -> Self {
        self.config.reply = reply;
        self
    }

    /// The gateway, with nothing in it.
    pub fn build(self) -> FakeGateway {
        FakeGateway::with_config(self.config)
    }
}

/// An address written in this crate.
pub(super) fn address(text: &str) -> Url {
    text.parse().expect("an address")
}
