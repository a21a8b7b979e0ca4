//! A webhook delivery to one address.

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
    /// The state of a delivery.
    WebhookDeliveryState, UnknownWebhookDeliveryState, "delivery state" {
        /// The first attempt has not ended yet.
        Pending = "pending",
        /// All attempts so far failed; another one is scheduled.
        Retrying = "retrying",
        /// The receiver responded with a 2xx.
        Delivered = "delivered",
        /// All attempts failed.
        Failed = "failed",
        /// Not sent, because of a setting or a fault.
        Dropped = "dropped",
    }
}

impl WebhookDeliveryState {
    /// Returns true if no further attempt is scheduled.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Dropped)
    }
}

/// One attempt to deliver a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// End of the attempt, by the simulator's clock.
    pub at: String,
    /// The receiver's status, if it responded.
    pub status: Option<u16>,
    /// A description of the failure, if it did not respond.
    pub error: Option<String>,
}

impl DeliveryAttempt {
    /// Describes the outcome.
    pub(crate) fn outcome(&self) -> String {
        match (self.status, &self.error) {
            (Some(status), _) => format!("responded with {status}"),
            (None, Some(error)) => error.clone(),
            (None, None) => "no response".to_owned(),
        }
    }
}

/// The internal record of a delivery.
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
    /// True if a fault signs it with a key that belongs to no merchant.
    pub(crate) wrong_signature: bool,
    /// Age of its timestamp.
    pub(crate) timestamp_age: Duration,
    pub(crate) body: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) event_key: String,
}

impl Delivery {
    /// Sets the timestamp and signs the body.
    pub(crate) fn sign_body(&mut self, key: &str, now: Timestamp) {
        self.timestamp = epoch_millis(earlier(now, self.timestamp_age));
        self.signature = sign(key, &self.timestamp, self.body.as_bytes());
    }

    /// Returns the headers of attempt number `attempt` in the delivery's version.
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

    /// Records the end of an attempt.
    pub(crate) fn record_attempt(&mut self, outcome: Result<u16, String>, now: Timestamp) {
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

/// The deliveries of one change, for each address in the order of their first attempts, each with its delay.
#[derive(Debug, Default)]
pub(crate) struct DeliveryBatch {
    pub(crate) targets: Vec<Vec<(u64, Duration)>>,
    /// True if they wait for the deliveries of the next change.
    pub(crate) reordered: bool,
}

/// A delivery with everything that was sent. `Debug` leaves the body out.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliverySnapshot {
    /// The number of the delivery, in the order of events.
    pub id: u64,
    /// The type of the event.
    pub event_type: EventType,
    /// The link that the event concerns, if any.
    pub link_id: Option<String>,
    /// The order that the event concerns, if any.
    pub order_id: Option<String>,
    /// Client id of the merchant.
    pub merchant: String,
    /// The address of the receiver.
    pub url: String,
    /// The version of the body and the headers.
    pub version: WebhookVersion,
    /// The state of the delivery.
    pub state: WebhookDeliveryState,
    /// True for the second copy that the setting `duplicate` makes.
    pub duplicate: bool,
    /// The attempts that ended, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// The headers of the latest attempt, or of the first one if none has started.
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
