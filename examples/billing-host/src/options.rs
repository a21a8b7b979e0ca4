//! Options that the application is started with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use payment_provider_core::Environment;
use payment_provider_host::HostConfig;
use secrecy::SecretString;
use url::Url;

/// Options that the application is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to serve on. Port 0 picks any free port.
    pub listen: SocketAddr,
    /// Database that holds invoices and payments.
    pub database: DatabaseLocation,
    /// Gateway of the seeded connection.
    pub gateway: GatewayTarget,
    /// Base URL under which gateways reach this application. `None` uses the address served on, which
    /// only a simulator can reach.
    pub public_url: Option<Url>,
    /// Data created at the first start.
    pub seed: Seed,
    /// File with the keys that encrypt the secrets of connections. `None` uses `<database>.key`.
    pub key_file: Option<PathBuf>,
    /// True to start although the database has secrets under keys that are not in the key file, so that
    /// they can be entered again.
    pub allow_unknown_keys: bool,
    /// Time after which another worker may apply a delivery whose worker no longer renews its lease.
    pub delivery_lease: Duration,
    /// Token of the operator, which reaches all organizations. `None` generates a random one.
    pub api_key: Option<SecretString>,
    /// Addresses of the proxies before this application. Wrong API keys are counted by the address of the
    /// client, which their header `X-Forwarded-For` names.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Options {
    /// Returns free ports on this machine, a temporary database, a simulator in this process and demo
    /// data.
    fn default() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any_port,
            database: DatabaseLocation::Temporary,
            gateway: GatewayTarget::EmbeddedSimulator(any_port),
            public_url: None,
            seed: Seed::Demo,
            key_file: None,
            allow_unknown_keys: false,
            delivery_lease: HostConfig::default().delivery_lease,
            api_key: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Location of the database.
#[derive(Debug, Clone)]
pub enum DatabaseLocation {
    /// A SQLite file in a temporary directory that is removed at shutdown.
    Temporary,
    /// A SQLite file at this path.
    File(PathBuf),
    /// A PostgreSQL database at this URL, which may contain a password. Requires a
    /// [`key_file`](Options::key_file) that is the same for all processes on the database.
    Postgres(SecretString),
}

/// Gateway that the seeded connection talks to.
#[derive(Debug, Clone)]
pub enum GatewayTarget {
    /// A simulator started in this process on this address.
    EmbeddedSimulator(SocketAddr),
    /// A simulator in another process at this URL.
    ExternalSimulator(Url),
    /// The gateway itself.
    Live {
        /// Environment of the merchant account: sandbox, or production, where money moves.
        environment: Environment,
        /// Credentials of the merchant account. Required only to seed the connection.
        credentials: Option<Credentials>,
    },
}

/// API credentials of a merchant account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Public id of the account.
    pub client_id: String,
    /// Secret that authenticates API calls.
    pub client_secret: SecretString,
}

/// Data created at the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// One organization with one connection. Outside of production also a customer with three invoices.
    Demo,
    /// No data.
    Nothing,
}
