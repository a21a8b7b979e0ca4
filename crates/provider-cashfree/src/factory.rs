use std::fmt;
use std::sync::Arc;

use payment_provider_core::{
    Capabilities, ConnectionSettings, CurrencySupport, InvalidIdentifier, PaymentProvider,
    ProviderDescriptor, ProviderFactory, ProviderId, Violations,
};
use payment_provider_http::HttpSetupError;

use crate::config::CashfreeConfig;
use crate::provider::CashfreeProvider;
use crate::transport::{self, HttpClients};
use crate::{PROVIDER_ID, settings};

/// Instructions for entering the webhook address in the dashboard:
/// <https://www.cashfree.com/docs/payments/online/webhooks/configure>.
const WEBHOOK_SETUP: &str = "In the Cashfree dashboard of the same environment, open Developers > Webhooks, \
     add the webhook address for Payment Link events, and tick PAYMENT_LINK_EVENT. Tick the payment \
     events (success, failed, user dropped) for the same address too: only they identify a payment.";

/// Connects merchant accounts at Cashfree Payments.
///
/// Register one factory at startup. Its connections share two HTTP clients, one for https and one
/// for plain http to the loopback address, and nothing else.
///
/// # Examples
/// ```
/// use payment_provider_core::{ConnectionSettings, Environment, ProviderFactory};
/// use provider_cashfree::CashfreeFactory;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let factory = CashfreeFactory::new()?;
/// let settings = ConnectionSettings::new()
///     .with("client_id", "TEST_CLIENT_ID")
///     .with("client_secret", "cfsk_ma_test_secret")
///     .with("environment", "sandbox");
/// let provider = factory.connect(&settings)?;
/// assert_eq!(provider.environment(), Environment::Sandbox);
///
/// // All violations are reported together, by field.
/// let violations = factory.connect(&ConnectionSettings::new()).err().unwrap_or_default();
/// assert!(violations.names("client_id") && violations.names("environment"));
/// # Ok(())
/// # }
/// ```
pub struct CashfreeFactory {
    descriptor: Arc<ProviderDescriptor>,
    config: Arc<CashfreeConfig>,
    clients: Arc<HttpClients>,
}

impl CashfreeFactory {
    /// Creates a factory with the default [`CashfreeConfig`].
    ///
    /// # Errors
    /// Fails if the HTTP clients cannot be set up. A machine without CA certificates does not cause
    /// an error here: until certificates are installed, calls over https fail, each with its own
    /// error.
    pub fn new() -> Result<Self, CashfreeFactoryError> {
        Self::with_config(CashfreeConfig::default())
    }

    /// Creates a factory with the given configuration.
    ///
    /// # Errors
    /// Fails like [`new`](Self::new), and if a duration or number in the configuration is out of
    /// range.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use provider_cashfree::{CashfreeConfig, CashfreeFactory, RetryTuning};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = CashfreeConfig::new()
    ///     .with_operation_deadline(Duration::from_secs(20))
    ///     .with_retry(RetryTuning::new().with_max_attempts(2));
    /// let factory = CashfreeFactory::with_config(config)?;
    ///
    /// let config = CashfreeConfig::new().with_request_timeout(Duration::ZERO);
    /// assert!(CashfreeFactory::with_config(config).is_err());
    /// # let _ = factory;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_config(config: CashfreeConfig) -> Result<Self, CashfreeFactoryError> {
        let clients = HttpClients::new(config.http.clone())?;
        transport::describe();
        Ok(Self {
            descriptor: Arc::new(descriptor()?),
            config: Arc::new(config),
            clients: Arc::new(clients),
        })
    }

    /// Allows connections whose gateway address is on this machine, such as a simulator's, as
    /// [`CashfreeConfig::with_loopback`] does. Leave it out of a host that serves real merchants.
    ///
    /// # Examples
    /// ```
    /// use payment_provider_core::{ConnectionSettings, ProviderFactory};
    /// use provider_cashfree::CashfreeFactory;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let settings = ConnectionSettings::new().with("base_url", "http://127.0.0.1:3001/api");
    /// let refused = |factory: &CashfreeFactory| {
    ///     let violations = factory.connect(&settings).err().unwrap_or_default();
    ///     violations.names("base_url")
    /// };
    /// let factory = CashfreeFactory::new()?;
    /// assert!(refused(&factory));
    /// assert!(!refused(&factory.with_loopback(true)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_loopback(mut self, allowed: bool) -> Self {
        self.clients = Arc::new(self.clients.with_loopback(allowed));
        self
    }
}

impl ProviderFactory for CashfreeFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let account = settings::read(&self.descriptor.settings, settings, self.clients.config())?;
        let provider = CashfreeProvider::new(
            Arc::clone(&self.descriptor),
            Arc::clone(&self.config),
            Arc::clone(&self.clients),
            account,
        );
        Ok(Arc::new(provider))
    }
}

impl fmt::Debug for CashfreeFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CashfreeFactory")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn descriptor() -> Result<ProviderDescriptor, InvalidIdentifier> {
    let capabilities = Capabilities::default()
        .with_partial_payments()
        .with_notify_url()
        .with_cancellation()
        .with_method_choice()
        .with_payer_notification()
        .with_reminders()
        .with_status_inquiry()
        .with_refund_inquiry()
        .with_signed_timestamps();
    let id = ProviderId::new(PROVIDER_ID)?;
    Ok(
        ProviderDescriptor::new(id, "Cashfree Payments", settings::schema())
            .with_capabilities(capabilities)
            .with_currencies(CurrencySupport::Any)
            .with_webhook_setup(WEBHOOK_SETUP),
    )
}

/// The error returned when a [`CashfreeFactory`] cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("cashfree cannot be set up: {reason}")]
pub struct CashfreeFactoryError {
    reason: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl From<HttpSetupError> for CashfreeFactoryError {
    fn from(error: HttpSetupError) -> Self {
        let reason = error.to_string();
        let source = match error {
            HttpSetupError::Client { source, .. } => Some(source),
            _ => None,
        };
        Self { reason, source }
    }
}

impl From<InvalidIdentifier> for CashfreeFactoryError {
    fn from(source: InvalidIdentifier) -> Self {
        Self {
            reason: "the provider id is not accepted".to_owned(),
            source: Some(Box::new(source)),
        }
    }
}
