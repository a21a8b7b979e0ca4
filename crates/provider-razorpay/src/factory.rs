use std::fmt;
use std::sync::Arc;

use payment_provider_core::{
    Capabilities, CheckoutLimits, ConnectionSettings, CurrencySupport, InvalidIdentifier,
    PaymentProvider, ProviderDescriptor, ProviderFactory, ProviderId, Violations,
};
use payment_provider_http::{Dialect, HttpClients, HttpSetupError};

use crate::config::RazorpayConfig;
use crate::dialect::{RESENDS, RazorpayDialect};
use crate::links::{LONGEST_LIFE, MAX_REFERENCE, SHORTEST_LIFE};
use crate::provider::RazorpayProvider;
use crate::{PROVIDER_ID, settings};

/// Instructions for entering the webhook address in the dashboard:
/// <https://razorpay.com/docs/webhooks/setup-edit-payments/>.
const WEBHOOK_SETUP: &str = "In the Razorpay dashboard, in the same mode as the keys, open Account & Settings > \
     Webhooks and add the webhook address with a secret, and enter the same secret in this connection's \
     webhook secrets. Without a secret nothing is signed, and every delivery is refused. Tick payment_link.paid, \
     payment_link.partially_paid, payment_link.expired, payment_link.cancelled and payment.failed; payment.captured, \
     refund and dispute events may be ticked for the same address.";

/// Connects merchant accounts at Razorpay.
///
/// Register one factory at startup. Its connections share two HTTP clients, one for https and one
/// for plain http to the loopback address, and nothing else.
///
/// # Examples
/// ```
/// use payment_provider_core::{ConnectionSettings, Environment, ProviderFactory};
/// use provider_razorpay::RazorpayFactory;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let factory = RazorpayFactory::new()?;
/// let settings = ConnectionSettings::new()
///     .with("key_id", "rzp_test_AbCdEf01234567")
///     .with("key_secret", "EnLs21M47BllR3X8PSFtjtbd")
///     .with("webhook_secrets", "the-secret-entered-for-the-webhook")
///     .with("environment", "sandbox");
/// let provider = factory.connect(&settings)?;
/// assert_eq!(provider.environment(), Environment::Sandbox);
///
/// // All violations are reported together, by field.
/// let violations = factory.connect(&ConnectionSettings::new()).err().unwrap_or_default();
/// assert!(violations.names("key_id") && violations.names("environment"));
/// # Ok(())
/// # }
/// ```
pub struct RazorpayFactory {
    descriptor: Arc<ProviderDescriptor>,
    config: Arc<RazorpayConfig>,
    clients: Arc<HttpClients>,
    dialect: Arc<dyn Dialect>,
}

impl RazorpayFactory {
    /// Creates a factory with the default [`RazorpayConfig`].
    ///
    /// # Errors
    /// Fails if the HTTP clients cannot be set up. A machine without CA certificates does not cause
    /// an error here: until certificates are installed, calls over https fail, each with its own
    /// error.
    pub fn new() -> Result<Self, RazorpayFactoryError> {
        Self::with_config(RazorpayConfig::default())
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
    /// use provider_razorpay::{RazorpayConfig, RazorpayFactory, RetryTuning};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RazorpayConfig::new()
    ///     .with_operation_deadline(Duration::from_secs(20))
    ///     .with_retry(RetryTuning::new().with_max_attempts(2));
    /// let factory = RazorpayFactory::with_config(config)?;
    ///
    /// let config = RazorpayConfig::new().with_request_timeout(Duration::ZERO);
    /// assert!(RazorpayFactory::with_config(config).is_err());
    /// # let _ = factory;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_config(config: RazorpayConfig) -> Result<Self, RazorpayFactoryError> {
        let clients = HttpClients::new(config.http.clone())?;
        payment_provider_http::describe_metrics(RESENDS);
        Ok(Self {
            descriptor: Arc::new(descriptor()?),
            config: Arc::new(config),
            clients: Arc::new(clients),
            dialect: Arc::new(RazorpayDialect),
        })
    }

    /// Allows connections whose gateway address is on this machine, such as a simulator's, as
    /// [`RazorpayConfig::with_loopback`] does. Leave it out of a host that serves real merchants.
    ///
    /// # Examples
    /// ```
    /// use payment_provider_core::{ConnectionSettings, ProviderFactory};
    /// use provider_razorpay::RazorpayFactory;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let settings = ConnectionSettings::new().with("base_url", "http://127.0.0.1:3001/api");
    /// let refused = |factory: &RazorpayFactory| {
    ///     let violations = factory.connect(&settings).err().unwrap_or_default();
    ///     violations.names("base_url")
    /// };
    /// let factory = RazorpayFactory::new()?;
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

impl ProviderFactory for RazorpayFactory {
    fn descriptor(&self) -> &ProviderDescriptor {
        &self.descriptor
    }

    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations> {
        let account = settings::read(&self.descriptor.settings, settings, self.clients.config())?;
        let provider = RazorpayProvider::new(
            Arc::clone(&self.descriptor),
            Arc::clone(&self.config),
            Arc::clone(&self.clients),
            Arc::clone(&self.dialect),
            account,
        );
        Ok(Arc::new(provider))
    }
}

impl fmt::Debug for RazorpayFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RazorpayFactory")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn descriptor() -> Result<ProviderDescriptor, InvalidIdentifier> {
    let capabilities = Capabilities::default()
        .with_partial_payments()
        .with_remote_customers()
        .with_cancellation()
        .with_payer_notification()
        .with_reminders()
        .with_status_inquiry()
        .with_refund_inquiry()
        .with_signed_returns();
    let limits = CheckoutLimits::default()
        .with_reference_length(MAX_REFERENCE)
        .with_life(SHORTEST_LIFE, LONGEST_LIFE);
    let id = ProviderId::new(PROVIDER_ID)?;
    Ok(ProviderDescriptor::new(id, "Razorpay", settings::schema())
        .with_capabilities(capabilities)
        .with_currencies(CurrencySupport::Any)
        .with_limits(limits)
        .with_webhook_setup(WEBHOOK_SETUP))
}

/// The error returned when a [`RazorpayFactory`] cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("razorpay cannot be set up: {reason}")]
pub struct RazorpayFactoryError {
    reason: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl From<HttpSetupError> for RazorpayFactoryError {
    fn from(error: HttpSetupError) -> Self {
        let reason = error.to_string();
        let source = match error {
            HttpSetupError::Client { source, .. } => Some(source),
            _ => None,
        };
        Self { reason, source }
    }
}

impl From<InvalidIdentifier> for RazorpayFactoryError {
    fn from(source: InvalidIdentifier) -> Self {
        Self {
            reason: "the provider id is not accepted".to_owned(),
            source: Some(Box::new(source)),
        }
    }
}
