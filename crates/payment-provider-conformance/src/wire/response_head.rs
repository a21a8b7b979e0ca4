//! Encoding of response heads and chunks.

use http::response::Parts;
use http::{HeaderValue, StatusCode, header};

/// The header that tells the client the length of the body.
#[derive(Clone, Copy)]
pub(super) enum Length {
    /// `content-length` with this value, correct or not.
    Of(usize),
    /// `transfer-encoding: chunked`.
    Chunked,
    /// No header, for a response without a body.
    None,
}

/// Encodes a response head. With `closes`, it announces that the connection will be closed.
pub(super) fn head(response: &Parts, length: Length, closes: bool) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        response.status.as_str(),
        reason(response.status)
    )
    .into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    };
    for (name, value) in &response.headers {
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
            line(name.as_str(), value.as_bytes());
        }
    }
    match length {
        Length::Of(length) => line("content-length", length.to_string().as_bytes()),
        Length::Chunked => line("transfer-encoding", b"chunked"),
        Length::None => {}
    }
    if closes && !response.headers.contains_key(header::CONNECTION) {
        line("connection", b"close");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Returns true if the response's own headers announce that the connection will be closed.
pub(super) fn closes(response: &Parts) -> bool {
    let close = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
    response
        .headers
        .get_all(header::CONNECTION)
        .iter()
        .any(close)
}

/// Returns true if a response of this status has a body, unless the request was a HEAD.
pub(super) fn has_body(status: StatusCode) -> bool {
    !(status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED)
}

/// Encodes one chunk of a chunked body.
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or_default()
}
