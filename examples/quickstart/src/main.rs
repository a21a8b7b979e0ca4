//! A host that makes one invoice payable and receives its webhooks.

use payment_provider_axum::serve;
use payment_provider_host::prelude::*;
use provider_cashfree::CashfreeFactory;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::sqlite("billing.db")
        .with_provider(CashfreeFactory::new()?.with_loopback(true))
        .with_key_file("billing.key")
        .build()
        .await?;
    let main = ConnectionRef::new("acme".parse()?, "main".parse()?);
    let settings = ConnectionSettings::from_env("CASHFREE_")?;
    let new = NewConnection::new(main.clone(), "cashfree".parse()?, "Main", settings);
    host.ensure_connection(new).await?;
    let customer = Customer::new("customer-7".parse()?).with_phone("9000000000");
    host.link_customer(&main, &customer).await?;
    let (id, due) = ("invoice-1".parse()?, "INR 200.12".parse()?);
    let invoice = Payable::new(main.organization, id, due, "Invoice 1", customer.id);
    println!("{}", host.payment_url(&invoice).await?.describe());
    Ok(serve(host, std::env::var("LISTEN")?).await?)
}
