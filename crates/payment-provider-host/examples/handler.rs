//! Writes the host's own table in the transaction that records a change:
//! `cargo run -p payment-provider-host --example handler`.

mod shop;

use payment_provider_core::reexport::async_trait;
use payment_provider_host::prelude::*;
use shop::Shop;

const TABLE: &str = "CREATE TABLE invoices (id TEXT PRIMARY KEY, status TEXT, paid INTEGER)";
const UPDATE: &str = "UPDATE invoices SET status = $1, paid = $2 WHERE id = $3";
const INSERT: &str = "INSERT INTO invoices (id) VALUES ('invoice-1')";

#[derive(Debug)]
struct Invoices;

#[async_trait]
impl PaymentHandler for Invoices {
    async fn on_change(
        &self,
        tx: &mut Transaction,
        change: &PayableChange<'_>,
    ) -> Result<(), HandlerError> {
        let update = sqlx::query(UPDATE)
            .bind(change.progress.as_str())
            .bind(change.applied.minor_units())
            .bind(change.payable.as_str());
        let done = update.execute(tx.sqlite().ok_or("not SQLite")?).await?;
        match done.rows_affected() {
            1 => Ok(()),
            // Nothing of the change is recorded.
            _ => Err("no such invoice".into()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop::open(Invoices).await?;
    let invoice = shop.invoice("invoice-1")?;
    shop.execute(TABLE).await?;
    // The handler does not find the invoice: that it has a checkout is not recorded.
    if let Err(error) = shop.host.payment_url(&invoice).await {
        println!("{error}");
    }
    // The next call finds the checkout.
    shop.execute(INSERT).await?;
    let page = shop.host.payment_url(&invoice).await?.pay();
    let page = page.ok_or("nothing is due")?;
    println!("{:?}", page.origin);
    let payment = shop.gateway.checkout(&page.reference).pay();
    shop.receive(&payment.deliveries()[0]).await?;
    shop.host.apply_due_deliveries().await?;
    let pool = shop.host.store().sqlite().ok_or("not SQLite")?;
    let row = sqlx::query_as("SELECT status, paid FROM invoices").fetch_one(pool);
    let (status, paid): (String, i64) = row.await?;
    println!("{status}, {paid} paise paid");
    shop.close().await
}
