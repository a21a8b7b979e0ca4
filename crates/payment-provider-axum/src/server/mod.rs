//! An HTTP server that slow senders cannot shut genuine ones out of.
//!
//! Each connection is in one of four phases (`tracker.rs`), which its stream (`stream.rs`) and its requests
//! (`exchange.rs`) report. The phase decides how long the peer is waited for, and which connection is
//! closed for a new one at the limit.

mod accept;
mod arrivals;
mod connection;
mod exchange;
mod registry;
mod stream;
#[cfg(test)]
mod tests;
mod tracker;

use std::io;

use axum::Router;
use tokio::net::TcpListener;

use crate::limits::Limits;

/// Serves an application's routes over HTTP/1.1 until `end` completes. Then it accepts no more connections,
/// answers the requests under way for as long as [`Limits::shutdown`], and returns. A connection that was
/// upgraded by its handler counts no more.
///
/// In contrast to [`axum::serve()`], a peer that sends its request slowly, or not at all, holds nothing for
/// long ([`Limits`]): the header has to be there in time, and when connections reach their limit the one
/// that has waited longest for its request, for the rest of one, or for its peer to take a response, is
/// closed for a new one. A connection stays open while its handler runs, and while its peer takes the
/// response. Use it for an application that serves the webhook routes among its own, unless a proxy in front
/// of it limits slow senders already.
///
/// Handlers find the address of the peer as `axum::extract::ConnectInfo<SocketAddr>`.
///
/// **Cancellation.** Dropping the future closes the listener and all connections.
///
/// # Errors
/// The listener has no local address any more.
///
/// # Examples
/// ```no_run
/// # async fn run(routes: axum::Router) -> std::io::Result<()> {
/// use payment_provider_axum::{Limits, serve_routes};
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// let end = async { drop(tokio::signal::ctrl_c().await) };
/// serve_routes(listener, routes, Limits::default(), end).await
/// # }
/// ```
pub async fn serve_routes(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    end: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    lengthen_queue(&listener);
    tracing::debug!(%address, connections = limits.connections, "serving");
    accept::run(listener, routes, limits, end).await;
    Ok(())
}

/// The connections that the system keeps until they are accepted; it may have a lower limit.
#[cfg(unix)]
const QUEUE: i32 = 4096;

/// Lengthens the queue of connections that are not accepted yet. While it is full the system drops the
/// attempts of genuine senders as well, and these try again only after a second.
#[cfg(unix)]
fn lengthen_queue(listener: &TcpListener) {
    if let Err(error) = rustix::net::listen(listener, QUEUE) {
        tracing::debug!(%error, "the queue of connections keeps its length");
    }
}

#[cfg(not(unix))]
fn lengthen_queue(_: &TcpListener) {}
