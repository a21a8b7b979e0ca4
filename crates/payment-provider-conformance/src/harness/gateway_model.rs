use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::{HeaderMap, Response, StatusCode};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{CheckoutReference, Money, PaymentId, RefundId};

use super::delivery::{DeliveryTimestamp, Scenario, UnsignedDelivery};
use crate::wire::RecordedRequest;

/// The gateway's side of the tests: a model of the gateway, a simulator, or an adapter to a
/// sandbox.
///
/// Every method has a default that fails with the name of the method. Begin with an empty
/// implementation, and let the first run list the methods to write. Write the model from the
/// gateway's documentation rather than from the provider's code, so that one misreading cannot hide
/// in both.
#[async_trait]
#[allow(unused_variables, reason = "the defaults use no argument")]
pub trait GatewayModel: Send + Sync {
    /// Returns the gateway's response to a request. The kit itself injects network faults.
    async fn respond(&self, request: RecordedRequest) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(
            b"GatewayModel::respond is not implemented",
        ));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }

    /// Returns the response with which the gateway refuses a request.
    fn refusal_response(&self, refusal: &GatewayRefusal) -> ModelResult<Response<Bytes>> {
        Err(NotImplemented::new("GatewayModel::refusal_response"))
    }

    /// Returns true if this request creates a checkout.
    fn is_creation(&self, request: &RecordedRequest) -> ModelResult<bool> {
        Err(NotImplemented::new("GatewayModel::is_creation"))
    }

    /// Returns the amount of a creation request in the exact characters that were sent.
    fn requested_amount(&self, creation: &RecordedRequest) -> ModelResult<WireAmount> {
        Err(NotImplemented::new("GatewayModel::requested_amount"))
    }

    /// Returns the names, in lower case, of headers that differ between two attempts of one
    /// request, such as a request id. An idempotency key must not be among them.
    fn varying_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the number of checkouts with this reference.
    async fn count_checkouts(&self, reference: &CheckoutReference) -> ModelResult<usize> {
        Err(NotImplemented::new("GatewayModel::count_checkouts"))
    }

    /// Lets the payer pay this amount.
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> ModelResult<PaymentId> {
        Err(NotImplemented::new("GatewayModel::pay"))
    }

    /// Lets the payer attempt to pay this amount, and lets the attempt fail.
    async fn fail_payment(
        &self,
        reference: &CheckoutReference,
        amount: Money,
    ) -> ModelResult<PaymentId> {
        Err(NotImplemented::new("GatewayModel::fail_payment"))
    }

    /// Returns this amount of a payment to the payer, as a merchant does in the gateway's dashboard. A
    /// payment can have several refunds. Implemented by models for which
    /// [`makes_refunds`](super::ProviderUnderTest::makes_refunds) returns `true`.
    async fn refund(&self, payment: &PaymentId, amount: Money) -> ModelResult<RefundId> {
        Err(NotImplemented::new("GatewayModel::refund"))
    }

    /// Lets the checkout expire.
    async fn expire(&self, reference: &CheckoutReference) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::expire"))
    }

    /// Makes the gateway report this anomaly for the checkout from now on.
    async fn set_anomaly(
        &self,
        reference: &CheckoutReference,
        anomaly: &Anomaly,
    ) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::set_anomaly"))
    }

    /// Makes the provider's next call to the gateway fail in this way. The kit calls this only for
    /// providers with [`Transport::InProcess`](super::Transport::InProcess); for the others it
    /// injects the fault on the wire.
    async fn inject_fault(&self, fault: &InjectedFault) -> ModelResult<()> {
        Err(NotImplemented::new("GatewayModel::inject_fault"))
    }

    /// Returns the deliveries by which the gateway reports a scenario.
    async fn deliveries(&self, scenario: &Scenario) -> ModelResult<Vec<UnsignedDelivery>> {
        Err(NotImplemented::new("GatewayModel::deliveries"))
    }

    /// Returns the headers that sign a delivery with this secret at this time. A gateway whose
    /// signature does not cover a time ignores the time.
    fn sign(
        &self,
        body: &[u8],
        secret: &SecretString,
        sent_at: &DeliveryTimestamp,
    ) -> ModelResult<HeaderMap> {
        Err(NotImplemented::new("GatewayModel::sign"))
    }

    /// Returns the signed URL to which the payer of this payment returns. Only gateways that sign
    /// return URLs implement it.
    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> ModelResult<Url> {
        Err(NotImplemented::new("GatewayModel::return_url"))
    }
}

/// The reason for which a gateway refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GatewayRefusal {
    /// The rate limit is exceeded. The gateway asks for a wait of this duration.
    RateLimited(Duration),
    /// The gateway has a temporary failure.
    Unavailable,
    /// The request is invalid, and stays invalid when it is repeated.
    Rejected,
    /// The credentials are invalid.
    Credentials,
}

/// An unusual state of a checkout that a gateway may report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// A status that the provider cannot know yet.
    UnknownStatus(String),
    /// The status is "paid", but only this amount has been paid.
    Underpaid(Money),
    /// The checkout is still payable, but the gateway refuses to cancel it.
    CancellationRefused,
    /// The checkout exists, but this number of lookups do not find it.
    HiddenFromLookups(u32),
}

/// A failure of the provider's next call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedFault {
    /// The request never reaches the gateway, and the provider can tell.
    NotSent,
    /// The request is processed, and its response is lost. If `persistent`, all further calls fail
    /// too.
    ResponseLost {
        /// True if all further calls fail as well, without being processed.
        persistent: bool,
    },
    /// The gateway refuses the request.
    Refused(GatewayRefusal),
    /// Ends all injected faults.
    Cleared,
}

/// An amount in the exact characters that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireAmount {
    /// In the currency's main unit: `200.12`.
    Major(String),
    /// In the currency's minor unit: `20012`.
    Minor(String),
}

/// The error of a [`GatewayModel`] that cannot do what a case needs. The case fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotImplemented {
    what: String,
}

impl NotImplemented {
    /// Creates the error, naming the missing behaviour, for example `a refused cancellation`.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    /// Returns the missing behaviour.
    pub fn what(&self) -> &str {
        &self.what
    }
}

/// The result of a [`GatewayModel`] method.
pub type ModelResult<T> = Result<T, NotImplemented>;
