use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::time::Instant;
use url::form_urlencoded;

use super::fault::WireFault;
use super::json_text;

/// A request, recorded byte for byte.
///
/// `Debug` shows everything, including secrets: it is test data.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method as sent.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The headers in the order in which they were sent, with names in their original case.
    /// Whitespace around values is removed.
    pub headers: Vec<(String, Bytes)>,
    /// The body. For a chunked body, the content of the chunks.
    pub body: Bytes,
    /// The head as sent, including the empty line that ends it.
    pub head: Bytes,
    /// The whole request as sent: the head, then the body with chunk sizes and trailers.
    pub raw: Bytes,
    /// Number of the connection, counted from 1.
    pub connection: u64,
    /// Time at which the last byte was received.
    pub at: Instant,
    /// The fault that the gateway applied to this request.
    pub fault: Option<WireFault>,
    pub(super) minor_version: u8,
    pub(super) sent: Arc<AtomicU64>,
}

impl RecordedRequest {
    /// Returns the value of the first header with this name, compared case-insensitively. Returns
    /// `None` also if the value is not UTF-8: see [`header_values`](Self::header_values).
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.header_values(name).next()?;
        std::str::from_utf8(value).ok()
    }

    /// Returns the values of all headers with this name in order, compared case-insensitively.
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

    /// Returns the target before the question mark, as sent.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }

    /// Returns the target after the question mark, as sent.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Returns the decoded names and values of the query in order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// Returns the raw text of the value at a JSON pointer (RFC 6901) such as `/customer/phone`: a
    /// string with its quotes, a number with all its digits. Returns `None` if the body is not JSON
    /// or has no such value. If a name occurs twice in an object, the last one counts.
    pub fn json_text(&self, pointer: &str) -> Option<&str> {
        json_text::text_at(&self.body, pointer)
    }

    /// Returns the number of response bytes that the operating system has accepted so far. The
    /// client may not have read them yet.
    pub fn response_bytes(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Returns true if the client will not reuse the connection.
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
