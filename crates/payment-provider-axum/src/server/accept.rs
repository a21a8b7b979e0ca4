//! The acceptance of connections.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::connection;
use super::registry::Registry;
use super::tracker::Tracker;
use crate::limits::Limits;

/// The pause after a connection could not be accepted, for example for want of descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// The time between two reports of the same trouble.
const REPORTED_FOR: Duration = Duration::from_mins(1);

/// A source of connections.
pub(super) trait Accept {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Waits for the next connection, and returns it with the address of its peer. Dropping the future
    /// loses none.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // A response is written as a whole: nothing is gained by waiting for more. Without it, it is
        // only slower.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer))
    }
}

/// Serves every connection until `end` completes, and then until the requests under way are answered or
/// their time is over.
pub(super) async fn run<A: Accept>(
    mut listener: A,
    routes: Router,
    limits: Limits,
    end: impl Future<Output = ()>,
) {
    let registry = Arc::new(Registry::default());
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut end = pin!(end);
    let (mut refused, mut full) = (Report::default(), Report::default());
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut end => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let closed = tokio::select! {
                    biased;
                    () = &mut end => break,
                    closed = registry.room(limits.connections) => closed,
                };
                if closed && full.is_due() {
                    tracing::warn!(
                        connections = limits.connections,
                        "all connections are in use: those that wait longest for a request are closed"
                    );
                }
                let (routes, stop) = (routes.clone(), stop.clone());
                tasks.spawn(connection::serve(
                    stream,
                    peer,
                    routes,
                    Tracker::open(&registry),
                    limits,
                    stop,
                ));
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                if refused.is_due() {
                    tracing::error!(%error, "no connection can be accepted now");
                }
                // One connection less may be what it takes.
                let pause = async {
                    if registry.close_oldest() {
                        let _ = timeout(PAUSE, registry.changed()).await;
                    } else {
                        sleep(PAUSE).await;
                    }
                };
                tokio::select! {
                    biased;
                    () = &mut end => break,
                    () = pause => {}
                }
            }
        }
    }
    drop(listener);
    stop.cancel();
    let answered = async { while tasks.join_next().await.is_some() {} };
    if timeout(limits.shutdown, answered).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "connections are closed before their responses are sent"
        );
        tasks.shutdown().await;
    }
}

/// Returns true if the error is about the connection that was to be accepted, and not about all.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// The time of the latest report about something.
#[derive(Debug, Default)]
struct Report(Option<Instant>);

impl Report {
    /// Returns true at most once in [`REPORTED_FOR`].
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|at| at.elapsed() >= REPORTED_FOR);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
