//! The response to one request, or the fault that replaces it.

use std::io;

use bytes::Bytes;
use http::Response;

use super::fault::WireFault;
use super::listener::Listener;
use super::request::RecordedRequest;
use super::responder::Responder;
use super::response_head::{self, Length};
use super::socket::Socket;

const SPACES: &[u8] = &[b' '; 16 * 1024];

/// The next step for a connection after a response.
pub(super) enum AfterResponse {
    /// Read the next request.
    KeepOpen,
    /// Close in order, so that everything that was sent is delivered.
    Close,
    /// Drop the socket without closing it in order.
    Drop,
}

/// One request and the socket that its response goes to.
pub(super) struct Exchange<'a> {
    pub(super) socket: &'a mut Socket,
    pub(super) responder: &'a dyn Responder,
    pub(super) listener: &'a Listener,
    pub(super) request: RecordedRequest,
}

impl Exchange<'_> {
    /// Sends the response, or applies the fault of the request.
    pub(super) async fn run(mut self) -> io::Result<AfterResponse> {
        let Some(fault) = self.request.fault.clone() else {
            let response = self.process().await;
            return self.send(response).await;
        };
        if !fault.commits() {
            return match fault {
                WireFault::ResetBefore => self.reset(),
                WireFault::HangBefore => self.hang().await,
                WireFault::ReplaceBefore(response) => self.send(response).await,
                _ => unreachable!("planned for connections, not for a request"),
            };
        }
        let response = self.process().await;
        match fault {
            WireFault::ResetAfter => self.reset(),
            WireFault::HangAfter => self.hang().await,
            WireFault::ReplaceAfter(response) => self.send(response).await,
            WireFault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.send(response).await
            }
            WireFault::Garbage(bytes) => {
                self.send_bytes(&bytes).await?;
                Ok(AfterResponse::Close)
            }
            WireFault::SlowBody => {
                self.send_half(response).await?;
                self.hang().await
            }
            WireFault::CloseMidBody => {
                self.send_half(response).await?;
                Ok(AfterResponse::Close)
            }
            WireFault::TruncateChunked => self.send_half_chunk(response).await,
            WireFault::EndlessBody { cap } => self.send_endless(response, cap).await,
            _ => unreachable!("applied without processing the request"),
        }
    }

    async fn process(&self) -> Response<Bytes> {
        self.responder.respond(self.request.clone()).await
    }

    async fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send(bytes, &self.request.sent).await
    }

    /// Sends a correctly framed response.
    async fn send(&mut self, response: Response<Bytes>) -> io::Result<AfterResponse> {
        let (parts, body) = response.into_parts();
        let closes =
            self.request.closes() || response_head::closes(&parts) || self.listener.is_refusing();
        let has_body = response_head::has_body(parts.status);
        let length = if has_body {
            Length::Of(body.len())
        } else {
            Length::None
        };
        let mut bytes = response_head::head(&parts, length, closes);
        if has_body && self.request.method != "HEAD" {
            bytes.extend_from_slice(&body);
        }
        self.send_bytes(&bytes).await?;
        Ok(if closes {
            AfterResponse::Close
        } else {
            AfterResponse::KeepOpen
        })
    }

    fn reset(&self) -> io::Result<AfterResponse> {
        self.socket.reset_on_drop()?;
        Ok(AfterResponse::Drop)
    }

    async fn hang(&mut self) -> io::Result<AfterResponse> {
        self.socket.until_client_closes().await?;
        Ok(AfterResponse::Drop)
    }

    /// Sends a correct head and half of the body. For an empty body, the head announces one byte.
    async fn send_half(&mut self, response: Response<Bytes>) -> io::Result<()> {
        let (parts, body) = response.into_parts();
        let mut bytes = response_head::head(&parts, Length::Of(body.len().max(1)), false);
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send_bytes(&bytes).await
    }

    /// Sends the first half of a chunk that would hold the whole body.
    async fn send_half_chunk(&mut self, response: Response<Bytes>) -> io::Result<AfterResponse> {
        let (parts, body) = response.into_parts();
        let mut bytes = response_head::head(&parts, Length::Chunked, false);
        bytes.extend_from_slice(format!("{:x}\r\n", body.len().max(1)).as_bytes());
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send_bytes(&bytes).await?;
        Ok(AfterResponse::Close)
    }

    /// Sends the body, then chunks of spaces until `cap` bytes have been sent.
    async fn send_endless(
        &mut self,
        response: Response<Bytes>,
        cap: u64,
    ) -> io::Result<AfterResponse> {
        let (parts, body) = response.into_parts();
        let mut bytes = response_head::head(&parts, Length::Chunked, false);
        if !body.is_empty() {
            bytes.extend(response_head::chunk(&body));
        }
        let spaces = response_head::chunk(SPACES);
        loop {
            let left = cap - self.request.response_bytes();
            bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if bytes.is_empty() {
                return Ok(AfterResponse::Close);
            }
            self.send_bytes(&bytes).await?;
            bytes.clone_from(&spaces);
        }
    }
}
