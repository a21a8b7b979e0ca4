//! Changes the settings of a connection, and replaces its secret without losing a webhook.
//!
//! ```text
//! cargo run -p payment-provider-host --example change_settings
//! ```

mod shop;

use std::error::Error;

use payment_provider_host::connections::{Connection, SettingsChange};
use shop::Shop;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let shop = Shop::open(()).await?;
    let (host, connection) = (&shop.host, &shop.connection);

    // Only the named settings change, so that no secret has to be entered again. The result is
    // checked as a whole: all violations are in the error.
    let change = SettingsChange::new()
        .with("account", "")
        .with("colour", "red");
    if let Err(error) = host.change_settings(connection, &change).await {
        println!("{error}");
    }
    let change = SettingsChange::new().with("environment", "sandbox");
    show(&host.change_settings(connection, &change).await?);

    // The new secret is used from now on, and the old one still verifies webhooks.
    let rotated = host.rotate_secret(connection, "secrets", "the new secret".into());
    show(&rotated.await?);
    let account = shop.gateway.account("main");
    receive(&shop, "signed with the old secret").await;

    // Once the gateway signs with the new secret, the old one is removed.
    let before = host.connection(connection).await?.matched_secret;
    account.sign_with("the new secret");
    receive(&shop, "signed with the new secret").await;
    let after = host.connection(connection).await?.matched_secret;
    println!("the gateway has changed its secret: {}", before != after);
    show(&host.retire_secrets(connection, "secrets").await?);
    account.sign_with("the webhook secret of main");
    receive(&shop, "signed with the old secret").await;
    shop.close().await
}

fn show(connection: &Connection) {
    let (settings, secrets) = (&connection.settings, &connection.secrets);
    println!("{settings:?}, {} {}", secrets[0].count, secrets[0].field);
}

async fn receive(shop: &Shop, what: &str) {
    let ping = shop.gateway.account("main").ping();
    match shop.receive(&ping).await {
        Ok(_) => println!("{what}: accepted"),
        Err(error) => println!("{what}: {error}"),
    }
}
