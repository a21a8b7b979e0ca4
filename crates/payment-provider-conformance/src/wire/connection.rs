//! One connection, from its first byte to its end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::listener::Listener;
use super::paused_clock::{DELIVERY_GRACE, PausedClock, STALL_GRACE};
use super::request::RecordedRequest;
use super::request_log::{RequestLog, UnreadableRequest};
use super::request_parser::{ParseError, ParsedRequest, Parsing, Progress, RequestBuffer};
use super::respond::{AfterResponse, Exchange};
use super::responder::Responder;
use super::socket::Socket;

/// State that all connections of a gateway share.
pub(super) struct Shared {
    pub(super) responder: Box<dyn Responder>,
    pub(super) request_log: RequestLog,
    pub(super) listener: Listener,
    pub(super) paused_clock: PausedClock,
    /// Number of connections accepted so far.
    pub(super) connections: AtomicU64,
    /// Number of connections that wait for a request to begin.
    pub(super) idle: Arc<watch::Sender<usize>>,
}

pub(super) struct Connection {
    socket: Socket,
    shared: Arc<Shared>,
    buffer: RequestBuffer,
    idle: Option<Idle>,
}

impl Connection {
    pub(super) fn new(number: u64, stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self {
            socket: Socket::new(number, stream, shared.paused_clock.clone()),
            buffer: RequestBuffer::default(),
            idle: Some(Idle::new(&shared.idle)),
            shared,
        }
    }

    /// Answers requests until the connection ends.
    pub(super) async fn serve(mut self) {
        // An error means that the client has disconnected, which it may do at any time.
        let _ = self.serve_all().await;
    }

    async fn serve_all(&mut self) -> io::Result<()> {
        while self.begins().await? {
            let parsed = match self.receive().await? {
                Some(Ok(parsed)) => parsed,
                Some(Err(reason)) => return self.reject(reason).await,
                None => return Ok(()),
            };
            let shared = Arc::clone(&self.shared);
            let request = shared
                .request_log
                .record(self.recorded(parsed), &shared.listener);
            let exchange = Exchange {
                socket: &mut self.socket,
                responder: &*shared.responder,
                listener: &shared.listener,
                request,
            };
            match exchange.run().await? {
                AfterResponse::KeepOpen => {}
                AfterResponse::Close => return self.socket.close().await,
                AfterResponse::Drop => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits for the first bytes of a request. Returns false if the connection ends instead.
    async fn begins(&mut self) -> io::Result<bool> {
        if !self.buffer.is_empty() {
            self.idle = None;
            return Ok(true);
        }
        let shared = Arc::clone(&self.shared);
        self.idle.get_or_insert_with(|| Idle::new(&shared.idle));
        tokio::select! {
            biased;
            () = shared.listener.refuses() => self.socket.close().await.map(|()| false),
            more = self.buffer.fill(&mut self.socket.stream) => {
                self.idle = None;
                more
            }
        }
    }

    /// Reads a request that has begun. Returns `None` if the client disconnects before its end.
    async fn receive(&mut self) -> io::Result<Option<Result<ParsedRequest, ParseError>>> {
        let mut parsing = Parsing::default();
        let mut may_continue = true;
        loop {
            match self.buffer.parse(&mut parsing) {
                Ok(Progress::Complete(parsed)) => {
                    self.socket.hold_clock(DELIVERY_GRACE);
                    return Ok(Some(Ok(parsed)));
                }
                Ok(Progress::Partial { expects_continue }) if expects_continue && may_continue => {
                    may_continue = false;
                    self.socket
                        .send(b"HTTP/1.1 100 Continue\r\n\r\n", &AtomicU64::new(0))
                        .await?;
                }
                Ok(Progress::Partial { .. }) => {}
                Err(reason) => return Ok(Some(Err(reason))),
            }
            self.socket.hold_clock(STALL_GRACE);
            if !self.buffer.fill(&mut self.socket.stream).await? {
                return Ok(None);
            }
        }
    }

    fn recorded(&self, parsed: ParsedRequest) -> RecordedRequest {
        let ParsedRequest {
            head,
            head_bytes,
            body,
            raw,
        } = parsed;
        RecordedRequest {
            method: head.method,
            target: head.target,
            headers: head.headers,
            body,
            head: head_bytes,
            raw,
            connection: self.socket.number,
            at: Instant::now(),
            fault: None,
            minor_version: head.minor_version,
            sent: Arc::default(),
        }
    }

    async fn reject(&mut self, reason: ParseError) -> io::Result<()> {
        let bytes = self.buffer.unparsed();
        let connection = self.socket.number;
        self.shared
            .request_log
            .record_unreadable(UnreadableRequest {
                connection,
                bytes,
                reason,
            });
        let response =
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        self.socket.send(response, &AtomicU64::new(0)).await?;
        self.socket.close().await
    }
}

/// Counts its connection as idle until it is dropped.
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
