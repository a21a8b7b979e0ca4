use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use payment_provider_core::Environment;
use secrecy::SecretString;
use url::Url;

/// How the application runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to serve on; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where invoices and payments are kept.
    pub database: DatabasePlace,
    /// Which gateway takes the payments.
    pub gateway: Gateway,
    /// The address under which the gateway reaches this application. `None`: the address served on,
    /// which only a simulator can reach.
    pub public_url: Option<Url>,
    /// What is there at the first start.
    pub seed: Seed,
    /// File of the key that seals the secrets of connections. `None`: beside the database.
    pub key_file: Option<PathBuf>,
    /// The token that clients of the API present. `None`: a random one.
    pub api_key: Option<SecretString>,
}

impl Default for Options {
    /// Free ports on this machine, a temporary database, a simulator in this process, demo data.
    fn default() -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any_port,
            database: DatabasePlace::Temporary,
            gateway: Gateway::OwnSimulator(any_port),
            public_url: None,
            seed: Seed::Demo,
            key_file: None,
            api_key: None,
        }
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum DatabasePlace {
    /// In a temporary directory that is removed at the end.
    Temporary,
    /// In this file.
    File(PathBuf),
    /// In a PostgreSQL database, at this address; with a password in it, maybe. It needs a
    /// [`key_file`](Options::key_file), the same for all processes on the database.
    Postgres(SecretString),
}

/// Which gateway takes the payments.
#[derive(Debug, Clone)]
pub enum Gateway {
    /// A simulator in this process, on this address.
    OwnSimulator(SocketAddr),
    /// A simulator in another process, at this address.
    SimulatorAt(Url),
    /// The gateway that is simulated otherwise.
    Real {
        /// Whether money moves.
        environment: Environment,
        /// The merchant account of the seeded connection; needed only to seed it.
        credentials: Option<Credentials>,
    },
}

/// What a merchant account is called with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Names the account.
    pub client_id: String,
    /// Proves it.
    pub client_secret: SecretString,
}

/// What is there at the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// One organization with one connection; on a gateway that moves no money also a customer with
    /// three invoices.
    Demo,
    /// Nothing.
    Nothing,
}
