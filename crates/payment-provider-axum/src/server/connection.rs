//! One connection, from its first byte to its last.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::exchange::Exchanges;
use super::stream::TrackedStream;
use super::tracker::Membership;
use crate::limits::Limits;

/// The largest header of a request, and the most that is read of a body before a handler asks for it.
const BUFFER: usize = 32 << 10;

/// Serves the requests of a connection until it ends, its peer keeps the server waiting, it is closed for
/// another, or, once stopped, its request is answered.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    peer: SocketAddr,
    routes: Router,
    membership: Membership,
    limits: Limits,
    stop: CancellationToken,
) {
    let tracker = &membership.0;
    let stream = TrackedStream {
        stream,
        tracker: Arc::clone(tracker),
    };
    let exchanges = Exchanges {
        peer,
        routes,
        tracker: Arc::clone(tracker),
    };
    // The server's own limit of the header would count the time between two requests as well, for
    // which another limit holds: see `Tracker::deadline`.
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), exchanges)
            .with_upgrades()
    );
    let mut closed = pin!(tracker.closed().cancelled());
    let mut stopped = pin!(stop.cancelled());
    let mut stopping = false;
    let mut patience = pin!(sleep_until(Instant::now()));
    poll_fn(|context| {
        if closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if !stopping && stopped.as_mut().poll(context).is_ready() {
            stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection broke");
            }
            return Poll::Ready(());
        }
        // Read after the connection made its progress, which may have begun another phase.
        let Some(deadline) = tracker.deadline(&limits) else {
            return Poll::Pending;
        };
        if patience.deadline() != deadline {
            patience.as_mut().reset(deadline);
        }
        patience.as_mut().poll(context)
    })
    .await;
}
