use std::io;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::database::Database;
use crate::demo::simulator::RunningSimulator;
use crate::idempotency::Idempotency;
use crate::seed;

/// Longest wait, each, for requests in progress and for the webhook delivery in progress.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// The serving application. [`shutdown`](Self::shutdown) stops it in order; dropping it stops it at once.
#[derive(Debug)]
pub struct Running {
    pub(super) url: String,
    pub(super) simulator_url: Option<String>,
    pub(super) receives_webhooks: bool,
    pub(super) token: SecretString,
    pub(super) seeded: seed::Seeded,
    pub(super) stop: CancellationToken,
    pub(super) server: AbortOnDropHandle<io::Result<()>>,
    pub(super) inbox_stop: CancellationToken,
    pub(super) inbox: AbortOnDropHandle<()>,
    pub(super) idempotency: Idempotency,
    pub(super) _cleanup: AbortOnDropHandle<()>,
    pub(super) simulator: Option<RunningSimulator>,
    pub(super) database: Database,
}

impl Running {
    /// Returns the URL served on, such as `http://127.0.0.1:3000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL of the simulator, if the seeded connection uses one.
    pub fn simulator_url(&self) -> Option<&str> {
        self.simulator_url.as_deref()
    }

    /// Returns the token of the operator, which reaches all organizations.
    pub fn api_key(&self) -> &str {
        self.token.expose_secret()
    }

    /// Returns the path of the database file, or `None` for a database server.
    pub fn database(&self) -> Option<&Path> {
        self.database.path()
    }

    pub(crate) const fn has_temporary_database(&self) -> bool {
        self.database.is_temporary()
    }

    /// Returns true if payment links carry a URL to deliver webhooks to.
    pub(crate) const fn receives_webhooks(&self) -> bool {
        self.receives_webhooks
    }

    pub(crate) const fn seeded(&self) -> &seed::Seeded {
        &self.seeded
    }

    /// Stops accepting connections, finishes the requests and the delivery in progress, stops the
    /// simulator and closes the database.
    pub async fn shutdown(self) {
        let Self {
            stop,
            mut server,
            inbox_stop,
            mut inbox,
            idempotency,
            simulator,
            database,
            ..
        } = self;
        // Requests and the delivery in progress may call the simulator, so it stops after them.
        stop.cancel();
        match tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "the server failed"),
            Ok(Err(error)) => tracing::error!(%error, "the server task failed"),
            Err(_) => tracing::warn!("requests in progress were aborted after the timeout"),
        }
        drop(server);
        let finish = idempotency.finish();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, finish)
            .await
            .is_err()
        {
            tracing::warn!("requests with an idempotency key were aborted after the timeout");
        }
        inbox_stop.cancel();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut inbox)
            .await
            .is_err()
        {
            tracing::warn!("a webhook delivery in progress is left for the next start");
        }
        drop(inbox);
        if let Some(simulator) = simulator {
            simulator.shutdown().await;
        }
        if let Err(error) = database.close().await {
            tracing::error!(%error, "the temporary database could not be removed");
        }
    }
}
