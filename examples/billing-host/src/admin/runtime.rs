//! The database and the payment runtime that a command works with.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use payment_provider_core::{ConnectionCode, OrganizationId};
use payment_provider_host::encryption::{EncryptionKey, EncryptionKeys};
use payment_provider_host::{ConnectionRef, ErrorKind, Host};
use secrecy::SecretString;
use uuid::Uuid;

use super::command_result::CommandError;
use crate::database::{Database, PreparedDatabase};
use crate::gateways::{GatewayAddresses, gateways};
use crate::invoices::InvoiceHandler;
use crate::options::DatabaseLocation;
use crate::{database_argument, encryption_key, seed};

/// Arguments of every command: the database, the organization and the output format.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Database: sqlite:PATH or `postgres://USER@HOST/NAME` [env: `BILLING_HOST_DATABASE`]. Servers may be
    /// running on it.
    #[arg(long, global = true, value_name = "DATABASE", value_parser = database_argument::parse)]
    database: Option<DatabaseLocation>,
    /// File with the keys that encrypt the secrets of connections [default: the database file with .key
    /// appended].
    #[arg(long, global = true, value_name = "PATH")]
    key_file: Option<PathBuf>,
    /// Organization that the command works on.
    #[arg(long, global = true, value_name = "ID", default_value = seed::ORGANIZATION)]
    pub(super) organization: OrganizationId,
    /// Prints JSON instead of text.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

impl Target {
    /// Returns the connection of the organization with this code.
    pub(super) fn connection(&self, code: ConnectionCode) -> ConnectionRef {
        ConnectionRef::new(self.organization.clone(), code)
    }
}

/// Access of a command to the secrets of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretAccess {
    /// The command decrypts secrets, so it needs the key file of the servers.
    Required,
    /// The command works without a key file.
    NotNeeded,
}

/// The payment runtime of a command, beside those of the servers. It runs no inbox worker.
pub(super) struct AdminRuntime {
    pub(super) host: Host,
    database: Database,
}

impl AdminRuntime {
    pub(super) async fn open(target: &Target, secrets: SecretAccess) -> Result<Self, CommandError> {
        let location = database_argument::or_environment(target.database.clone())?;
        let location =
            location.ok_or("set the database with --database or BILLING_HOST_DATABASE")?;
        let prepared = PreparedDatabase::create(&location)?;
        let keys = match secrets {
            SecretAccess::Required => {
                let path = encryption_key::path(target.key_file.as_deref(), prepared.path());
                let path = path.ok_or("set the key file of the servers with --key-file")?;
                EncryptionKeys::from_file(&path)?
            }
            SecretAccess::NotNeeded => {
                EncryptionKeys::new(EncryptionKey::from_text(&random_key())?)
            }
        };
        // A command works with the connections of every server, of which some may use a simulator.
        let addresses = GatewayAddresses::OfficialAndLocal;
        let registry = gateways(addresses).map_err(|error| -> CommandError { error })?;
        prepared.try_location().await?;
        let host = prepared
            .host()
            .open_beside()
            .with_registry(registry)
            .with_encryption_keys(keys)
            .with_handler(InvoiceHandler)
            .build()
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::Storage => CommandError::from(prepared.failure(error)),
                _ => error.into(),
            })?;
        let database = prepared.opened_by(host.clone());
        Ok(Self { host, database })
    }

    pub(super) async fn close(self) -> Result<(), CommandError> {
        Ok(self.database.close().await?)
    }
}

/// Generates a key for commands that decrypt nothing.
fn random_key() -> SecretString {
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    SecretString::from(BASE64.encode(&random.concat()))
}
