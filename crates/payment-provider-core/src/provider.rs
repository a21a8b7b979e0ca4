use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, ConnectionSettings,
    CreatedCheckout, Customer, CustomerLink, Environment, Payment, PreparedCheckout,
    ProviderDescriptor, ProviderError, RefundInquiry, SignedReturns, VerifiedWebhook, Violations,
    WebhookRequest,
};

/// The entry point that a host registers at startup: it describes a gateway and connects accounts
/// to it.
///
/// One value serves all connections of a process. It may hold resources that connections share (an
/// HTTP client), but never state that belongs to one connection (credentials, host, secrets).
///
/// # Examples
/// ```
/// use payment_provider_core::{ConnectionSettings, ProviderFactory};
///
/// /// Returns the defects of the settings that a merchant entered, or nothing.
/// fn defects(factory: &dyn ProviderFactory, settings: &ConnectionSettings) -> Vec<String> {
///     match factory.connect(settings) {
///         Ok(_) => Vec::new(),
///         Err(violations) => violations.iter().map(ToString::to_string).collect(),
///     }
/// }
/// ```
pub trait ProviderFactory: fmt::Debug + Send + Sync + 'static {
    /// Returns the gateway's identity, capabilities and required settings. Every call returns the
    /// same descriptor.
    fn descriptor(&self) -> &ProviderDescriptor;

    /// Creates a ready-to-use provider from the settings.
    ///
    /// **Contract.** No I/O and no blocking: a host opens thousands of connections. The validity of
    /// the credentials is checked by [`PaymentProvider::check_connection`].
    ///
    /// **Errors.** All violations at once, each with the field's name; never a field's value.
    fn connect(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<Arc<dyn PaymentProvider>, Violations>;
}

/// One merchant account at one gateway, connected and ready to use.
///
/// # For the host
/// Every method may be called from any task at any time; a value is shared behind an `Arc`. No
/// method keeps state that matters: the host must store everything that has to survive a crash, and
/// all of it is in the arguments and results.
///
/// # For authors
/// Everything a gateway reports is data, not truth: a total is compared, a status is kept even when
/// unknown, an identifier is checked before it is stored. Retry only what is safe, always with the
/// same bytes and the same key. `Debug` must not show secrets.
///
/// The optional features of a gateway are declared in its [`Capabilities`](crate::Capabilities): a
/// method for an undeclared capability sends nothing and returns
/// [`Unsupported`](crate::ProviderErrorKind::Unsupported). Features that most gateways lack are separate
/// traits, reached by an accessor that returns `None` by default.
///
/// # Examples
/// ```
/// use payment_provider_core::{
///     CheckoutRequest, NextAction, PaymentProvider, PreparedCheckout, ProviderError,
/// };
///
/// /// Creates a checkout that was prepared and stored before. The same call repeats it after a crash.
/// async fn create(
///     provider: &dyn PaymentProvider,
///     stored: &PreparedCheckout,
/// ) -> Result<NextAction, ProviderError> {
///     let created = provider.create_checkout(stored).await?;
///     Ok(created.into_checkout().next_action)
/// }
/// ```
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync + 'static {
    /// Returns the gateway's identity and capabilities: the factory's descriptor.
    fn descriptor(&self) -> &ProviderDescriptor;

    /// Returns the environment, which determines whether this connection moves real money.
    fn environment(&self) -> Environment;

    /// Checks with the gateway that this connection works.
    ///
    /// **Contract.** Reads only: nothing is created at the gateway. Rejected credentials are a
    /// result, not an error.
    ///
    /// **Errors.** The gateway could not be queried, or its response does not show whether the
    /// credentials are valid.
    ///
    /// **Cancellation.** Dropping the future has no lasting effect.
    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError>;

    /// Links a customer of the host to this account.
    ///
    /// **Contract.** Reports the additions and corrections to the customer that the gateway will
    /// require before payment is requested. If the gateway keeps no customers, no request is sent.
    ///
    /// **Idempotency.** By [`Customer::id`]: linking again returns the same remote id.
    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError>;

    /// Validates a request completely and encodes it into the bytes that will be sent.
    ///
    /// **Contract.** No I/O. The same request and settings give the same bytes. Checks every
    /// documented limit that can be checked offline, and rejects nothing that the gateway would
    /// accept.
    ///
    /// **Errors.** All violations at once, by the field names of [`CheckoutRequest`].
    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations>;

    /// Creates the checkout at the gateway, or finds the existing one.
    ///
    /// **Contract.** After `Ok` exactly one checkout with this reference exists, it requests this
    /// amount, and it is the one returned. `Adopted` may be returned in any status, including paid:
    /// check the status before giving the checkout to a payer.
    ///
    /// **Errors.** `Conflict` if the existing checkout under the reference differs from the
    /// request; the error lists the differences. That checkout may be payable: cancel it before
    /// another reference is used. With the effect [`MaybeApplied`](crate::Effect::MaybeApplied) the
    /// checkout may exist: call again with the same `prepared`, never with another reference.
    ///
    /// **Cancellation.** Dropping the future has the same effect as a timeout: the checkout may
    /// exist.
    ///
    /// **Idempotency.** By the reference. Every attempt sends the same bytes under the same key.
    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError>;

    /// Fetches the current state of the checkout at the gateway.
    ///
    /// **Errors.** `NotFound` proves absence only if creation was never requested: shortly after a
    /// creation a gateway may not find an existing checkout.
    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError>;

    /// Ends a checkout, so that no *new* payment can be started.
    ///
    /// **Contract.** After any refusal the provider fetches the checkout from the gateway; its
    /// state determines the result. A payment started earlier may still arrive after `Cancelled`.
    ///
    /// **Idempotency.** Cancelling twice returns `AlreadyEnded`.
    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError>;

    /// Lists all payments of a checkout, including failed attempts, by the gateway's own ids.
    ///
    /// **Contract.** Returns every succeeded payment exactly once, or an error: the host posts
    /// payments from this list. Unsuccessful attempts are included as well, unless there are so
    /// many that the gateway would have to be queried for each of them.
    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError>;

    /// Verifies a delivery, then parses it.
    ///
    /// **Contract.** The raw bytes are verified against every active secret, in constant time and
    /// without an early exit, before any of them is parsed. There is no other way to obtain events.
    /// A body that verifies but cannot be parsed becomes an
    /// [unreadable](crate::EventKind::Unreadable) event, not an error; a type that is unknown, an
    /// [unrecognised](crate::EventKind::Unrecognised) one.
    /// A delivery that reports received money, but not the gateway's id of the payment, becomes a
    /// [claim](crate::EventKind::PaymentClaimed), not a payment under another id. A payment with an
    /// uncertain amount becomes the same claim. A refund with a missing or unreadable detail becomes a
    /// [claim of a refund](crate::EventKind::RefundClaimed).
    /// Unsigned headers are hints: they neither select the parser nor suppress a delivery.
    ///
    /// **Errors.** `InvalidSignature` for every mismatch alike; other kinds only if verification
    /// requires a call to the gateway. In that case the sender should repeat the delivery.
    ///
    /// **Idempotency.** The same bytes give the same delivery key and the same dedup keys.
    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError>;

    /// Returns the queries of refunds, if the gateway has them.
    ///
    /// **Contract.** `Some` exactly if
    /// [`Capabilities::refund_inquiry`](crate::Capabilities::refund_inquiry) is declared. Without it
    /// a delivery that reports a refund, but not well enough to record it, needs an operator.
    fn refund_inquiry(&self) -> Option<Arc<dyn RefundInquiry>> {
        None
    }

    /// Returns the verifier of signed return addresses, if the gateway signs them.
    ///
    /// **Contract.** `Some` exactly if
    /// [`Capabilities::signed_returns`](crate::Capabilities::signed_returns) is declared.
    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        None
    }
}
