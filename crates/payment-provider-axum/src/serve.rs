use std::io;

use payment_provider_host::Host;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::limits::Limits;
use crate::routes::webhook_routes_at;
use crate::server::serve_routes;

/// Serves the webhook route of a host and applies the deliveries, until the process is asked to end
/// (Ctrl-C, or SIGTERM on Unix).
///
/// For a host that has no other routes. An application with its own routes merges
/// [`webhook_routes`](crate::webhook_routes) into them, serves them with [`serve_routes`], and runs
/// [`Host::run_inbox`](payment_provider_host::Host::run_inbox) beside. Slow senders are limited as there,
/// by the default [`Limits`].
///
/// Gateways reach the route under [`HostConfig::public_url`](payment_provider_host::HostConfig), or
/// under the address it listens at if that is not set. At the end, requests under way are answered,
/// deliveries under way are applied, and the database is closed; deliveries that are stored and not
/// applied are applied after the next start.
///
/// # Errors
/// The address cannot be listened at, or the signal cannot be waited for.
///
/// # Examples
/// ```no_run
/// # async fn serve(host: payment_provider_host::Host) -> std::io::Result<()> {
/// payment_provider_axum::serve(host, "127.0.0.1:8080").await
/// # }
/// ```
pub async fn serve(host: Host, address: impl ToSocketAddrs) -> io::Result<()> {
    // Before the address can be reached, so that a supervisor that saw it reachable can end the process.
    let end = end_of_process()?;
    serve_until(host, TcpListener::bind(address).await?, end).await
}

async fn serve_until(
    host: Host,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let public_url = match host.public_url() {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{address}")).map_err(io::Error::other)?,
    };
    tracing::info!(%address, "serving webhooks");
    let routes = webhook_routes_at(host.clone(), public_url);
    let stop = CancellationToken::new();
    let answer = async {
        let result = serve_routes(listener, routes, Limits::default(), end).await;
        stop.cancel();
        result
    };
    let (result, ()) = tokio::join!(answer, host.run_inbox(stop.clone()));
    host.store().close().await;
    result
}

/// Returns a future that completes when the process is asked to end. Signals are caught from the call
/// on.
#[cfg(unix)]
fn end_of_process() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn end_of_process() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for Ctrl-C");
            std::future::pending::<()>().await;
        }
    })
}
