//! Webhook endpoints, which a merchant would configure in the gateway's dashboard.

use serde::{Serialize, Serializer};
use url::Url;

use crate::version::WebhookVersion;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The type of a webhook.
    EventType, UnknownEventType, "event type" {
        /// A link was paid, partly paid, cancelled, or has expired.
        PaymentLink = "PAYMENT_LINK_EVENT",
        /// A payment attempt succeeded.
        PaymentSuccess = "PAYMENT_SUCCESS_WEBHOOK",
        /// A payment attempt failed.
        PaymentFailed = "PAYMENT_FAILED_WEBHOOK",
        /// The payer left a payment attempt.
        PaymentUserDropped = "PAYMENT_USER_DROPPED_WEBHOOK",
        /// The charges of a successful payment are known.
        PaymentCharges = "PAYMENT_CHARGES_WEBHOOK",
        /// A refund requested by the merchant was completed.
        RefundStatus = "REFUND_STATUS_WEBHOOK",
        /// A refund of the gateway's own was initiated or completed.
        AutoRefundStatus = "AUTO_REFUND_STATUS_WEBHOOK",
        /// A settlement was initiated.
        SettlementInitiated = "SETTLEMENT_INITIATED",
        /// A settlement reached the merchant.
        SettlementSuccess = "SETTLEMENT_SUCCESS",
        /// A settlement failed.
        SettlementFailed = "SETTLEMENT_FAILED",
        /// A settlement was reversed.
        SettlementReversed = "SETTLEMENT_REVERSED",
        /// A payer raised a dispute.
        DisputeCreated = "DISPUTE_CREATED",
        /// A dispute reached another stage.
        DisputeUpdated = "DISPUTE_UPDATED",
        /// A dispute was closed.
        DisputeClosed = "DISPUTE_CLOSED",
        /// The test event of an endpoint, sent whatever events the endpoint subscribes to.
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
    /// Creates an endpoint at `url` for all events of the first merchant, in the newest version published for them
    /// (2025-01-01).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            version: WebhookVersion::default(),
            events: EventType::ALL.to_vec(),
            merchant: None,
        }
    }

    /// Sets the webhook version.
    pub const fn with_version(mut self, version: WebhookVersion) -> Self {
        self.version = version;
        self
    }

    /// Sends only these events.
    pub fn with_events(mut self, events: impl IntoIterator<Item = EventType>) -> Self {
        self.events = events.into_iter().collect();
        self
    }

    /// Sends the events of this merchant instead of the first one.
    pub fn with_merchant(mut self, client_id: impl Into<String>) -> Self {
        self.merchant = Some(client_id.into());
        self
    }
}

/// A registered endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EndpointSnapshot {
    /// The number of the endpoint.
    pub id: u64,
    /// The address.
    #[serde(serialize_with = "as_text")]
    pub url: Url,
    /// The version of the bodies and headers.
    pub version: WebhookVersion,
    /// The events that it receives.
    pub events: Vec<EventType>,
    /// Client id of the merchant whose events it receives.
    pub merchant: String,
}

impl EndpointSnapshot {
    /// Returns the events as text.
    pub(crate) fn event_list(&self) -> String {
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

/// Parses the address of an endpoint.
pub(crate) fn target(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}
