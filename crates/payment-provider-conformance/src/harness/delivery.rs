use payment_provider_core::PaymentId;
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;

/// A webhook delivery before it is signed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnsignedDelivery {
    /// Headers that the signature does not cover.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl UnsignedDelivery {
    /// Creates a delivery with this body and no headers.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// Adds a header that the signature does not cover, such as an event id or a version.
    ///
    /// # Panics
    /// If the value is not a valid header value.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().expect("a header value");
        self.headers.append(name, value);
        self
    }
}

/// An event that a gateway reports by webhook.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Scenario {
    /// The payment succeeded. The model returns one delivery for **every** way in which the gateway
    /// reports it: each event type and each version of the payload.
    Paid(PaymentId),
    /// The payment attempt failed. The model returns one delivery for every way in which the
    /// gateway reports it.
    Failed(PaymentId),
    /// An event type that the provider cannot know yet, in the gateway's usual payload format.
    UnknownType,
}

/// The time at which a delivery claims to have been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryTimestamp {
    /// A valid time.
    At(Timestamp),
    /// Text to send verbatim in place of a time. It may not be a time at all.
    Malformed(String),
}

impl DeliveryTimestamp {
    /// Returns the seconds since 1970 as decimal text.
    pub fn unix_seconds(&self) -> String {
        match self {
            Self::At(at) => at.as_second().to_string(),
            Self::Malformed(text) => text.clone(),
        }
    }

    /// Returns the milliseconds since 1970 as decimal text.
    pub fn unix_milliseconds(&self) -> String {
        match self {
            Self::At(at) => (at.as_millisecond()).to_string(),
            Self::Malformed(text) => text.clone(),
        }
    }
}
