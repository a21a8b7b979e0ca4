//! A webhook on its way to one address.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::clock::earlier;
use crate::endpoint::EventType;
use crate::signature::sign;
use crate::timestamp::{control, epoch_millis};
use crate::version::WebhookVersion;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// How far a delivery has come.
    WebhookDeliveryState, UnknownWebhookDeliveryState, "delivery state" {
        /// Its first attempt is still to come or under way.
        Pending = "pending",
        /// Refused so far; another attempt will follow.
        Retrying = "retrying",
        /// Answered with a 2xx.
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
        /// Not sent, because the settings say so.
        Dropped = "dropped",
    }
}

impl WebhookDeliveryState {
    /// Whether nothing more will happen by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Dropped)
    }
}

/// One try to hand a webhook over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// When it ended, by the simulator's clock.
    pub at: String,
    /// The receiver's status, when it answered.
    pub status: Option<u16>,
    /// What went wrong, when it did not answer.
    pub error: Option<String>,
}

impl DeliveryAttempt {
    /// What came of it, in words.
    pub(crate) fn outcome(&self) -> String {
        match (self.status, &self.error) {
            (Some(status), _) => format!("answered {status}"),
            (None, Some(error)) => error.clone(),
            (None, None) => "no answer".to_owned(),
        }
    }
}

/// A delivery as the simulator holds it.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) id: u64,
    pub(crate) event_type: EventType,
    pub(crate) link_id: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) merchant: String,
    pub(crate) url: Url,
    pub(crate) version: WebhookVersion,
    pub(crate) state: WebhookDeliveryState,
    pub(crate) attempts: Vec<DeliveryAttempt>,
    pub(crate) attempts_started: u32,
    pub(crate) duplicate: bool,
    /// Signed with a key nobody has.
    pub(crate) wrong_signature: bool,
    /// How old its timestamp is made.
    pub(crate) timestamp_age: Duration,
    pub(crate) body: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) event_key: String,
}

impl Delivery {
    /// Stamps and signs the body.
    pub(crate) fn sign_body(&mut self, key: &str, now: Timestamp) {
        self.timestamp = epoch_millis(earlier(now, self.timestamp_age));
        self.signature = sign(key, &self.timestamp, self.body.as_bytes());
    }

    /// The headers of attempt number `attempt`, as its version has them.
    pub(crate) fn headers(&self, attempt: u32) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-webhook-attempt", attempt.to_string()),
            ("x-webhook-signature", self.signature.clone()),
            ("x-webhook-timestamp", self.timestamp.clone()),
            ("x-webhook-version", self.version.to_string()),
        ];
        if self.version >= WebhookVersion::V2025_01_01 {
            headers.push(("x-idempotency-key", self.event_key.clone()));
        }
        headers
    }

    /// Notes the end of an attempt.
    pub(crate) fn note(&mut self, outcome: Result<u16, String>, now: Timestamp) {
        let (status, error) = match outcome {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        self.attempts.push(DeliveryAttempt {
            at: control(now),
            status,
            error,
        });
    }
}

/// The deliveries of one change: for each address, in the order they are first sent, and how long each is held back.
#[derive(Debug, Default)]
pub(crate) struct DeliveryBatch {
    pub(crate) targets: Vec<Vec<(u64, Duration)>>,
    /// Whether all wait for those of the next change.
    pub(crate) reordered: bool,
}

/// A delivery with everything that was sent. `Debug` leaves the body out.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliverySnapshot {
    /// Its number, in the order of events.
    pub id: u64,
    /// The type of event.
    pub event_type: EventType,
    /// The link it is about, if it is about one.
    pub link_id: Option<String>,
    /// The order it is about, if it is about one.
    pub order_id: Option<String>,
    /// The client id of the account.
    pub merchant: String,
    /// Where it goes.
    pub url: String,
    /// The version of body and headers.
    pub version: WebhookVersion,
    /// How far it has come.
    pub state: WebhookDeliveryState,
    /// Whether it is the second copy made by the setting `duplicate`.
    pub duplicate: bool,
    /// The attempts that ended, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// The headers of the latest attempt, or of the first when none has begun.
    pub headers: std::collections::BTreeMap<&'static str, String>,
    /// The exact text of the body.
    pub body: String,
}

impl From<&Delivery> for DeliverySnapshot {
    fn from(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id,
            event_type: delivery.event_type,
            link_id: delivery.link_id.clone(),
            order_id: delivery.order_id.clone(),
            merchant: delivery.merchant.clone(),
            url: delivery.url.to_string(),
            version: delivery.version,
            state: delivery.state,
            duplicate: delivery.duplicate,
            attempts: delivery.attempts.clone(),
            headers: delivery
                .headers(delivery.attempts_started.max(1))
                .into_iter()
                .collect(),
            body: delivery.body.clone(),
        }
    }
}

impl fmt::Debug for DeliverySnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliverySnapshot")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("link_id", &self.link_id)
            .field("order_id", &self.order_id)
            .field("merchant", &self.merchant)
            .field("url", &self.url)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("duplicate", &self.duplicate)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
