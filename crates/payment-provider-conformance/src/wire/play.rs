//! What is said to a request, and what is done to it.

use std::io;

use bytes::Bytes;
use http::Response;

use super::connection::{After, Connection};
use super::encode::{self, Length};
use super::fault::Fault;
use super::request::RecordedRequest;

const SPACES: &[u8] = &[b' '; 16 * 1024];

impl Connection {
    /// Answers a request, or plays its fault.
    pub(super) async fn play(&mut self, request: RecordedRequest) -> io::Result<After> {
        let Some(fault) = request.fault.clone() else {
            let answer = self.work(&request).await;
            return self.answer(&request, answer).await;
        };
        if !fault.commits() {
            return match fault {
                Fault::ResetBefore => self.reset(),
                Fault::HangBefore => self.hang().await,
                Fault::ReplaceBefore(answer) => self.answer(&request, answer).await,
                _ => unreachable!("planned for connections, not for a request"),
            };
        }
        let answer = self.work(&request).await;
        match fault {
            Fault::ResetAfter => self.reset(),
            Fault::HangAfter => self.hang().await,
            Fault::ReplaceAfter(answer) => self.answer(&request, answer).await,
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.answer(&request, answer).await
            }
            Fault::Garbage(bytes) => {
                self.send(&bytes, &request.sent).await?;
                Ok(After::Close)
            }
            Fault::SlowBody => {
                self.half(&request, answer).await?;
                self.hang().await
            }
            Fault::CloseMidBody => {
                self.half(&request, answer).await?;
                Ok(After::Close)
            }
            Fault::TruncateChunked => self.truncate(&request, answer).await,
            Fault::EndlessBody { cap } => self.pour(&request, answer, cap).await,
            _ => unreachable!("played without doing the work"),
        }
    }

    async fn work(&self, request: &RecordedRequest) -> Response<Bytes> {
        self.shared.answers.answer(request.clone()).await
    }

    /// A well-behaved answer.
    async fn answer(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
    ) -> io::Result<After> {
        let (parts, body) = answer.into_parts();
        let closes = request.closes() || encode::closes(&parts) || self.shared.door.is_refusing();
        let has_body = encode::has_body(parts.status);
        let length = if has_body {
            Length::Of(body.len())
        } else {
            Length::None
        };
        let mut bytes = encode::head(&parts, length, closes);
        if has_body && request.method != "HEAD" {
            bytes.extend_from_slice(&body);
        }
        self.send(&bytes, &request.sent).await?;
        Ok(if closes {
            After::Close
        } else {
            After::NextRequest
        })
    }

    fn reset(&mut self) -> io::Result<After> {
        self.stream.set_zero_linger()?;
        Ok(After::LetGo)
    }

    async fn hang(&mut self) -> io::Result<After> {
        self.until_client_leaves().await?;
        Ok(After::LetGo)
    }

    /// The head, which is true, and half of the body. Of a body of nothing, one byte is announced.
    async fn half(&mut self, request: &RecordedRequest, answer: Response<Bytes>) -> io::Result<()> {
        let (parts, body) = answer.into_parts();
        let mut bytes = encode::head(&parts, Length::Of(body.len().max(1)), false);
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send(&bytes, &request.sent).await
    }

    /// A chunk that ends half way.
    async fn truncate(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
    ) -> io::Result<After> {
        let (parts, body) = answer.into_parts();
        let mut bytes = encode::head(&parts, Length::Chunked, false);
        bytes.extend_from_slice(format!("{:x}\r\n", body.len().max(1)).as_bytes());
        bytes.extend_from_slice(&body[..body.len() / 2]);
        self.send(&bytes, &request.sent).await?;
        Ok(After::Close)
    }

    /// The body, then chunks of spaces.
    async fn pour(
        &mut self,
        request: &RecordedRequest,
        answer: Response<Bytes>,
        cap: u64,
    ) -> io::Result<After> {
        let (parts, body) = answer.into_parts();
        let mut bytes = encode::head(&parts, Length::Chunked, false);
        if !body.is_empty() {
            bytes.extend(encode::chunk(&body));
        }
        let spaces = encode::chunk(SPACES);
        loop {
            let left = usize::try_from(cap - request.answer_bytes()).unwrap_or(usize::MAX);
            bytes.truncate(left);
            if bytes.is_empty() {
                return Ok(After::Close);
            }
            self.send(&bytes, &request.sent).await?;
            bytes.clone_from(&spaces);
        }
    }
}
