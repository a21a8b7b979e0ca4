use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use payment_provider_host::Error;

use crate::access::MIN_TOKEN_BYTES;
use crate::database_failure::DatabaseFailure;
use crate::seed::SeedError;

/// The application could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be bound, usually because another process uses it.
    #[error("cannot listen on {address}; choose another address with {flag}")]
    Listen {
        /// Command line option that sets the address.
        flag: &'static str,
        /// Address that cannot be bound.
        address: SocketAddr,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The API token can be guessed or is not valid in a header.
    #[error(
        "the API key must be {MIN_TOKEN_BYTES} to 512 visible ASCII characters without spaces; \
         `openssl rand -hex 32` prints a good one"
    )]
    ApiKey,
    /// A temporary directory or a socket cannot be created.
    #[error("cannot create a temporary directory or socket")]
    Files(#[source] io::Error),
    /// The address served on does not form a URL.
    #[error("the listen address does not form a URL")]
    Url(#[source] url::ParseError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseFailure),
    /// A PostgreSQL database was given without a key file.
    #[error(
        "--key-file is required: the file with the encryption keys, the same for every process"
    )]
    NoKeyFile,
    /// The application's tables cannot be created.
    #[error("cannot create the application's tables")]
    Tables(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The key file cannot be read or created, or does not have the keys of the database.
    #[error("cannot use the key file {}", .path.display())]
    KeyFile {
        /// Path of the file.
        path: PathBuf,
        /// Error of the payment runtime.
        source: Error,
    },
    /// The key file could not be read once more, after the payment runtime had read it.
    #[error("cannot read the key file {} a second time; start again", .path.display())]
    KeyFileLost {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The database has secrets under keys that are not in the key file.
    #[error(
        "the key file {} is not the one of this database; name the right one with --key-file, or, if its \
         keys are lost, start with --allow-unknown-keys and enter the secrets of all connections again",
        .path.display()
    )]
    UnknownKeys {
        /// Path of the file.
        path: PathBuf,
        /// Error of the payment runtime, which names the keys.
        source: Error,
    },
    /// The simulator cannot be set up.
    #[error("cannot set up the simulator")]
    Simulator(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A gateway cannot be registered.
    #[error("cannot register the gateways")]
    Gateways(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The payment runtime cannot start.
    #[error(transparent)]
    Runtime(#[from] Error),
    /// The seed data cannot be created.
    #[error(transparent)]
    Seed(#[from] SeedError),
}
