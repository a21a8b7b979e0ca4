use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Cancellation, Checkout, CheckoutLocator, CheckoutRequest, ConnectionCheck, ConnectionSettings,
    CreatedCheckout, Customer, CustomerLink, Environment, Payment, PreparedCheckout,
    ProviderDescriptor, ProviderError, SignedReturns, VerifiedWebhook, Violations, WebhookRequest,
};

/// What a host registers at startup: it describes a gateway and connects accounts to it.
///
/// One value serves all connections of a process; what they may share (an HTTP client) lives here,
/// what belongs to one of them (credentials, host, secrets) never does.
pub trait ProviderFactory: fmt::Debug + Send + Sync + 'static {
    /// What the gateway is, can do, and needs to be told. The same at every call.
    fn descriptor(&self) -> &ProviderDescriptor;

    /// Turns settings into a provider that is ready to use.
    ///
    /// **Contract.** No I/O and no blocking: a host opens thousands of these. Whether the
    /// credentials work is for [`PaymentProvider::check_connection`] to find out.
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
/// Every method may be called from any task at any time; a value is shared behind an `Arc`.
/// No method keeps state that matters: what must survive a crash is the host's to store, and what
/// to store is in the arguments and results.
///
/// # For authors
/// Everything a gateway says is data, not truth: a total is compared, a status is kept even when
/// unknown, an identifier is checked before it is stored. Retry only what is safe, always with the
/// same bytes and the same key. `Debug` must not show secrets.
///
/// What a gateway may or may not offer is declared in its
/// [`Capabilities`](crate::Capabilities): a method for what is not declared sends nothing and answers
/// [`Unsupported`](crate::ErrorKind::Unsupported). Abilities that most gateways lack are traits of
/// their own, reached by an accessor whose default says `None`.
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync + 'static {
    /// What the gateway is and can do: the factory's descriptor.
    fn descriptor(&self) -> &ProviderDescriptor;

    /// Whether this connection moves real money.
    fn environment(&self) -> Environment;

    /// Asks the gateway whether this connection works.
    ///
    /// **Contract.** Reads only: nothing is created at the gateway. Rejected credentials are a
    /// result, not an error.
    ///
    /// **Errors.** The gateway could not be asked, or its answer says nothing about credentials.
    ///
    /// **Cancellation.** Dropping the future leaves nothing behind.
    async fn check_connection(&self) -> Result<ConnectionCheck, ProviderError>;

    /// Links a customer of the host to this account.
    ///
    /// **Contract.** Says what the gateway will need of this customer before money is asked for.
    /// Where the gateway keeps no customers, no request is sent.
    ///
    /// **Idempotency.** By [`Customer::id`]: linking again gives the same remote id.
    async fn link_customer(&self, customer: &Customer) -> Result<CustomerLink, ProviderError>;

    /// Checks a request completely and puts it into the bytes that will be sent.
    ///
    /// **Contract.** No I/O. The same request and settings give the same bytes. Checks every
    /// documented limit that can be known offline, and nothing that the gateway would accept.
    ///
    /// **Errors.** All violations at once, by the field names of [`CheckoutRequest`].
    fn prepare_checkout(&self, request: &CheckoutRequest) -> Result<PreparedCheckout, Violations>;

    /// Makes the checkout at the gateway, or finds that it is there already.
    ///
    /// **Contract.** After `Ok` exactly one checkout with this reference exists, it asks for this
    /// amount, and it is the one returned. `Adopted` may be returned in any status, paid included:
    /// look at it before handing it to a payer.
    ///
    /// **Errors.** `Conflict` when what is there under the reference is not what was asked for; its
    /// differences say in what. It may be payable: cancel it before another reference is used. With the effect [`MaybeApplied`](crate::Effect::MaybeApplied) the checkout may exist:
    /// call again with the same `prepared`, never with another reference.
    ///
    /// **Cancellation.** Dropping the future is like a timeout: the checkout may exist.
    ///
    /// **Idempotency.** By the reference. Every try sends the same bytes under the same key.
    async fn create_checkout(
        &self,
        prepared: &PreparedCheckout,
    ) -> Result<CreatedCheckout, ProviderError>;

    /// The checkout as the gateway has it now.
    ///
    /// **Errors.** `NotFound` is proof of absence only if the checkout was never asked for:
    /// shortly after a creation a gateway may not find what it has.
    async fn fetch_checkout(&self, checkout: &CheckoutLocator) -> Result<Checkout, ProviderError>;

    /// Ends a checkout, so that no *new* payment can be begun.
    ///
    /// **Contract.** On any refusal the gateway is asked what the checkout is; the answer tells.
    /// A payment begun before may still land after `Cancelled`.
    ///
    /// **Idempotency.** Cancelling twice gives `AlreadyEnded`.
    async fn cancel_checkout(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Cancellation, ProviderError>;

    /// All payments of a checkout, failed attempts included, by the gateway's own ids.
    ///
    /// **Contract.** Every payment that succeeded, and none twice, or an error: a host books from it.
    /// Attempts that came to nothing are there too, unless there are so many that the gateway would
    /// have to be asked for each of them.
    async fn list_payments(
        &self,
        checkout: &CheckoutLocator,
    ) -> Result<Vec<Payment>, ProviderError>;

    /// Verifies a delivery, then reads it.
    ///
    /// **Contract.** The raw bytes are verified against every active secret, in constant time and
    /// without an early exit, before any of them is parsed. There is no other way to events. A body
    /// that verifies but cannot be read becomes an unrecognised event, not an error. Unsigned
    /// headers are hints: they neither choose the parser nor suppress a delivery.
    ///
    /// **Errors.** `InvalidSignature` for every mismatch alike; other kinds only where verifying
    /// takes a call to the gateway, which the sender should repeat.
    ///
    /// **Idempotency.** The same bytes give the same delivery key and the same effect keys.
    async fn handle_webhook(
        &self,
        request: &WebhookRequest,
    ) -> Result<VerifiedWebhook, ProviderError>;

    /// What the gateway signs into the payer's way back, if it does.
    ///
    /// **Contract.** `Some` exactly if
    /// [`Capabilities::signed_returns`](crate::Capabilities::signed_returns) is declared.
    fn signed_returns(&self) -> Option<Arc<dyn SignedReturns>> {
        None
    }
}
