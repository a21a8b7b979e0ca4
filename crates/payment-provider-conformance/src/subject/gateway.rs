use std::time::Duration;

use async_trait::async_trait;
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::{HeaderMap, Response, StatusCode};
use payment_provider_core::reexport::secrecy::SecretString;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{CheckoutReference, Money, PaymentId};

use super::{Delivery, News, NotStaged, Staged, Stamp};
use crate::wire::RecordedRequest;

/// The gateway's side of the tests: a model of it, a simulator, or a sandbox behind it.
///
/// Every method has a default that says what is missing, so that you can begin with an empty
/// implementation and let the first run tell what to write next. Write it from the gateway's
/// documentation, not from your provider's code, or one misreading will hide in both.
#[async_trait]
#[allow(unused_variables, reason = "the defaults use nothing")]
pub trait Gateway: Send + Sync {
    /// Answers a request as the gateway does. Faults of the wire are the kit's business.
    async fn answer(&self, request: RecordedRequest) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(b"no gateway here"));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }

    /// How the gateway says no, in its own words.
    fn refuse(&self, refusal: &Refusal) -> Staged<Response<Bytes>> {
        Err(NotStaged::new("Gateway::refuse"))
    }

    /// Whether this request asks for a checkout to be made.
    fn is_creation(&self, request: &RecordedRequest) -> Staged<bool> {
        Err(NotStaged::new("Gateway::is_creation"))
    }

    /// The amount that a creation asks for, in the very characters on the wire.
    fn asked_amount(&self, creation: &RecordedRequest) -> Staged<WireAmount> {
        Err(NotStaged::new("Gateway::asked_amount"))
    }

    /// Headers that differ between two tries of the same request, in lower case: a request id, say.
    /// An idempotency key is none of them.
    fn varying_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// How many checkouts the gateway has under this reference.
    async fn count(&self, reference: &CheckoutReference) -> Staged<usize> {
        Err(NotStaged::new("Gateway::count"))
    }

    /// The payer pays this much.
    async fn pay(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        Err(NotStaged::new("Gateway::pay"))
    }

    /// The payer tries to pay this much, and fails.
    async fn fail(&self, reference: &CheckoutReference, amount: Money) -> Staged<PaymentId> {
        Err(NotStaged::new("Gateway::fail"))
    }

    /// The checkout's time is over.
    async fn expire(&self, reference: &CheckoutReference) -> Staged<()> {
        Err(NotStaged::new("Gateway::expire"))
    }

    /// Makes the gateway say something odd about this checkout from now on.
    async fn twist(&self, reference: &CheckoutReference, twist: &Twist) -> Staged<()> {
        Err(NotStaged::new("Gateway::twist"))
    }

    /// Makes the provider's next call to the gateway end like this. Only asked of providers with
    /// [`Transport::InProcess`](super::Transport); for the others the kit does it on the wire.
    async fn trouble(&self, trouble: &Trouble) -> Staged<()> {
        Err(NotStaged::new("Gateway::trouble"))
    }

    /// The deliveries by which the gateway tells this.
    async fn tell(&self, news: &News) -> Staged<Vec<Delivery>> {
        Err(NotStaged::new("Gateway::tell"))
    }

    /// The headers that sign a delivery with this secret, sent at this time. A gateway whose
    /// signature covers no time leaves the time out.
    fn sign(&self, body: &[u8], secret: &SecretString, sent_at: &Stamp) -> Staged<HeaderMap> {
        Err(NotStaged::new("Gateway::sign"))
    }

    /// The signed address to which the payer of this payment is sent back. Only for gateways that
    /// sign it.
    async fn return_url(&self, payment: &PaymentId, secret: &SecretString) -> Staged<Url> {
        Err(NotStaged::new("Gateway::return_url"))
    }
}

/// How a gateway says no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Too many calls: come back after this long.
    TooMany(Duration),
    /// A fault of the gateway's own, which may pass.
    Unavailable,
    /// The request is not acceptable, for a reason that will not pass.
    Unacceptable,
    /// The credentials are wrong.
    Credentials,
}

/// Something odd that a gateway says of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Twist {
    /// A status word that nobody knows yet.
    UnknownStatus(String),
    /// The status says paid, while this much was.
    PaidOnly(Money),
    /// It cannot be cancelled, though it can still be paid: a cancellation is answered with the
    /// gateway's refusal.
    RefuseCancellation,
    /// It is not found by this many lookups, though it is there.
    Hidden(u32),
}

/// What happens to the provider's next call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It never arrives, and the provider knows that.
    NotSent,
    /// It is carried out, and the answer is lost. So are all further calls, if `lasting`.
    AnswerLost {
        /// Whether calls after it fail too, without being carried out.
        lasting: bool,
    },
    /// The gateway refuses.
    Refused(Refusal),
    /// No more trouble.
    Over,
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
