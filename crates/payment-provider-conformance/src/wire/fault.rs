use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// What a gateway does wrong.
///
/// The point of most faults is on which side of the work they strike: the client cannot tell a reset before the
/// order was made from one after it, and has to be right in both cases. [`WireFault::commits`] says which is which. A
/// fault strikes when the whole request has been read, so what it struck is among the recorded requests, with the
/// fault.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum WireFault {
    /// Nobody can connect: the listening socket is closed. Connections between two requests are closed as well; a
    /// request being answered still gets its answer. Lasts until cleared, whatever it was planned for, since there
    /// is no request to match or to count. Cleared, the gateway listens on the same port again.
    RefuseConnection,
    /// The connection is reset (RST) instead of doing the work.
    ResetBefore,
    /// The work is done; the connection is reset (RST) instead of an answer.
    ResetAfter,
    /// The work is not done, and nothing is ever said. Ends when the client closes its side.
    HangBefore,
    /// The work is done, and nothing is ever said. Ends when the client closes its side.
    HangAfter,
    /// The work is done; the head of the answer and half of its body, then nothing until the client gives up.
    SlowBody,
    /// The work is done; `content-length` names more than what is sent before the connection is closed in order.
    CloseMidBody,
    /// The work is done; a chunked answer is closed in order in the middle of a chunk.
    TruncateChunked,
    /// The work is done; the body of the answer is followed by spaces without end, which are still valid JSON. Ends
    /// when the client goes away, or after this many bytes: see [`RecordedRequest::response_bytes`].
    ///
    /// [`RecordedRequest::response_bytes`]: super::RecordedRequest::response_bytes
    EndlessBody {
        /// Most bytes that are sent, the head included.
        cap: u64,
    },
    /// The work is done; these bytes are sent instead of an answer, as they are, and the connection is closed in
    /// order.
    Garbage(Bytes),
    /// This is answered instead of doing the work: a 500 of a proxy in HTML, a redirect to another server.
    ReplaceBefore(Response<Bytes>),
    /// The work is done, and this is answered instead of what came of it.
    ReplaceAfter(Response<Bytes>),
    /// The work is done at once, and its answer comes this much later, by the clock of tokio.
    Delay(Duration),
}

impl WireFault {
    /// Whether the work is done: the gateway's responder are asked, even if nobody hears what they say.
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
