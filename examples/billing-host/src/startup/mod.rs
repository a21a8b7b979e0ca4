//! Startup and shutdown: wires the database, the gateways, the payment runtime, the routes and the
//! background tasks together.

mod error;
mod running;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use payment_provider_axum::{Limits, serve_routes, webhook_routes, webhook_routes_at};
use payment_provider_host::encryption::EncryptionKeys;
use payment_provider_host::{ErrorKind, Host, HostBuilder, HostConfig};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::api_key::ApiKey;
use crate::database::PreparedDatabase;
use crate::demo::simulator;
use crate::gateways::gateways;
use crate::invoices::InvoiceHandler;
use crate::options::{GatewayTarget, Options};
use crate::pages::MAX_STREAMS;
use crate::secret_draft::DraftKey;
use crate::session::Sessions;
use crate::state::App;
use crate::{encryption_key, routes, seed, tables};

pub use error::StartError;
pub use running::Running;

/// Interval between two reads of the sessions that other processes ended.
const SIGN_OUT_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The billing application.
#[derive(Debug, Clone, Copy)]
pub struct BillingHost;

impl BillingHost {
    /// Starts the application. When this returns, it serves requests, applies webhooks and has its seed
    /// data.
    ///
    /// # Errors
    /// Returns an error if an address is taken, or if the database, the key file, a gateway or the seed
    /// cannot be set up. Then no task keeps running and no temporary file remains.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let token = options.api_key.unwrap_or_else(ApiKey::random_token);
        let api_key = ApiKey::new(&token).ok_or(StartError::ApiKey)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(StartError::Files)?;
        let url = format!("http://{}", client_address(address));

        let simulator = match &options.gateway {
            GatewayTarget::EmbeddedSimulator(listen) => Some(simulator::start(*listen).await?),
            _ => None,
        };
        let simulator_url = match (&simulator, &options.gateway) {
            (Some(running), _) => Some(running.url().to_owned()),
            (None, GatewayTarget::ExternalSimulator(url)) => {
                Some(url.as_str().trim_end_matches('/').to_owned())
            }
            _ => None,
        };
        let own_url: Url = url.parse().map_err(StartError::Url)?;
        // Only a simulator can reach a loopback address. Without a public URL, links to a real gateway
        // carry no webhook URL.
        let webhook_base_url = match (&options.public_url, &simulator_url) {
            (Some(public_url), _) => Some(public_url.clone()),
            (None, Some(_)) => Some(own_url.clone()),
            (None, None) => None,
        };

        let receives_webhooks = webhook_base_url.is_some();
        let prepared = PreparedDatabase::create(&options.database).map_err(StartError::Files)?;
        let keys = encryption_key::load_or_create(options.key_file.as_deref(), prepared.path())
            .ok_or(StartError::NoKeyFile)??;
        let path = prepared.path().map(Path::to_path_buf);
        let failed = |source| match path {
            Some(path) => StartError::Database { path, source },
            None => StartError::Server(source),
        };
        let host = build_host(prepared.host(), keys, webhook_base_url)
            .await
            .map_err(|error| match error {
                StartError::Runtime(error) if matches!(error.kind(), ErrorKind::Storage) => {
                    failed(error)
                }
                other => other,
            })?;
        let database = prepared.opened_by(host.clone());
        tables::create(&host)
            .await
            .map_err(|error| StartError::Tables(error.into()))?;
        let salt = tables::session_salt(&host).await;
        let salt = salt.map_err(|error| StartError::Tables(error.into()))?;
        let seeded = seed::ensure(
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
        let ended = tables::ended_sessions(&host).await;
        sessions.record_ended(ended.map_err(|error| StartError::Tables(error.into()))?);
        let sign_outs = tokio::spawn(poll_sign_outs(sessions.clone(), host.clone()));
        // Without a public URL, the merchant may still have registered the URL of a tunnel at the
        // gateway, so the routes are served anyway.
        let webhooks = webhook_routes(host.clone())
            .unwrap_or_else(|_| webhook_routes_at(host.clone(), own_url));
        let routes = routes::router(App {
            host: host.clone(),
            api_key,
            sessions,
            drafts,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            stop: stop.clone(),
        })
        .merge(webhooks);
        let server = tokio::spawn({
            let stop = stop.clone();
            async move {
                serve_routes(listener, routes, Limits::default(), stop.cancelled_owned()).await
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
            receives_webhooks,
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

/// Reads repeatedly which sessions were ended by other processes on the same database.
async fn poll_sign_outs(sessions: Sessions, host: Host) {
    let mut ticks = tokio::time::interval(SIGN_OUT_POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match tables::ended_sessions(&host).await {
            Ok(ended) => sessions.record_ended(ended),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the sessions ended by other processes could not be read"
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

async fn build_host(
    builder: HostBuilder,
    keys: EncryptionKeys,
    public_url: Option<Url>,
) -> Result<Host, StartError> {
    let registry = gateways().map_err(StartError::Gateways)?;
    let mut config = HostConfig::default();
    config.public_url = public_url;
    let host = builder
        .with_registry(registry)
        .with_encryption_keys(keys)
        .with_handler(InvoiceHandler)
        .with_config(config)
        .build()
        .await?;
    Ok(host)
}

/// Replaces an unspecified address by the loopback address, which clients on this machine can use.
fn client_address(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}
