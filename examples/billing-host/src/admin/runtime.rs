use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use payment_provider_core::OrganizationId;
use payment_provider_host::{AnyStore, Host, SealingKey, SealingKeys};
use secrecy::SecretString;
use uuid::Uuid;

use super::Failure;
use crate::cli;
use crate::database::{Database, Place};
use crate::gateways::gateways;
use crate::invoices::InvoiceHandler;
use crate::options::DatabasePlace;
use crate::{keys, seed};

/// On which books, and whose.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// Database: a file, as sqlite:PATH, or `postgres://USER@HOST/NAME` [env: `BILLING_HOST_DATABASE`].
    /// Servers may run on it.
    #[arg(long, global = true, value_name = "DATABASE", value_parser = cli::database)]
    database: Option<DatabasePlace>,
    /// Key that seals the secrets of connections [default: beside the database file].
    #[arg(long, global = true, value_name = "PATH")]
    key_file: Option<PathBuf>,
    /// The organization.
    #[arg(long, global = true, value_name = "ID", default_value = seed::ORGANIZATION)]
    pub(super) organization: OrganizationId,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// Whether secrets of connections are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    Opened,
    LeftAlone,
}

/// The runtime beside that of the servers. It applies nothing by itself.
pub(super) struct Opened {
    pub(super) host: Host<AnyStore>,
    database: Database,
}

impl Opened {
    pub(super) async fn at(at: &Where, secrets: Secrets) -> Result<Self, Failure> {
        let place = cli::place(at.database.clone())?;
        let place = place.ok_or("name the database with --database or BILLING_HOST_DATABASE")?;
        let place = Place::prepare(&place)?;
        let keys = match secrets {
            Secrets::Opened => {
                let path = keys::key_file(at.key_file.as_deref(), place.path());
                let path = path.ok_or("name the key of the servers with --key-file")?;
                SealingKeys::from_file(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?
            }
            Secrets::LeftAlone => SealingKeys::new(SealingKey::from_text(&a_key_to_nothing())?),
        };
        let database = place.open_beside().await?;
        let registry = gateways().map_err(|error| -> Failure { error })?;
        let host = Host::builder(database.store.clone(), registry, keys)
            .with_handler(InvoiceHandler)
            .build()
            .await?;
        Ok(Self { host, database })
    }

    pub(super) async fn close(self) -> Result<(), Failure> {
        Ok(self.database.close().await?)
    }
}

/// A key that opens no secret there is, for what has nothing to do with any.
fn a_key_to_nothing() -> SecretString {
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    SecretString::from(BASE64.encode(&random.concat()))
}
