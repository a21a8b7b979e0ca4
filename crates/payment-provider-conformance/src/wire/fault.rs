use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// A failure of the gateway or of the network.
///
/// A client cannot distinguish a connection that was reset before the order was created from one
/// that was reset afterwards, and it has to be correct in both cases. [`WireFault::commits`] tells
/// the two kinds of faults apart. A fault takes effect after the whole request has been read, so the
/// affected request is among the recorded requests, together with its fault.
///
/// # Examples
/// ```
/// use payment_provider_conformance::wire::WireFault;
///
/// // The order is created in one of these cases, and a client cannot tell which one it is.
/// assert!(WireFault::ResetAfter.commits());
/// assert!(!WireFault::ResetBefore.commits());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum WireFault {
    /// Connections are refused: the listening socket is closed. Idle connections are closed too; a
    /// request in progress still gets its response. The fault lasts until it is cleared, however it
    /// was planned, since there is no request to match or to count. Once cleared, the gateway
    /// listens on the same port again.
    RefuseConnection,
    /// The request is not processed. The connection is reset (RST).
    ResetBefore,
    /// The request is processed. The connection is reset (RST) instead of a response.
    ResetAfter,
    /// The request is not processed, and nothing is sent until the client closes its side.
    HangBefore,
    /// The request is processed, and nothing is sent until the client closes its side.
    HangAfter,
    /// The request is processed. The response head and half of the body are sent, then nothing until
    /// the client closes its side.
    SlowBody,
    /// The request is processed. `content-length` is larger than the body that is sent before an
    /// orderly close.
    CloseMidBody,
    /// The request is processed. A chunked response ends with an orderly close in the middle of a
    /// chunk.
    TruncateChunked,
    /// The request is processed. The response body is followed by endless spaces, so that it stays
    /// valid JSON. It ends when the client disconnects or after `cap` bytes: see
    /// [`RecordedRequest::response_bytes`].
    ///
    /// [`RecordedRequest::response_bytes`]: super::RecordedRequest::response_bytes
    EndlessBody {
        /// Maximum number of bytes sent, including the head.
        cap: u64,
    },
    /// The request is processed. These bytes are sent verbatim instead of a response, followed by an
    /// orderly close.
    Garbage(Bytes),
    /// The request is not processed. This response is sent instead, such as the HTML error page of a
    /// proxy or a redirect to another server.
    ReplaceBefore(Response<Bytes>),
    /// The request is processed. This response is sent instead of the actual one.
    ReplaceAfter(Response<Bytes>),
    /// The request is processed at once. The response is delayed by this duration of tokio's clock.
    Delay(Duration),
}

impl WireFault {
    /// Returns true if the gateway processes the request, whether or not its response is delivered.
    pub fn commits(&self) -> bool {
        match self {
            Self::RefuseConnection
            | Self::ResetBefore
            | Self::HangBefore
            | Self::ReplaceBefore(_) => false,
            Self::ResetAfter
            | Self::HangAfter
            | Self::SlowBody
            | Self::CloseMidBody
            | Self::TruncateChunked
            | Self::EndlessBody { .. }
            | Self::Garbage(_)
            | Self::ReplaceAfter(_)
            | Self::Delay(_) => true,
        }
    }
}
