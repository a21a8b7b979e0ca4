//! Serving a simulator on an address.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connection::{CutListener, CutSwitch};
use crate::simulator::Simulator;

/// How long a shutdown waits for requests under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

impl Simulator {
    /// Serves the simulator on an address. Port 0 takes any free port.
    ///
    /// Unless a public URL was configured, link addresses begin with the address served on.
    pub async fn start(&self, address: impl ToSocketAddrs) -> io::Result<RunningSimulator> {
        self.serve(TcpListener::bind(address).await?)
    }

    /// Serves the simulator on a listener. Wants a Tokio runtime.
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
                    tracing::error!(%error, "the server ended");
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

/// The address a client on this machine would use.
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

/// A simulator that is being served. Dropping it stops serving at once; [`shutdown`](Self::shutdown) does so in order.
#[derive(Debug)]
pub struct RunningSimulator {
    simulator: Simulator,
    url: String,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: Option<(JoinHandle<()>, JoinHandle<()>)>,
}

impl RunningSimulator {
    /// The address served on, such as `http://127.0.0.1:43211`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base of the merchant API: [`url`](Self::url) followed by `/pg`.
    pub fn api_base_url(&self) -> String {
        format!("{}/pg", self.url)
    }

    /// The socket served on.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The simulator itself, to watch and steer.
    pub const fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// Takes no more connections, finishes requests and webhook attempts under way, and gives up scheduled ones.
    /// Requests that are not finished after 10 seconds, such as those of a long [`ApiFault::Delay`](crate::ApiFault::Delay),
    /// are cut off.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some((mut server, expiry)) = self.tasks.take() {
            if tokio::time::timeout(SHUTDOWN_GRACE, &mut server)
                .await
                .is_err()
            {
                server.abort();
            }
            // Ends by itself once stopped.
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
