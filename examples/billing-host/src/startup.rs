//! Everything wired together: store, gateways, runtime, routes, and what runs beside the server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use payment_provider_axum::{webhook_routes, webhook_routes_at};
use payment_provider_host::{
    AnyStore, BuildError, Host, HostConfig, KeyFileError, SealingKeys, StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::database::{Database, Place};
use crate::demo::simulator::{self, RunningSimulator};
use crate::gateways::gateways;
use crate::invoices::InvoiceHandler;
use crate::keys::{self, ApiKey};
use crate::options::{Gateway, Options};
use crate::pages::{DraftKey, MOST_STREAMS, Sessions};
use crate::seed::{self, SeedError};
use crate::state::App;
use crate::{routes, tables};

/// How long a shutdown waits for requests under way, and for the delivery being applied.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// How often is looked who signed out at another process.
const LOOK_FOR_SIGN_OUTS: Duration = Duration::from_secs(1);

/// The application.
#[derive(Debug, Clone, Copy)]
pub struct BillingHost;

impl BillingHost {
    /// Starts it: afterwards it serves, applies webhooks, and has its seed.
    ///
    /// # Errors
    /// An address is taken, or something it needs cannot be had. Nothing is left running, and no
    /// temporary file behind.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let token = options.api_key.unwrap_or_else(ApiKey::random_token);
        let api_key = ApiKey::new(&token).ok_or(StartError::ApiKey)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(StartError::Files)?;
        let url = format!("http://{}", reachable(address));

        let simulator = match &options.gateway {
            Gateway::OwnSimulator(listen) => Some(simulator::start(*listen).await?),
            _ => None,
        };
        let simulator_url = match (&simulator, &options.gateway) {
            (Some(running), _) => Some(running.url().to_owned()),
            (None, Gateway::SimulatorAt(url)) => {
                Some(url.as_str().trim_end_matches('/').to_owned())
            }
            _ => None,
        };
        let own_url: Url = url.parse().map_err(StartError::Url)?;
        // A gateway elsewhere can reach no loopback address: without a public one, links name none.
        let notified_at = match (&options.public_url, &simulator_url) {
            (Some(public_url), _) => Some(public_url.clone()),
            (None, Some(_)) => Some(own_url.clone()),
            (None, None) => None,
        };

        let webhooks_arrive = notified_at.is_some();
        let place = Place::prepare(&options.database).map_err(StartError::Files)?;
        let keys = keys::sealing_keys(options.key_file.as_deref(), place.path())
            .ok_or(StartError::NoKeyFile)??;
        let path = place.path().map(Path::to_path_buf);
        let failed = |source| match path {
            Some(path) => StartError::Database { path, source },
            None => StartError::Server(source),
        };
        let database = place.open().await.map_err(failed)?;
        tables::create(&database.store)
            .await
            .map_err(|error| StartError::Tables(error.into()))?;
        let salt = tables::session_salt(&database.store).await;
        let salt = salt.map_err(|error| StartError::Tables(error.into()))?;
        let host = host(&database, keys, notified_at).await?;
        let seeded = seed::plant(
            &host,
            &options.gateway,
            simulator_url.as_deref(),
            options.seed,
        )
        .await?;

        let stop = CancellationToken::new();
        let session_key = api_key.session_key(&salt);
        let drafts = DraftKey::derive(&session_key);
        let sessions = Sessions::new(session_key);
        let ended = tables::ended_sessions(host.store()).await;
        sessions.learn(ended.map_err(|error| StartError::Tables(error.into()))?);
        let sign_outs = tokio::spawn(learn_sign_outs(sessions.clone(), host.clone()));
        // Without a public address one may still have been pasted at the gateway: a tunnel's, say.
        let webhooks = webhook_routes(host.clone())
            .unwrap_or_else(|_| webhook_routes_at(host.clone(), own_url));
        let routes = routes::router(App {
            host: host.clone(),
            api_key,
            sessions,
            drafts,
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            stop: stop.clone(),
        })
        .merge(webhooks);
        let server = tokio::spawn({
            let stop = stop.clone();
            async move {
                axum::serve(listener, routes)
                    .with_graceful_shutdown(stop.cancelled_owned())
                    .await
            }
        });
        let inbox_stop = CancellationToken::new();
        let inbox = tokio::spawn({
            let inbox_stop = inbox_stop.clone();
            async move { host.run_inbox(inbox_stop).await }
        });
        Ok(Running {
            url,
            simulator_url,
            webhooks_arrive,
            token,
            seeded,
            stop,
            server: AbortOnDropHandle::new(server),
            inbox_stop,
            inbox: AbortOnDropHandle::new(inbox),
            _sign_outs: AbortOnDropHandle::new(sign_outs),
            simulator,
            database,
        })
    }
}

/// The application while it serves. Dropping it stops it at once; [`shutdown`](Self::shutdown) does
/// so in order.
#[derive(Debug)]
pub struct Running {
    url: String,
    simulator_url: Option<String>,
    webhooks_arrive: bool,
    token: SecretString,
    seeded: seed::Seeded,
    stop: CancellationToken,
    server: AbortOnDropHandle<io::Result<()>>,
    inbox_stop: CancellationToken,
    inbox: AbortOnDropHandle<()>,
    _sign_outs: AbortOnDropHandle<()>,
    simulator: Option<RunningSimulator>,
    database: Database,
}

impl Running {
    /// The address it serves on, such as `http://127.0.0.1:3000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of the simulator, if payments go to one.
    pub fn simulator_url(&self) -> Option<&str> {
        self.simulator_url.as_deref()
    }

    /// The token that clients of the API present.
    pub fn api_key(&self) -> &str {
        self.token.expose_secret()
    }

    /// The database file; `None` where the database is a server's.
    pub fn database(&self) -> Option<&Path> {
        self.database.path()
    }

    pub(crate) const fn has_temporary_database(&self) -> bool {
        self.database.is_temporary()
    }

    /// Whether the gateway is told an address to deliver webhooks to.
    pub(crate) const fn webhooks_arrive(&self) -> bool {
        self.webhooks_arrive
    }

    pub(crate) const fn seeded(&self) -> &seed::Seeded {
        &self.seeded
    }

    /// Takes no more connections, finishes what is under way, closes the database.
    pub async fn shutdown(self) {
        let Self {
            stop,
            mut server,
            inbox_stop,
            mut inbox,
            simulator,
            database,
            ..
        } = self;
        // Requests under way may need the simulator, and so may the delivery being applied.
        stop.cancel();
        match tokio::time::timeout(LAST_ORDERS, &mut server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "the server ended badly"),
            Ok(Err(error)) => tracing::error!(%error, "the server did not end by itself"),
            Err(_) => tracing::warn!("requests under way are cut off"),
        }
        drop(server);
        inbox_stop.cancel();
        if tokio::time::timeout(LAST_ORDERS, &mut inbox).await.is_err() {
            tracing::warn!("a delivery under way is left for the next start");
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

/// Learns who signed out at another process on the same database.
async fn learn_sign_outs(sessions: Sessions, host: Host<AnyStore>) {
    let mut ticks = tokio::time::interval(LOOK_FOR_SIGN_OUTS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match tables::ended_sessions(host.store()).await {
            Ok(ended) => sessions.learn(ended),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "who signed out elsewhere is not known"
            ),
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen {
            flag: "--listen",
            address,
            source,
        })
}

async fn host(
    database: &Database,
    keys: SealingKeys,
    public_url: Option<Url>,
) -> Result<Host<AnyStore>, StartError> {
    let registry = gateways().map_err(StartError::Gateways)?;
    let mut config = HostConfig::default();
    config.public_url = public_url;
    let host = Host::builder(database.store.clone(), registry, keys)
        .with_handler(InvoiceHandler)
        .with_config(config)
        .build()
        .await?;
    Ok(host)
}

/// The address a client on this machine would use.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

/// Why the application did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be served on, most often because something else does.
    #[error("cannot listen on {address}; choose another address with {flag}")]
    Listen {
        /// The option that sets it.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The API token cannot be sent in a header.
    #[error("the API key must be 1 to 512 visible ASCII characters without blanks")]
    ApiKey,
    /// A temporary directory or a socket cannot be had.
    #[error("the system refuses what is needed")]
    Files(#[source] io::Error),
    /// The address served on is no URL.
    #[error("the address served on makes no URL")]
    Url(#[source] url::ParseError),
    /// The database cannot be opened.
    #[error("cannot use the database {}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the store said.
        source: StoreError,
    },
    /// The database server cannot be used.
    #[error("cannot use the database")]
    Server(#[source] StoreError),
    /// Beside a server's database there is no place for a key.
    #[error("name the key that seals secrets with --key-file, the same for every process")]
    NoKeyFile,
    /// The application's tables cannot be made.
    #[error("cannot make the application's tables")]
    Tables(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The sealing key cannot be read or made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The simulator cannot be set up.
    #[error("cannot set up the simulator")]
    Simulator(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A gateway cannot be set up.
    #[error("cannot set up the gateways")]
    Gateways(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The runtime cannot start.
    #[error(transparent)]
    Runtime(#[from] BuildError),
    /// The seed cannot be planted.
    #[error(transparent)]
    Seed(#[from] SeedError),
}
