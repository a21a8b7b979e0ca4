//! Startup and shutdown: wires the database, the gateways, the payment runtime, the routes and the
//! background tasks together.

mod error;
mod running;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use payment_provider_axum::{Limits, serve_routes, webhook_routes, webhook_routes_at};
use payment_provider_host::encryption::{OtherKey, UnknownKeys};
use payment_provider_host::{Error, ErrorKind, Host, HostBuilder, HostConfig};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::access::{OperatorKey, Throttle};
use crate::database::PreparedDatabase;
use crate::demo::simulator;
use crate::gateways::{GatewayAddresses, gateways};
use crate::idempotency::{BodyHashKeys, Idempotency};
use crate::invoices::InvoiceHandler;
use crate::options::{GatewayTarget, Options};
use crate::pages::MAX_STREAMS;
use crate::secret_draft::DraftKey;
use crate::session::Sessions;
use crate::state::App;
use crate::tables::TableError;
use crate::{cleanup, customers, encryption_key, routes, seed, session_table, tables};

pub use error::StartError;
pub use running::Running;

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
        let token = options.api_key.unwrap_or_else(OperatorKey::random_token);
        let operator_key = OperatorKey::new(&token).ok_or(StartError::ApiKey)?;
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
        let simulated = simulator_url.as_ref().map(|_| own_url.clone());
        let webhook_base_url = options.public_url.clone().or(simulated);

        let addresses = match simulator_url {
            Some(_) => GatewayAddresses::OfficialAndLocal,
            None => GatewayAddresses::Official,
        };
        let receives_webhooks = webhook_base_url.is_some();
        let prepared = PreparedDatabase::create(&options.database).map_err(StartError::Files)?;
        prepared.try_location().await?;
        let key_file = encryption_key::path(options.key_file.as_deref(), prepared.path());
        let key_file = key_file.ok_or(StartError::NoKeyFile)?;
        let mut builder = prepared.host().with_key_file(&key_file);
        if options.allow_unknown_keys {
            builder = builder.allow_unknown_keys();
        }
        let mut config = HostConfig::default();
        config.public_url = webhook_base_url;
        config.delivery_lease = options.delivery_lease;
        let host = build_host(builder.with_config(config), addresses)
            .await
            .map_err(|error| match error {
                StartError::Runtime(error) => start_error(error, &prepared, &key_file),
                other => other,
            })?;
        let idempotency = Idempotency::new(host.clone(), body_keys(&key_file)?);
        let database = prepared.opened_by(host.clone());
        let salt = prepare_tables(&host).await;
        let salt = salt.map_err(|error| StartError::Tables(error.into()))?;
        let seeded = seed::ensure(
            &host,
            &options.gateway,
            simulator_url.as_deref(),
            options.seed,
        )
        .await?;

        let stop = CancellationToken::new();
        let session_key = operator_key.session_key(&salt);
        let drafts = DraftKey::derive(&session_key);
        let sessions = Sessions::new(session_key);
        let cleanup = tokio::spawn(cleanup::run(host.clone()));
        // Without a public URL, the merchant may still have registered the URL of a tunnel at the
        // gateway, so the routes are served anyway.
        let webhooks = webhook_routes(host.clone())
            .unwrap_or_else(|_| webhook_routes_at(host.clone(), own_url));
        let routes = routes::router(App {
            host: host.clone(),
            operator_key,
            throttle: Arc::new(Throttle::new()),
            trusted_proxies: options.trusted_proxies.into(),
            sessions,
            drafts,
            idempotency: idempotency.clone(),
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
            idempotency,
            _cleanup: AbortOnDropHandle::new(cleanup),
            simulator,
            database,
        })
    }
}

/// Creates what is missing in the application's tables, and returns the salt of the session key.
async fn prepare_tables(host: &Host) -> Result<Vec<u8>, TableError> {
    tables::create(host).await?;
    customers::complete_words(host).await?;
    session_table::salt(host).await
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

/// Returns the error of a start with the file that it is about.
fn start_error(source: Error, database: &PreparedDatabase, key_file: &Path) -> StartError {
    let is_unknown_key = |error: &Error| {
        std::error::Error::source(error)
            .is_some_and(|cause| cause.is::<UnknownKeys>() || cause.is::<OtherKey>())
    };
    let path = key_file.to_owned();
    match source.kind() {
        ErrorKind::Encryption if is_unknown_key(&source) => {
            StartError::UnknownKeys { path, source }
        }
        ErrorKind::Encryption => StartError::KeyFile { path, source },
        ErrorKind::Storage => StartError::Database(database.failure(source)),
        _ => StartError::Runtime(source),
    }
}

/// Derives the keys of body hashes from a key file that the payment runtime has read.
fn body_keys(key_file: &Path) -> Result<BodyHashKeys, StartError> {
    BodyHashKeys::from_file(key_file).map_err(|source| StartError::KeyFileLost {
        path: key_file.to_owned(),
        source,
    })
}

async fn build_host(builder: HostBuilder, addresses: GatewayAddresses) -> Result<Host, StartError> {
    let registry = gateways(addresses).map_err(StartError::Gateways)?;
    let host = builder
        .with_registry(registry)
        .with_handler(InvoiceHandler)
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
