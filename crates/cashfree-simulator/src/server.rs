//! Serves a simulator on a socket.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connection::{CutListener, CutSwitch};
use crate::simulator::Simulator;

/// Time that a shutdown waits for requests in progress.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

impl Simulator {
    /// Binds an address and serves the simulator on it. Port 0 takes a free port.
    ///
    /// Unless a public URL was configured, link addresses begin with this address.
    pub async fn start(&self, address: impl ToSocketAddrs) -> io::Result<RunningSimulator> {
        self.serve(TcpListener::bind(address).await?)
    }

    /// Serves the simulator on a listener. Must be called within a Tokio runtime.
    pub fn serve(&self, listener: TcpListener) -> io::Result<RunningSimulator> {
        let address = listener.local_addr()?;
        let url = format!("http://{}", reachable(address));
        if !self.shared.fixed_public_url {
            self.shared
                .with(|state, _| state.public_url.clone_from(&url));
        }
        let stop = CancellationToken::new();
        let service = self
            .router()
            .into_make_service_with_connect_info::<CutSwitch>();
        let server = tokio::spawn({
            let stop = stop.clone();
            async move {
                let served = axum::serve(CutListener(listener), service)
                    .with_graceful_shutdown(stop.cancelled_owned())
                    .await;
                if let Err(error) = served {
                    tracing::error!(%error, "the server stopped");
                }
            }
        });
        let expiry = tokio::spawn({
            let (stop, simulator) = (stop.clone(), self.clone());
            async move {
                loop {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(simulator.shared.expiry_interval) => {}
                    }
                    if simulator.shared.has_due_tasks() {
                        simulator.run_due_tasks();
                    }
                }
            }
        });
        Ok(RunningSimulator {
            simulator: self.clone(),
            url,
            address,
            stop,
            tasks: Some((server, expiry)),
        })
    }
}

/// Returns the address for clients on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// A simulator that is being served. Dropping it stops serving at once; [`shutdown`](Self::shutdown) stops it in
/// order.
#[derive(Debug)]
pub struct RunningSimulator {
    simulator: Simulator,
    url: String,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: Option<(JoinHandle<()>, JoinHandle<()>)>,
}

impl RunningSimulator {
    /// Returns the address, such as `http://127.0.0.1:43211`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the base of the merchant API: [`url`](Self::url) followed by `/pg`.
    pub fn api_base_url(&self) -> String {
        format!("{}/pg", self.url)
    }

    /// Returns the socket address.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns the simulator.
    pub const fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Stops accepting connections, finishes requests and webhook attempts in progress, and gives up scheduled
    /// attempts. Requests that take longer than 10 seconds, such as those of a long
    /// [`ApiFault::Delay`](crate::ApiFault::Delay), are aborted.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some((mut server, expiry)) = self.tasks.take() {
            if tokio::time::timeout(SHUTDOWN_GRACE, &mut server)
                .await
                .is_err()
            {
                server.abort();
            }
            // The task ends once it is cancelled.
            let _ = expiry.await;
        }
        self.simulator.shared.sender.quiesce().await;
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some((server, expiry)) = self.tasks.take() {
            server.abort();
            expiry.abort();
            self.simulator.shared.sender.halt();
        }
    }
}
