//! The facade of the runtime: every method delegates to the module that does the work.

mod builder;
mod connections;
mod inbox;
mod keys;
mod payables;

use std::fmt;
use std::sync::Arc;

pub use builder::HostBuilder;
use payment_provider_core::reexport::url::Url;
use payment_provider_core::{Clock, ProviderId, ProviderRegistry};

use crate::checkouts::Checkouts;
use crate::connection_ref::ConnectionRef;
use crate::connections::Connections;
use crate::error::Error;
use crate::inbox::Inbox;
use crate::store::{Store, Transaction};
use crate::workflows::Workflows;

/// The host runtime: connections, customer links, checkouts, the webhook inbox and cash application, on one
/// database.
///
/// Cloning is cheap; all clones are the same runtime.
///
/// # Examples
/// ```
/// use payment_provider_host::page::PageRequest;
/// use payment_provider_host::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("billing.db");
/// # let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
/// let keys = EncryptionKeys::new(key);
/// let host = Host::sqlite(path).with_encryption_keys(keys).build().await?;
/// let organization = OrganizationId::new("acme")?;
/// let page = host.connections(Some(&organization), &PageRequest::default()).await?;
/// assert!(page.items.is_empty());
/// # host.store().close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    connections: Connections,
    checkouts: Checkouts,
    inbox: Inbox,
    workflows: Workflows,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("registry", self.registry())
            .field("store", self.store())
            .finish_non_exhaustive()
    }
}

impl Host {
    /// Returns the database, for the host's own reads, and to close it.
    pub fn store(&self) -> &Store {
        &self.inner.checkouts.reconciler.ledger.store
    }

    /// Begins a transaction that writes, for the host's own tables. Concurrent writers wait for each other; on
    /// SQLite all transactions that write run one after the other. Dropping it rolls it back.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        Ok(self.store().begin().await?)
    }

    /// Begins a transaction that only reads, from one consistent state. It waits for no writer.
    pub async fn begin_read(&self) -> Result<Transaction, Error> {
        Ok(self.store().begin_read().await?)
    }

    /// Makes everything in a transaction durable.
    pub async fn commit(&self, tx: Transaction) -> Result<(), Error> {
        Ok(tx.commit().await?)
    }

    /// Returns the registered providers.
    pub fn registry(&self) -> &ProviderRegistry {
        self.inner.connections.registry()
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Returns the URL under which gateways reach this host,
    /// [`HostConfig::public_url`](crate::HostConfig::public_url).
    pub fn public_url(&self) -> Option<&Url> {
        self.inner.connections.public_url()
    }

    /// Returns the URL to which the gateway of a connection sends its webhooks, as the merchant enters it at
    /// the gateway: `<public>/webhooks/<provider>/<organization>?code=<connection>`.
    ///
    /// `None` while [`HostConfig::public_url`](crate::HostConfig::public_url) is not set.
    pub fn webhook_url(&self, provider: &ProviderId, connection: &ConnectionRef) -> Option<Url> {
        self.inner.connections.webhook_url(provider, connection)
    }
}
