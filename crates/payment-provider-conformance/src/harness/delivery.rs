use payment_provider_core::PaymentId;
use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::HeaderMap;
use payment_provider_core::reexport::jiff::Timestamp;

/// A delivery before it is signed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnsignedDelivery {
    /// Headers outside the signature.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl UnsignedDelivery {
    /// A delivery of this body.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// Adds a header that the signature does not cover: an event id, a version.
    ///
    /// # Panics
    /// If the value is no header value.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().expect("a header value");
        self.headers.append(name, value);
        self
    }
}

/// What a gateway has to tell.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Scenario {
    /// The payment succeeded. Told in **every** way the gateway has: each event type that is about
    /// it, each version of its form.
    Paid(PaymentId),
    /// The attempt to pay failed. Told in every way the gateway has.
    Failed(PaymentId),
    /// A type of event that nobody knows yet, in the form the gateway gives to its events.
    UnknownType,
}

/// The time that a delivery says it was sent at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryTimestamp {
    /// A moment.
    At(Timestamp),
    /// Something that may be no moment at all, to be sent as it is.
    Malformed(String),
}

impl DeliveryTimestamp {
    /// Seconds since 1970, in digits.
    pub fn unix_seconds(&self) -> String {
        match self {
            Self::At(at) => at.as_second().to_string(),
            Self::Malformed(text) => text.clone(),
        }
    }

    /// Milliseconds since 1970, in digits.
    pub fn unix_milliseconds(&self) -> String {
        match self {
            Self::At(at) => (at.as_millisecond()).to_string(),
            Self::Malformed(text) => text.clone(),
        }
    }
}
