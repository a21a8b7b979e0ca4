//! One connection, from its first byte to its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::listener::Listener;
use super::paused_clock::{DELIVERY_GRACE, PausedClock, STALL_GRACE};
use super::request::RecordedRequest;
use super::request_log::{RequestLog, UnreadableRequest};
use super::request_parser::{ParseError, Parsing, Progress, Received, RequestBuffer};
use super::responder::Responder;

/// How long a client that was told of the end may take to close its own side.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What all connections of a gateway share.
pub(super) struct Shared {
    pub(super) responder: Box<dyn Responder>,
    pub(super) request_log: RequestLog,
    pub(super) listener: Listener,
    pub(super) paused_clock: PausedClock,
    /// How many connections there have been.
    pub(super) connections: AtomicU64,
    /// How many connections wait for a request to begin.
    pub(super) idle: Arc<watch::Sender<usize>>,
}

pub(super) struct Connection {
    number: u64,
    pub(super) stream: TcpStream,
    pub(super) shared: Arc<Shared>,
    request_parser: RequestBuffer,
    idle: Option<Idle>,
}

/// What becomes of a connection.
pub(super) enum ConnectionState {
    /// It is there for the next request.
    NextRequest,
    /// It is closed in order, all that was sent being delivered.
    Close,
    /// It is let go of as it is.
    Abandon,
}

impl Connection {
    pub(super) fn new(number: u64, stream: TcpStream, shared: Arc<Shared>) -> Self {
        // A small answer must not wait for the acknowledgement of another.
        let _ = stream.set_nodelay(true);
        shared.paused_clock.hold(number, DELIVERY_GRACE);
        Self {
            number,
            stream,
            request_parser: RequestBuffer::default(),
            idle: Some(Idle::new(&shared.idle)),
            shared,
        }
    }

    /// Responder requests until the connection ends.
    pub(super) async fn serve(mut self) {
        // An error here is the client's going away, at any time, which needs no mention.
        let _ = self.serve_all().await;
    }

    async fn serve_all(&mut self) -> io::Result<()> {
        while self.begins().await? {
            let received = match self.receive().await? {
                Some(Ok(received)) => received,
                Some(Err(reason)) => return self.reject(reason).await,
                None => return Ok(()),
            };
            let request = self
                .shared
                .request_log
                .record(self.recorded(received), &self.shared.listener);
            match self.respond(request).await? {
                ConnectionState::NextRequest => {}
                ConnectionState::Close => return self.close().await,
                ConnectionState::Abandon => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits for the first bytes of a request. False if the connection ends instead.
    async fn begins(&mut self) -> io::Result<bool> {
        if !self.request_parser.is_empty() {
            self.idle = None;
            return Ok(true);
        }
        let shared = Arc::clone(&self.shared);
        self.idle.get_or_insert_with(|| Idle::new(&shared.idle));
        tokio::select! {
            biased;
            () = shared.listener.refuses() => self.close().await.map(|()| false),
            more = self.request_parser.fill(&mut self.stream) => {
                self.idle = None;
                more
            }
        }
    }

    /// Reads a request that has begun. `None` if the client goes away before it is whole.
    async fn receive(&mut self) -> io::Result<Option<Result<Received, ParseError>>> {
        let mut parsing = Parsing::default();
        let mut may_ask = true;
        loop {
            match self.request_parser.parse(&mut parsing) {
                Ok(Progress::Whole(received)) => {
                    self.shared.paused_clock.hold(self.number, DELIVERY_GRACE);
                    return Ok(Some(Ok(received)));
                }
                Ok(Progress::Partial { asks_to_continue }) if asks_to_continue && may_ask => {
                    may_ask = false;
                    self.send(b"HTTP/1.1 100 Continue\r\n\r\n", &AtomicU64::new(0))
                        .await?;
                }
                Ok(Progress::Partial { .. }) => {}
                Err(reason) => return Ok(Some(Err(reason))),
            }
            self.shared.paused_clock.hold(self.number, STALL_GRACE);
            if !self.request_parser.fill(&mut self.stream).await? {
                return Ok(None);
            }
        }
    }

    fn recorded(&self, received: Received) -> RecordedRequest {
        let Received {
            head,
            head_bytes,
            body,
            raw,
        } = received;
        RecordedRequest {
            method: head.method,
            target: head.target,
            headers: head.headers,
            body,
            head: head_bytes,
            raw,
            connection: self.number,
            at: Instant::now(),
            fault: None,
            minor_version: head.minor_version,
            sent: Arc::default(),
        }
    }

    async fn reject(&mut self, reason: String) -> io::Result<()> {
        let bytes = self.request_parser.rest();
        let connection = self.number;
        self.shared
            .request_log
            .record_unreadable(UnreadableRequest {
                connection,
                bytes,
                reason,
            });
        let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        self.send(answer, &AtomicU64::new(0)).await?;
        self.close().await
    }

    /// Sends all of this, and counts what was taken by the operating system.
    pub(super) async fn send(&mut self, mut bytes: &[u8], sent: &AtomicU64) -> io::Result<()> {
        let paused_clock = self.shared.paused_clock.clone();
        paused_clock.hold(self.number, DELIVERY_GRACE);
        while !bytes.is_empty() {
            let count = self.stream.write(bytes).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            sent.fetch_add(count as u64, Ordering::AcqRel);
            bytes = &bytes[count..];
            paused_clock.hold(
                self.number,
                if bytes.is_empty() {
                    DELIVERY_GRACE
                } else {
                    STALL_GRACE
                },
            );
        }
        Ok(())
    }

    /// Waits, in silence, until the client closes its side.
    pub(super) async fn until_client_leaves(&mut self) -> io::Result<()> {
        let mut ignored = vec![0; 4096];
        while self.stream.read(&mut ignored).await? > 0 {}
        Ok(())
    }

    /// Tells the client of the end, and lets go once it has closed its side. Letting go with bytes unread would
    /// reset the connection, and what was sent could be lost.
    async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        self.shared.paused_clock.hold(self.number, DELIVERY_GRACE);
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.until_client_leaves()).await;
        Ok(())
    }
}

/// A connection that waits for a request to begin, as long as this lives.
struct Idle(Arc<watch::Sender<usize>>);

impl Idle {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
