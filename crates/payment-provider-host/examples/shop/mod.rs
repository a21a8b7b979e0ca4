//! A shop for the examples: a host on a temporary database, with one customer and one merchant
//! account at an in-memory gateway. The example `payment_url` sets all of this up step by step.

#![allow(dead_code, reason = "no example uses all of it")]

use payment_provider_conformance::fake::{FakeDelivery, FakeGateway};
use payment_provider_host::inbox::Receipt;
use payment_provider_host::prelude::*;
use tempfile::TempDir;

pub(crate) struct Shop {
    pub(crate) gateway: FakeGateway,
    pub(crate) host: Host,
    pub(crate) provider: ProviderId,
    pub(crate) connection: ConnectionRef,
    folder: TempDir,
}

impl Shop {
    /// Opens a shop that handles changes of its payables with this handler; `()` does nothing.
    pub(crate) async fn open(
        handler: impl PaymentHandler,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let gateway = FakeGateway::new();
        let mut registry = ProviderRegistry::new();
        registry.register(gateway.factory())?;
        let folder = tempfile::tempdir()?;
        let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
        let host = Host::sqlite(folder.path().join("shop.db"))
            .with_registry(registry)
            .with_encryption_keys(EncryptionKeys::new(key))
            .with_handler(handler)
            .build()
            .await?;

        let provider = ProviderId::new("fake")?;
        let organization = OrganizationId::new("acme")?;
        let connection = ConnectionRef::new(organization, ConnectionCode::new("main")?);
        let settings = gateway.settings("main");
        let new = NewConnection::new(connection.clone(), provider.clone(), "Main", settings);
        host.add_connection(new).await?;
        let customer = Customer::new(CustomerId::new("customer-7")?);
        host.link_customer(&connection, &customer).await?;
        Ok(Self {
            gateway,
            host,
            provider,
            connection,
            folder,
        })
    }

    /// Returns an invoice of INR 200.12 for the customer.
    pub(crate) fn invoice(&self, id: &str) -> Result<Payable, Box<dyn std::error::Error>> {
        Ok(Payable::new(
            self.connection.organization.clone(),
            PayableId::new(id)?,
            Money::from_decimal("200.12", Currency::INR)?,
            format!("Invoice {id}"),
            CustomerId::new("customer-7")?,
        ))
    }

    /// Passes a request of the gateway on, as a web server does.
    pub(crate) async fn receive(&self, delivery: &FakeDelivery) -> Result<Receipt, Error> {
        let host = &self.host;
        let request = delivery.request();
        host.receive_webhook(&self.provider, &self.connection, &request)
            .await
    }

    /// Changes tables of the shop's own, in a transaction of their own.
    pub(crate) async fn execute(
        &self,
        sql: &'static str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut tx = self.host.begin().await?;
        sqlx::query(sql)
            .execute(tx.sqlite().ok_or("not SQLite")?)
            .await?;
        Ok(self.host.commit(tx).await?)
    }

    /// Closes the database and removes its folder.
    pub(crate) async fn close(self) -> Result<(), Box<dyn std::error::Error>> {
        self.host.store().close().await;
        Ok(self.folder.close()?)
    }
}
