//! Connects a merchant account and a customer, and requests the URL at which an invoice is paid.
//!
//! ```text
//! cargo run -p payment-provider-host --example payment_url
//! ```

use payment_provider_conformance::fake::FakeGateway;
use payment_provider_host::accounting::CloseReason;
use payment_provider_host::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // An in-memory gateway. A real host registers the factory of a provider crate.
    let gateway = FakeGateway::new();
    let mut registry = ProviderRegistry::new();
    registry.register(gateway.factory())?;

    // The database, and the key that encrypts the secrets in it.
    let folder = tempfile::tempdir()?;
    let key = EncryptionKey::from_file_or_new(folder.path().join("encryption.key"))?;
    let host = Host::sqlite(folder.path().join("billing.db"))
        .with_registry(registry)
        .with_encryption_keys(EncryptionKeys::new(key))
        .build()
        .await?;

    // The merchant account and the customer who pays through it, once.
    let organization = OrganizationId::new("acme")?;
    let connection = ConnectionRef::new(organization.clone(), ConnectionCode::new("main")?);
    let (provider, settings) = (ProviderId::new("fake")?, gateway.settings("main"));
    let new = NewConnection::new(connection.clone(), provider, "Main account", settings);
    host.add_connection(new).await?;
    let customer = CustomerId::new("customer-7")?;
    let payer = Customer::new(customer.clone());
    host.link_customer(&connection, &payer).await?;

    // An invoice. The same checkout is returned as often as its URL is requested.
    let id = PayableId::new("invoice-1")?;
    let amount = Money::from_decimal("200.12", Currency::INR)?;
    let invoice = Payable::new(organization, id, amount, "Invoice 1", customer);
    for _ in 0..2 {
        match host.payment_url(&invoice).await?.pay() {
            Some(page) => println!(
                "{:?}: {}",
                page.origin,
                page.url.origin().ascii_serialization()
            ),
            None => println!("nothing is due"),
        }
    }

    // The host withdraws the invoice: its checkout is ended at the gateway.
    host.close(&invoice, CloseReason::Voided).await?;
    if let PaymentUrlOutcome::NothingDue(reason) = host.payment_url(&invoice).await? {
        println!("nothing is due: {reason}");
    }
    println!("the checkout is {}", gateway.checkouts()[0].status());
    host.store().close().await;
    Ok(folder.close()?)
}
