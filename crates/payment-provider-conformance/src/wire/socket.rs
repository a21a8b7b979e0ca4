//! The socket of one connection. Traffic on it holds a paused clock.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::paused_clock::{DELIVERY_GRACE, PausedClock, STALL_GRACE};

/// Time that a client has to close its side after the gateway has closed its own.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Socket {
    /// The number of the connection, counted from 1.
    pub(super) number: u64,
    pub(super) stream: TcpStream,
    clock: PausedClock,
}

impl Socket {
    pub(super) fn new(number: u64, stream: TcpStream, clock: PausedClock) -> Self {
        // Without this, a small response waits for the acknowledgement of the previous one.
        let _ = stream.set_nodelay(true);
        clock.hold(number, DELIVERY_GRACE);
        Self {
            number,
            stream,
            clock,
        }
    }

    /// Holds a paused clock for this long, replacing the previous hold of this connection.
    pub(super) fn hold_clock(&self, duration: Duration) {
        self.clock.hold(self.number, duration);
    }

    /// Sends all bytes, and counts those that the operating system has accepted.
    pub(super) async fn send(&mut self, mut bytes: &[u8], sent: &AtomicU64) -> io::Result<()> {
        self.hold_clock(DELIVERY_GRACE);
        while !bytes.is_empty() {
            let count = self.stream.write(bytes).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            sent.fetch_add(count as u64, Ordering::AcqRel);
            bytes = &bytes[count..];
            self.hold_clock(if bytes.is_empty() {
                DELIVERY_GRACE
            } else {
                STALL_GRACE
            });
        }
        Ok(())
    }

    /// Waits until the client closes its side, and discards everything it sends.
    pub(super) async fn until_client_closes(&mut self) -> io::Result<()> {
        let mut ignored = vec![0; 4096];
        while self.stream.read(&mut ignored).await? > 0 {}
        Ok(())
    }

    /// Closes the write side, then waits until the client closes its own. Dropping the socket with
    /// unread bytes would reset the connection, and the response could be lost.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        self.hold_clock(DELIVERY_GRACE);
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.until_client_closes()).await;
        Ok(())
    }

    /// Makes the connection end with a reset (RST) when the socket is dropped.
    pub(super) fn reset_on_drop(&self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}
