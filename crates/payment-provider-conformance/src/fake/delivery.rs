use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use payment_provider_core::{
    CheckoutReference, Environment, TimestampCheck, Verification, VerifiedWebhook, WebhookRequest,
};
use secrecy::SecretString;
use url::Url;

use super::builder::Config;
use super::envelope::{self, Envelope};
use super::gateway::FakeGateway;
use super::signature::{Keyring, Purpose, sign};
use super::state::RecordedDelivery;

const SIGNATURE: &str = "x-fake-signature";
const TIMESTAMP: &str = "x-fake-timestamp";

/// How old a delivery may be for its content to count, and how far ahead of the host's clock.
const WINDOW: (Duration, Duration) = (Duration::from_hours(24), Duration::from_mins(10));

/// A delivery of the gateway, to be handed over whenever a test likes and however often.
///
/// Each call of [`request`](Self::request) is one delivery of the same news, as a gateway makes one
/// that was not answered: the same body, signed anew.
#[derive(Clone)]
pub struct FakeDelivery {
    gateway: FakeGateway,
    delivery: RecordedDelivery,
    signing: Signing,
    altered: bool,
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
    pub(super) const fn new(gateway: FakeGateway, delivery: RecordedDelivery) -> Self {
        Self {
            gateway,
            delivery,
            signing: Signing::Account,
            altered: false,
            sent_at: None,
            received_at: None,
        }
    }

    /// The gateway's word for what it is.
    pub fn gateway_type(&self) -> &str {
        &self.delivery.gateway_type
    }

    /// The checkout it is about.
    pub const fn reference(&self) -> Option<&CheckoutReference> {
        self.delivery.reference.as_ref()
    }

    /// The account whose news it is.
    pub fn account(&self) -> &str {
        &self.delivery.account.name
    }

    /// The address it goes to. Where a checkout names one, each delivery about it comes there too.
    pub const fn url(&self) -> &Url {
        &self.delivery.url
    }

    /// Sends it at this moment. Without
    /// [`signed_timestamps`](payment_provider_core::Capabilities::signed_timestamps) nobody can tell.
    pub const fn sent_at(mut self, at: Timestamp) -> Self {
        self.sent_at = Some(at);
        self
    }

    /// Has it arrive at this moment; by itself it arrives when it is taken.
    pub const fn received_at(mut self, at: Timestamp) -> Self {
        self.received_at = Some(at);
        self
    }

    /// Sends it too long ago to be relied on.
    pub fn stale(self) -> Self {
        let now = self.gateway.now();
        let sent_at = now.saturating_sub(SignedDuration::from_hours(25));
        self.sent_at(sent_at.unwrap_or(Timestamp::MIN))
    }

    /// Sends it at a time that is still to come.
    pub fn from_future(self) -> Self {
        let now = self.gateway.now();
        let sent_at = now.saturating_add(SignedDuration::from_hours(1));
        self.sent_at(sent_at.unwrap_or(Timestamp::MAX))
    }

    /// Signs it with this secret, for example an old one.
    pub fn signed_by(mut self, secret: impl Into<SecretString>) -> Self {
        self.signing = Signing::Secret(secret.into());
        self
    }

    /// Signs it with a secret that is nobody's.
    pub fn forged(self) -> Self {
        self.signed_by("a secret that no account has")
    }

    /// Leaves the signature away.
    pub fn unsigned(mut self) -> Self {
        self.signing = Signing::Unsigned;
        self
    }

    /// Changes the body after it was signed, though not what it says.
    pub const fn altered(mut self) -> Self {
        self.altered = true;
        self
    }

    /// Cuts the body off in the middle, and signs that.
    pub fn unreadable(mut self) -> Self {
        let half = self.delivery.body.len() / 2;
        self.delivery.body.truncate(half);
        self
    }

    /// Makes it of a type that the provider does not know; what it is about can still be read.
    pub fn of_unknown_type(mut self) -> Self {
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

    /// The delivery as it arrives now, by the gateway's clock.
    ///
    /// # Panics
    /// An account that nobody connected has no secret to sign with.
    #[track_caller]
    pub fn request(&self) -> WebhookRequest {
        let now = self.gateway.now();
        let config = self.gateway.config();
        let stamp = config.descriptor.capabilities.signed_timestamps.then(|| {
            let at = self.sent_at.unwrap_or(now).as_millisecond();
            at.max(0).to_string()
        });
        let time = stamp.as_deref().unwrap_or_default();
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
        for (name, value) in [(SIGNATURE, &signature), (TIMESTAMP, &stamp)] {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value).expect("digits and letters");
                headers.insert(name, value);
            }
        }
        let mut body = body.to_vec();
        if self.altered {
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
    /// Leaves out the body and what it is signed with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDelivery")
            .field("gateway_type", &self.delivery.gateway_type)
            .field("account", &self.delivery.account.name)
            .field("reference", &self.delivery.reference)
            .finish_non_exhaustive()
    }
}

/// Verifies a delivery, then reads it; `None` for every kind of mismatch.
pub(super) fn verify(
    request: &WebhookRequest,
    keyring: &Keyring,
    environment: Environment,
    config: &Config,
) -> Option<VerifiedWebhook> {
    let timed = config.descriptor.capabilities.signed_timestamps;
    let stamp = if timed {
        request.header(TIMESTAMP)?
    } else {
        ""
    };
    if !stamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let signature = request.header(SIGNATURE)?;
    let secret = keyring.matching(signature, Purpose::Delivery, stamp, &request.body)?;
    let sent_at = read_stamp(stamp);
    let freshness = if timed {
        judge(sent_at, request.received_at)
    } else {
        TimestampCheck::Fresh
    };
    let webhook = VerifiedWebhook::new(
        Verification::SharedSecret(secret),
        &request.body,
        environment,
        freshness,
        envelope::events(&request.body),
    );
    let webhook = webhook.with_sent_at(sent_at);
    Some(webhook.with_reply(config.reply.clone()))
}

fn read_stamp(stamp: &str) -> Option<Timestamp> {
    let nanoseconds = stamp.parse::<i128>().ok()?.checked_mul(1_000_000)?;
    Timestamp::from_nanosecond(nanoseconds).ok()
}

/// A time that cannot be read is of unknown age, and so no reason to rely on the content.
fn judge(sent_at: Option<Timestamp>, received_at: Timestamp) -> TimestampCheck {
    let Some(sent_at) = sent_at else {
        return TimestampCheck::Stale;
    };
    let age = received_at.as_nanosecond() - sent_at.as_nanosecond();
    let (past, future) = (
        WINDOW.0.as_nanos().cast_signed(),
        WINDOW.1.as_nanos().cast_signed(),
    );
    if age > past {
        TimestampCheck::Stale
    } else if -age > future {
        TimestampCheck::FromFuture
    } else {
        TimestampCheck::Fresh
    }
}
