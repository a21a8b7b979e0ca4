use std::fmt;

use bytes::Bytes;
use http::header::AsHeaderName;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use url::Url;

/// A delivery exactly as received. Nothing in it is trusted yet.
///
/// # Examples
/// ```
/// use payment_provider_core::WebhookRequest;
/// use payment_provider_core::reexport::http::HeaderMap;
/// use payment_provider_core::reexport::jiff::Timestamp;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-signature", "5bdc".parse()?);
/// let url = "https://billing.example/webhooks/examplepay/acme".parse()?;
/// let request = WebhookRequest::post(url, headers, r#"{"paid":true}"#, Timestamp::UNIX_EPOCH);
/// assert_eq!(request.header("X-Signature"), Some("5bdc"));
/// assert_eq!(request.header("x-timestamp"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct WebhookRequest {
    /// HTTP method.
    pub method: Method,
    /// The public address that received the delivery, as the gateway knows it; some gateways sign
    /// it.
    pub url: Url,
    /// All headers.
    pub headers: HeaderMap,
    /// The raw body, unmodified: a signature covers bytes.
    pub body: Bytes,
    /// The time of arrival.
    pub received_at: Timestamp,
}

impl WebhookRequest {
    /// Creates a POST request with this body, the usual form of a delivery.
    pub fn post(
        url: Url,
        headers: HeaderMap,
        body: impl Into<Bytes>,
        received_at: Timestamp,
    ) -> Self {
        Self {
            method: Method::POST,
            url,
            headers,
            body: body.into(),
            received_at,
        }
    }

    /// Returns the value of a header if it occurs once and is visible ASCII; a header that is
    /// repeated or contains other bytes counts as absent.
    /// A name that is a constant [`HeaderName`](http::HeaderName) need not be parsed.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for WebhookRequest {
    /// Omits header values and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("path", &self.url.path())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish()
    }
}
