//! Receives webhooks, and applies them: each payment is posted once.
//!
//! ```text
//! cargo run -p payment-provider-host --example webhooks
//! ```

mod shop;

use payment_provider_host::page::PageRequest;
use shop::Shop;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop::open(()).await?;
    let (host, connection) = (&shop.host, &shop.connection);
    let invoice = shop.invoice("invoice-1")?;
    let page = host.payment_url(&invoice).await?.pay();
    let page = page.ok_or("nothing is due")?;

    // The payer pays. This gateway reports it twice: once for the payment, once for the checkout.
    let mut deliveries = shop.gateway.checkout(&page.reference).pay().deliveries();
    // And one of the deliveries arrives again.
    deliveries.push(deliveries[0].clone());

    // A web server passes each request on. It answers with success once the delivery is stored.
    for delivery in &deliveries {
        let request = delivery.request();
        let receipt = host.receive_webhook(&shop.provider, connection, &request);
        println!("stored, duplicate: {}", receipt.await?.duplicate);
    }

    // A request that no secret of the connection signed is refused, and nothing is stored.
    let forged = deliveries[0].clone().forged().request();
    let receipt = host.receive_webhook(&shop.provider, connection, &forged);
    if let Err(error) = receipt.await {
        println!("refused: {error}");
    }

    // A server runs `Host::run_inbox` instead, which applies deliveries as they arrive.
    while host.apply_due_deliveries().await? > 0 {}
    let latest = host.deliveries(connection, &PageRequest::first(10)).await?;
    for delivery in latest.items {
        println!("{:?} is {}", delivery.types, delivery.state.as_str());
    }

    // Both deliveries were about one payment, which is posted once.
    let view = host.payable(&invoice.organization, &invoice.id).await?;
    let view = view.ok_or("the invoice is unknown")?;
    println!("{} received, {} due", view.received, view.due);
    shop.close().await
}
