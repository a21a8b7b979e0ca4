//! What is said to a request, and what is done to it.

use std::io;

use bytes::Bytes;
use http::Response;

use super::connection::{Connection, ConnectionState};
use super::fault::WireFault;
use super::request::RecordedRequest;
use super::response_head::{self, Length};

const SPACES: &[u8] = &[b' '; 16 * 1024];

impl Connection {
    /// Responder a request, or plays its fault.
    pub(super) async fn respond(
        &mut self,
        request: RecordedRequest,
    ) -> io::Result<ConnectionState> {
        let Some(fault) = request.fault.clone() else {
            let answer = self.work(&request).await;
            return self.answer(&request, answer).await;
        };
        if !fault.commits() {
            return match fault {
                WireFault::ResetBefore => self.reset(),
                WireFault::HangBefore => self.hang().await,
                WireFault::ReplaceBefore(answer) => self.answer(&request, answer).await,
                _ => unreachable!("planned for connections, not for a request"),
            };
        }
        let answer = self.work(&request).await;
        match fault {
            WireFault::ResetAfter => self.reset(),
            WireFault::HangAfter => self.hang().await,
            WireFault::ReplaceAfter(answer) => self.answer(&request, answer).await,
            WireFault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.answer(&request, answer).await
            }
            WireFault::Garbage(bytes) => {
                self.send(&bytes, &request.sent).await?;
                Ok(ConnectionState::Close)
            }
            WireFault::SlowBody => {
                self.half(&request, answer).await?;
                self.hang().await
            }
            WireFault::CloseMidBody => {
                self.half(&request, answer).await?;
                Ok(ConnectionState::Close)
            }
            WireFault::TruncateChunked => self.truncate(&request, answer).await,
            WireFault::EndlessBody { cap } => self.pour(&request, answer, cap).await,
            _ => unreachable!("played without doing the work"),
        }
    }

    async fn work(&self, request: &RecordedRequest) -> Response<Bytes> {
        self.shared.responder.answer(request.clone()).await
    }

    /// A well-behaved answer.
    async fn answer(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
    ) -> io::Result<ConnectionState> {
        let (parts, body) = answer.into_parts();
        let closes =
            request.closes() || response_head::closes(&parts) || self.shared.listener.is_refusing();
        let has_body = response_head::has_body(parts.status);
        let length = if has_body {
            Length::Of(body.len())
        } else {
            Length::None
        };
        let mut bytes = response_head::head(&parts, length, closes);
        if has_body && request.method != "HEAD" {
            bytes.extend_from_slice(&body);
        }
        self.send(&bytes, &request.sent).await?;
        Ok(if closes {
            ConnectionState::Close
        } else {
            ConnectionState::NextRequest
        })
    }

    fn reset(&mut self) -> io::Result<ConnectionState> {
        self.stream.set_zero_linger()?;
        Ok(ConnectionState::Abandon)
    }

    async fn hang(&mut self) -> io::Result<ConnectionState> {
        self.until_client_leaves().await?;
        Ok(ConnectionState::Abandon)
    }

    /// The head, which is true, and half of the body. Of a body of nothing, one byte is announced.
    async fn half(&mut self, request: &RecordedRequest, answer: Response<Bytes>) -> io::Result<()> {
        let (parts, body) = answer.into_parts();
        let mut bytes = response_head::head(&parts, Length::Of(body.len().max(1)), false);
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send(&bytes, &request.sent).await
    }

    /// A chunk that ends half way.
    async fn truncate(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
    ) -> io::Result<ConnectionState> {
        let (parts, body) = answer.into_parts();
        let mut bytes = response_head::head(&parts, Length::Chunked, false);
        bytes.extend_from_slice(format!("{:x}\r\n", body.len().max(1)).as_bytes());
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send(&bytes, &request.sent).await?;
        Ok(ConnectionState::Close)
    }

    /// The body, then chunks of spaces.
    async fn pour(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
        cap: u64,
    ) -> io::Result<ConnectionState> {
        let (parts, body) = answer.into_parts();
        let mut bytes = response_head::head(&parts, Length::Chunked, false);
        if !body.is_empty() {
            bytes.extend(response_head::chunk(&body));
        }
        let spaces = response_head::chunk(SPACES);
        loop {
            let left = usize::try_from(cap - request.response_bytes()).unwrap_or(usize::MAX);
            bytes.truncate(left);
            if bytes.is_empty() {
                return Ok(ConnectionState::Close);
            }
            self.send(&bytes, &request.sent).await?;
            bytes.clone_from(&spaces);
        }
    }
}
