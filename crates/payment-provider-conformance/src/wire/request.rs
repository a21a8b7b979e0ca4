use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::time::Instant;
use url::form_urlencoded;

use super::fault::WireFault;
use super::json_text;

/// A request as it came, byte for byte.
///
/// `Debug` shows all of it, secrets as well: it is test data.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method, as sent.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The headers in the order they were sent, names in the case they were sent. White space around a value is no
    /// part of it.
    pub headers: Vec<(String, Bytes)>,
    /// The body; of a chunked one, what the chunks hold.
    pub body: Bytes,
    /// The head as it came, with the empty line that ends it.
    pub head: Bytes,
    /// The whole request as it came: the head, then the body with its chunk sizes and trailers, if it has any.
    pub raw: Bytes,
    /// Which connection it came by. The first one of a gateway is number 1.
    pub connection: u64,
    /// When its last byte had come.
    pub at: Instant,
    /// What the gateway did wrong about it.
    pub fault: Option<WireFault>,
    pub(super) minor_version: u8,
    pub(super) sent: Arc<AtomicU64>,
}

impl RecordedRequest {
    /// The value of the first header of this name, in any case. `None` also if the value is no UTF-8: see
    /// [`header_values`](Self::header_values).
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.header_values(name).next()?;
        std::str::from_utf8(value).ok()
    }

    /// The values of all headers of this name, in any case, in order.
    pub fn header_values<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let named = move |(sent, _): &&(String, Bytes)| sent.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(named)
            .map(|(_, value)| &value[..])
    }

    /// The target up to the question mark, as sent.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }

    /// The target behind the question mark, as sent.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The names and values of the query, decoded, in order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The value at a JSON pointer (RFC 6901) like `/customer/phone`, as the very text that was sent: a string in
    /// its quotes, a number with all its digits. `None` if there is no such value or the body is no JSON. Of a name
    /// that occurs twice in an object, the last one counts.
    pub fn json_text(&self, pointer: &str) -> Option<&str> {
        json_text::text_at(&self.body, pointer)
    }

    /// How many bytes the gateway has got rid of so far in answer to it. They are with the operating system, which
    /// is not to say that the client has read them.
    pub fn response_bytes(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Whether the client will not use the connection again.
    pub(super) fn closes(&self) -> bool {
        let says = |what: &str| {
            let mut values = self.header_values("connection");
            values.any(|value| {
                let mut tokens = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
                tokens.any(|token| token.eq_ignore_ascii_case(what.as_bytes()))
            })
        };
        says("close") || (self.minor_version == 0 && !says("keep-alive"))
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("body", &self.body)
            .field("raw", &self.raw)
            .field("connection", &self.connection)
            .field("at", &self.at)
            .field("fault", &self.fault)
            .field("response_bytes", &self.response_bytes())
            .finish_non_exhaustive()
    }
}
