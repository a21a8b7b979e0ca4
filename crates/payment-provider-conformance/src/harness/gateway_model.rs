use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::{HeaderMap, Response, StatusCode};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{CheckoutReference, Money, PaymentId};

use super::delivery::{DeliveryTimestamp, Scenario, UnsignedDelivery};
use crate::wire::RecordedRequest;

/// The gateway's side of the tests: a model of it, a simulator, or a sandbox behind it.
///
/// Every method has a default that says what is missing, so that you can begin with an empty
/// implementation and let the first run tell what to write next. Write it from the gateway's
/// documentation, not from your provider's code, or one misreading will hide in both.
#[async_trait]
#[allow(unused_variables, reason = "the defaults use nothing")]
pub trait GatewayModel: Send + Sync {
    /// Answers a request as the gateway does. Faults of the wire are the kit's business.
    async fn respond(&self, request: RecordedRequest) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(b"no gateway here"));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }

    /// How the gateway says no, in its own words.
    fn refusal_response(&self, refusal: &GatewayRefusal) -> ModelResult<Response<Bytes>> {
        Err(NotImplemented::new("GatewayModel::refusal_response"))
    }

    /// Whether this request asks for a checkout to be made.
    fn is_creation(&self, request: &RecordedRequest) -> ModelResult<bool> {
        Err(NotImplemented::new("GatewayModel::is_creation"))
    }

    /// The amount that a creation asks for, in the very characters on the wire.
    fn requested_amount(&self, creation: &RecordedRequest) -> ModelResult<WireAmount> {
        Err(NotImplemented::new("GatewayModel::requested_amount"))
    }

    /// Headers that differ between two tries of the same request, in lower case: a request id, say.
    /// An idempotency key is none of them.
    fn varying_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// How many checkouts the gateway has under this reference.
    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        Err(NotImplemented::new("GatewayModel::count_checkouts"))
    }

    /// The payer pays this much.
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        Err(NotImplemented::new("GatewayModel::pay"))
    }

    /// The payer tries to pay this much, and fails.
    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        Err(NotImplemented::new("GatewayModel::fail_payment"))
    }

    /// The checkout's time is over.
    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::expire"))
    }

    /// Makes the gateway say something odd about this checkout from now on.
    async fn set_anomaly(
        &self,
        reference: &CheckoutReference,
        anomaly: &Anomaly,
    ) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::set_anomaly"))
    }

    /// Makes the provider's next call to the gateway end like this. Only asked of providers with
    /// [`Transport::InProcess`](super::Transport); for the others the kit does it on the wire.
    async fn inject_fault(&self, fault: &InjectedFault) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::inject_fault"))
    }

    /// The deliveries by which the gateway tells this.
    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        Err(NotImplemented::new("GatewayModel::deliveries"))
    }

    /// The headers that sign a delivery with this secret, sent at this time. A gateway whose
    /// signature covers no time leaves the time out.
    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        sent_at: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        Err(NotImplemented::new("GatewayModel::sign"))
    }

    /// The signed address to which the payer of this payment is sent back. Only for gateways that
    /// sign it.
    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> ModelResult<Url> {
        Err(NotImplemented::new("GatewayModel::return_url"))
    }
}

/// How a gateway says no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GatewayRefusal {
    /// Too many calls: come back after this long.
    RateLimited(Duration),
    /// A fault of the gateway's own, which may pass.
    Unavailable,
    /// The request is not acceptable, for a reason that will not pass.
    Rejected,
    /// The credentials are wrong.
    Credentials,
}

/// Something odd that a gateway says of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// A status word that nobody knows yet.
    UnknownStatus(String),
    /// The status says paid, while this much was.
    Underpaid(Money),
    /// It cannot be cancelled, though it can still be paid: a cancellation is answered with the
    /// gateway's refusal.
    CancellationRefused,
    /// It is not found by this many lookups, though it is there.
    HiddenFromLookups(u32),
}

/// What happens to the provider's next call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// It never arrives, and the provider knows that.
    NotSent,
    /// It is carried out, and the answer is lost. So are all further calls, if `lasting`.
    ResponseLost {
        /// Whether calls after it fail too, without being carried out.
        persistent: bool,
    },
    /// The gateway refuses.
    Refused(GatewayRefusal),
    /// No more trouble.
    Cleared,
}

/// An amount as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireAmount {
    /// In the currency's unit: `200.12`.
    Major(String),
    /// In its smallest unit: `20012`.
    Minor(String),
}

/// What a [`GatewayModel`] cannot be made to do. A case that needs it does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotImplemented {
    what: String,
}

impl NotImplemented {
    /// Names what cannot be staged, for example `a refused cancellation`.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    /// What cannot be staged.
    pub fn what(&self) -> &str {
        &self.what
    }
}

/// What a [`GatewayModel`] does when a case asks for it.
pub type ModelResult<T> = Result<T, NotImplemented>;
