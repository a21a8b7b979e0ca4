//! Heads of responder.

use http::response::Parts;
use http::{HeaderValue, StatusCode, header};

/// How the body is told to end.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// By this `content-length`, true or not.
    Of(usize),
    /// By a last chunk.
    Chunked,
    /// There is none, and no header about it.
    None,
}

/// The head of an answer. With `closes`, it says that the connection will be closed.
pub(super) fn head(answer: &Parts, length: Length, closes: bool) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        answer.status.as_str(),
        reason(answer.status)
    )
    .into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    };
    for (name, value) in &answer.headers {
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            line(name.as_str(), value.as_bytes());
        }
    }
    match length {
        Length::Of(length) => line("content-length", length.to_string().as_bytes()),
        Length::Chunked => line("transfer-encoding", b"chunked"),
        Length::None => {}
    }
    if closes && !answer.headers.contains_key(header::CONNECTION) {
        line("connection", b"close");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Whether the answer itself says that the connection will be closed.
pub(super) fn closes(answer: &Parts) -> bool {
    let close = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
    answer.headers.get_all(header::CONNECTION).iter().any(close)
}

/// Whether an answer of this status has a body, to a request that is no HEAD.
pub(super) fn has_body(status: StatusCode) -> bool {
    !(status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED)
}

/// One chunk of a chunked body.
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or_default()
}
