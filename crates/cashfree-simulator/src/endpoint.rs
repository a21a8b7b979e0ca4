//! Where webhooks go: what a merchant would set up in the gateway's dashboard.

use serde::{Serialize, Serializer};
use url::Url;

use crate::version::WebhookVersion;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The type of a webhook.
    EventType, UnknownEventType, "event type" {
        /// A link was paid, partly paid, cancelled or has expired.
        PaymentLink = "PAYMENT_LINK_EVENT",
        /// A payment attempt succeeded.
        PaymentSuccess = "PAYMENT_SUCCESS_WEBHOOK",
        /// A payment attempt failed.
        PaymentFailed = "PAYMENT_FAILED_WEBHOOK",
        /// The payer left a payment attempt.
        PaymentUserDropped = "PAYMENT_USER_DROPPED_WEBHOOK",
        /// What a successful payment costs is known.
        PaymentCharges = "PAYMENT_CHARGES_WEBHOOK",
        /// A refund a merchant asked for has ended.
        RefundStatus = "REFUND_STATUS_WEBHOOK",
        /// A refund of the gateway's own was begun or has ended.
        AutoRefundStatus = "AUTO_REFUND_STATUS_WEBHOOK",
        /// A payout is on its way.
        SettlementInitiated = "SETTLEMENT_INITIATED",
        /// A payout has reached the merchant.
        SettlementSuccess = "SETTLEMENT_SUCCESS",
        /// A payout did not go through.
        SettlementFailed = "SETTLEMENT_FAILED",
        /// A payout went back.
        SettlementReversed = "SETTLEMENT_REVERSED",
        /// A payer disputes a payment.
        DisputeCreated = "DISPUTE_CREATED",
        /// A dispute has come further.
        DisputeUpdated = "DISPUTE_UPDATED",
        /// A dispute is over.
        DisputeClosed = "DISPUTE_CLOSED",
        /// The event an endpoint is tried out with, whatever events it is for.
        Ping = "WEBHOOK",
    }
}

/// An address that receives a merchant's webhooks.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(crate) url: String,
    pub(crate) version: WebhookVersion,
    pub(crate) events: Vec<EventType>,
    pub(crate) merchant: Option<String>,
}

impl Endpoint {
    /// All events of the first merchant, in the newest version published for them (2025-01-01), to `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            version: WebhookVersion::default(),
            events: EventType::ALL.to_vec(),
            merchant: None,
        }
    }

    /// Sets the webhook version.
    pub const fn version(mut self, version: WebhookVersion) -> Self {
        self.version = version;
        self
    }

    /// Sends only these events.
    pub fn events(mut self, events: impl IntoIterator<Item = EventType>) -> Self {
        self.events = events.into_iter().collect();
        self
    }

    /// Sends the events of this merchant instead of the first one's.
    pub fn merchant(mut self, client_id: impl Into<String>) -> Self {
        self.merchant = Some(client_id.into());
        self
    }
}

/// A registered endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EndpointSnapshot {
    /// Its number.
    pub id: u64,
    /// Where requests go.
    #[serde(serialize_with = "as_text")]
    pub url: Url,
    /// The version of the bodies and headers.
    pub version: WebhookVersion,
    /// The events it receives.
    pub events: Vec<EventType>,
    /// The client id of the account whose events it receives.
    pub merchant: String,
}

impl EndpointSnapshot {
    /// The events it receives, in words.
    pub(crate) fn events_in_words(&self) -> String {
        if EventType::ALL
            .iter()
            .all(|event| self.events.contains(event))
        {
            return "all events".to_owned();
        }
        let events: Vec<&str> = self.events.iter().map(|event| event.as_str()).collect();
        events.join(", ")
    }
}

fn as_text<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str())
}

/// Reads an address webhooks may be sent to.
pub(crate) fn target(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}
