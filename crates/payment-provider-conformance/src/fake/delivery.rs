use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{CheckoutReference, WebhookRequest};
use secrecy::SecretString;
use url::Url;

use super::envelope::Envelope;
use super::handle::GatewayHandle;
use super::signature::{Purpose, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use super::state::RecordedDelivery;

/// A webhook delivery of the gateway. A test delivers it when and as often as it wants.
///
/// Each call of [`request`](Self::request) is one attempt of the same delivery, as a gateway repeats
/// an unanswered one: the same body, signed anew.
///
/// ```
/// # use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
/// # use payment_provider_core::{
/// #     CheckoutReference, CheckoutRequest, Currency, Customer, CustomerId, Money,
/// # };
/// use payment_provider_conformance::fake::FakeGateway;
/// use payment_provider_core::{PaymentProvider, TimestampCheck};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gateway = FakeGateway::new();
/// # let provider = gateway.connect("main");
/// # let request = CheckoutRequest::new(
/// #     CheckoutReference::new("inv-1")?,
/// #     Money::from_decimal("200.12", Currency::INR)?,
/// #     "Invoice 1",
/// #     Customer::new(CustomerId::new("customer-7")?),
/// #     Timestamp::now() + SignedDuration::from_hours(1),
/// # );
/// # provider.create_checkout(&provider.prepare_checkout(&request)?).await?;
/// // A host has created the checkout `inv-1`.
/// let delivery = gateway.checkout("inv-1").pay().deliveries().remove(0);
/// let webhook = provider.handle_webhook(&delivery.request()).await?;
/// assert_eq!(webhook.timestamp_check(), TimestampCheck::Fresh);
///
/// let stale = provider.handle_webhook(&delivery.clone().stale().request()).await?;
/// assert_eq!(stale.timestamp_check(), TimestampCheck::Stale);
/// assert!(provider.handle_webhook(&delivery.forged().request()).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeDelivery {
    gateway: GatewayHandle,
    delivery: RecordedDelivery,
    signing: Signing,
    tampered: bool,
    sent_at: Option<Timestamp>,
    received_at: Option<Timestamp>,
}

#[derive(Clone)]
enum Signing {
    Account,
    Secret(SecretString),
    Unsigned,
}

impl FakeDelivery {
    pub(super) const fn new(gateway: GatewayHandle, delivery: RecordedDelivery) -> Self {
        Self {
            gateway,
            delivery,
            signing: Signing::Account,
            tampered: false,
            sent_at: None,
            received_at: None,
        }
    }

    /// Returns all recorded deliveries that match.
    pub(super) fn matching(
        gateway: &GatewayHandle,
        matches: impl Fn(&RecordedDelivery) -> bool,
    ) -> Vec<Self> {
        let state = gateway.state();
        let deliveries = state.deliveries.iter().filter(|delivery| matches(delivery));
        deliveries
            .map(|delivery| Self::new(gateway.clone(), delivery.clone()))
            .collect()
    }

    /// Returns the gateway's name of the event type.
    pub fn gateway_type(&self) -> &str {
        &self.delivery.gateway_type
    }

    /// Returns the reference of the checkout, if the delivery is about one.
    pub const fn reference(&self) -> Option<&CheckoutReference> {
        self.delivery.reference.as_ref()
    }

    /// Returns the name of the account.
    pub fn account(&self) -> &str {
        &self.delivery.account.name
    }

    /// Returns the URL that the delivery is sent to. If a checkout has its own webhook URL, each
    /// delivery about it is sent there as well.
    pub const fn url(&self) -> &Url {
        &self.delivery.url
    }

    /// Sets the time at which it is sent. It has no effect without
    /// [`signed_timestamps`](payment_provider_core::Capabilities::signed_timestamps).
    pub const fn with_sent_at(mut self, at: Timestamp) -> Self {
        self.sent_at = Some(at);
        self
    }

    /// Sets the time at which it arrives. By default it arrives when [`request`](Self::request) is
    /// called.
    pub const fn with_received_at(mut self, at: Timestamp) -> Self {
        self.received_at = Some(at);
        self
    }

    /// Sets the sending time 25 hours before now, outside of the acceptance window.
    pub fn stale(self) -> Self {
        let now = self.gateway.now();
        let sent_at = now.saturating_sub(SignedDuration::from_hours(25));
        self.with_sent_at(sent_at.unwrap_or(Timestamp::MIN))
    }

    /// Sets the sending time one hour after now, outside of the acceptance window.
    pub fn from_future(self) -> Self {
        let now = self.gateway.now();
        let sent_at = now.saturating_add(SignedDuration::from_hours(1));
        self.with_sent_at(sent_at.unwrap_or(Timestamp::MAX))
    }

    /// Signs it with this secret instead of the account's, for example with a retired one.
    pub fn signed_with(mut self, secret: impl Into<SecretString>) -> Self {
        self.signing = Signing::Secret(secret.into());
        self
    }

    /// Signs it with a secret that no account has.
    pub fn forged(self) -> Self {
        self.signed_with("a secret that no account has")
    }

    /// Removes the signature.
    pub fn unsigned(mut self) -> Self {
        self.signing = Signing::Unsigned;
        self
    }

    /// Adds a line break to the body after it is signed.
    pub const fn tampered(mut self) -> Self {
        self.tampered = true;
        self
    }

    /// Truncates the body to half of its length before it is signed.
    pub fn truncated(mut self) -> Self {
        let half = self.delivery.body.len() / 2;
        self.delivery.body.truncate(half);
        self
    }

    /// Changes the event type to one that the provider does not know. The target stays readable.
    pub fn with_unknown_type(mut self) -> Self {
        if let Ok(known) = serde_json::from_slice::<Envelope>(&self.delivery.body) {
            "something.new".clone_into(&mut self.delivery.gateway_type);
            let envelope = Envelope {
                gateway_type: self.delivery.gateway_type.clone(),
                ..known
            };
            self.delivery.body = envelope.into_bytes();
        }
        self
    }

    /// Returns the request of one delivery attempt, sent and received now by the gateway's clock
    /// unless other times are set.
    ///
    /// # Panics
    /// If the account was never connected, since it has no secret then.
    #[track_caller]
    pub fn request(&self) -> WebhookRequest {
        let now = self.gateway.now();
        let config = self.gateway.config();
        let timestamp = config.descriptor.capabilities.signed_timestamps.then(|| {
            let at = self.sent_at.unwrap_or(now).as_millisecond();
            at.max(0).to_string()
        });
        let time = timestamp.as_deref().unwrap_or_default();
        let body = &self.delivery.body;
        let signature = match &self.signing {
            Signing::Account => {
                let secret = self.gateway.secret_of(&self.delivery.account);
                Some(sign(&secret, Purpose::Delivery, time, body))
            }
            Signing::Secret(secret) => Some(sign(secret, Purpose::Delivery, time, body)),
            Signing::Unsigned => None,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (SIGNATURE_HEADER, &signature),
            (TIMESTAMP_HEADER, &timestamp),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value).expect("digits and letters");
                headers.insert(name, value);
            }
        }
        let mut body = body.to_vec();
        if self.tampered {
            body.push(b'\n');
        }
        let url = self.delivery.url.clone();
        WebhookRequest::post(
            url,
            headers,
            Bytes::from(body),
            self.received_at.unwrap_or(now),
        )
    }
}

impl fmt::Debug for FakeDelivery {
    /// Omits the body and the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDelivery")
            .field("gateway_type", &self.delivery.gateway_type)
            .field("account", &self.delivery.account.name)
            .field("reference", &self.delivery.reference)
            .finish_non_exhaustive()
    }
}
