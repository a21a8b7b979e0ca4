//! Parsing of the requests on one connection.

use std::io;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use httparse::Status;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Limits of a request. No client sends more.
const MAX_HEAD: usize = 1024 * 1024;
const MAX_BODY: usize = 64 * 1024 * 1024;
const MAX_HEADERS: usize = 4096;

/// Received bytes that do not belong to a parsed request yet.
#[derive(Default)]
pub(super) struct RequestBuffer {
    buffer: BytesMut,
}

/// A request as HTTP sees it.
pub(super) struct ParsedRequest {
    pub(super) head: Head,
    pub(super) head_bytes: Bytes,
    pub(super) body: Bytes,
    pub(super) raw: Bytes,
}

#[derive(Clone)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, Bytes)>,
    pub(super) minor_version: u8,
    len: usize,
    framing: Framing,
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

/// Result of parsing the bytes received so far.
pub(super) enum Progress {
    /// Head and body are complete.
    Complete(ParsedRequest),
    /// More bytes are needed. `expects_continue` is true once the client waits for `100 Continue`
    /// before it sends its body.
    Partial { expects_continue: bool },
}

/// The reason why the bytes are not a request.
pub(super) type ParseError = String;

/// State of a request that is not complete yet.
#[derive(Default)]
pub(super) struct Parsing {
    head: Option<Head>,
    /// Offset of the next chunk.
    at: usize,
    body: BytesMut,
}

impl RequestBuffer {
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Returns the bytes that have not been parsed as a request.
    pub(super) fn unparsed(&self) -> Bytes {
        Bytes::copy_from_slice(&self.buffer)
    }

    /// Reads more bytes. Returns false at the end of the stream. No bytes are lost if the future is
    /// dropped.
    pub(super) async fn fill(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        self.buffer.reserve(16 * 1024);
        Ok(stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Parses the next request.
    pub(super) fn parse(&mut self, parsing: &mut Parsing) -> Result<Progress, ParseError> {
        if parsing.head.is_none() {
            parsing.head = parse_head(&self.buffer)?;
        }
        let Some(head) = &parsing.head else {
            return Ok(Progress::Partial {
                expects_continue: false,
            });
        };
        let end = match head.framing {
            Framing::Length(length) => {
                Some(head.len + length).filter(|end| *end <= self.buffer.len())
            }
            Framing::Chunked => {
                parsing.at = parsing.at.max(head.len);
                read_chunks(&self.buffer, &mut parsing.at, &mut parsing.body)?
            }
        };
        let Some(end) = end else {
            let expects = |(name, value): &(String, Bytes)| {
                name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case(b"100-continue")
            };
            let nothing_yet = self.buffer.len() == head.len;
            let expects_continue = nothing_yet && head.headers.iter().any(expects);
            return Ok(Progress::Partial { expects_continue });
        };
        let head = head.clone();
        let raw = self.buffer.split_to(end).freeze();
        let body = match head.framing {
            Framing::Length(_) => raw.slice(head.len..),
            Framing::Chunked => std::mem::take(&mut parsing.body).freeze(),
        };
        Ok(Progress::Complete(ParsedRequest {
            head_bytes: raw.slice(..head.len),
            head,
            body,
            raw,
        }))
    }
}

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, ParseError> {
    let mut room = 64;
    loop {
        let mut headers = vec![httparse::EMPTY_HEADER; room];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(len)) => return head(&request, len).map(Some),
            Ok(Status::Partial) if bytes.len() > MAX_HEAD => {
                return Err("the head has no end".to_owned());
            }
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) if room < MAX_HEADERS => room *= 2,
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn head(request: &httparse::Request<'_, '_>, len: usize) -> Result<Head, ParseError> {
    let headers = request.headers.iter();
    let headers =
        headers.map(|header| (header.name.to_owned(), Bytes::copy_from_slice(header.value)));
    let headers: Vec<_> = headers.collect();
    Ok(Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        framing: framing(&headers)?,
        headers,
        minor_version: request.version.unwrap_or(1),
        len,
    })
}

fn framing(headers: &[(String, Bytes)]) -> Result<Framing, ParseError> {
    let named = |wanted: &'static str| {
        let named = headers
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value)
    };
    let mut lengths = named("content-length");
    let mut codings = named("transfer-encoding");
    match (lengths.next(), codings.next()) {
        (Some(_), Some(_)) => Err("both content-length and transfer-encoding".to_owned()),
        (None, None) => Ok(Framing::Length(0)),
        (None, Some(coding))
            if coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none() =>
        {
            Ok(Framing::Chunked)
        }
        (None, Some(_)) => Err("a transfer-encoding other than chunked".to_owned()),
        (Some(length), None) if lengths.all(|other| other == length) => {
            let digits = length.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(length).ok().filter(|_| digits);
            let length = text.and_then(|text| text.parse().ok());
            let length = length.filter(|length| *length <= MAX_BODY);
            length
                .map(Framing::Length)
                .ok_or_else(|| "a content-length out of range".to_owned())
        }
        (Some(_), None) => Err("several values of content-length".to_owned()),
    }
}

/// Reads complete chunks, and returns the end of the last chunk and its trailers once it is known.
fn read_chunks(
    bytes: &[u8],
    at: &mut usize,
    body: &mut BytesMut,
) -> Result<Option<usize>, ParseError> {
    loop {
        let rest = &bytes[*at..];
        let (data, size) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) if rest.len() > MAX_HEAD => {
                return Err("a chunk size has no end".to_owned());
            }
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err("an invalid chunk size".to_owned()),
        };
        let size = usize::try_from(size)
            .ok()
            .filter(|size| body.len() + size.min(&MAX_BODY) < MAX_BODY);
        let size = size.ok_or_else(|| "chunks of too many bytes".to_owned())?;
        if size == 0 {
            return trailers_end(rest, data).map(|end| end.map(|end| *at + end));
        }
        let Range { start, end } = data..data + size;
        match rest.get(end..end + 2) {
            None => return Ok(None),
            Some(b"\r\n") => body.extend_from_slice(&rest[start..end]),
            Some(_) => return Err("a chunk longer than its size".to_owned()),
        }
        *at += end + 2;
    }
}

/// Returns the end of the trailers, which is an empty line.
fn trailers_end(bytes: &[u8], start: usize) -> Result<Option<usize>, ParseError> {
    let trailers = &bytes[start..];
    if trailers.starts_with(b"\r\n") {
        return Ok(Some(start + 2));
    }
    let end = trailers.windows(4).position(|window| window == b"\r\n\r\n");
    if end.is_none() && trailers.len() > MAX_HEAD {
        return Err("the trailers have no end".to_owned());
    }
    Ok(end.map(|end| start + end + 4))
}
