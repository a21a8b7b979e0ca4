use std::error::Error;

use reqwest::Method;
use serde_json::json;

use super::client::Outsider;
use super::report::{Story, expect, list, number, text};
use super::{CONNECTION, CUSTOMER, ORGANIZATION, merchant};

/// Connects the merchant's account at the gateway, checks it, and links a customer to it.
pub(super) async fn connect(outsider: &Outsider, story: &mut Story) -> Result<(), Box<dyn Error>> {
    story.chapter("connect a merchant account")?;
    let merchants = outsider.control(Method::GET, "/merchants", None).await?;
    story.line(&format!(
        "the simulator at {} knows the account {}",
        outsider.simulator(),
        text(&merchants, "/merchants/0/client_id")?
    ))?;
    let connection = json!({
        "organization_id": ORGANIZATION,
        "provider": merchant::PROVIDER,
        "code": CONNECTION,
        "name": "Cashfree, by way of a simulator",
        "settings": {
            "client_id": text(&merchants, "/merchants/0/client_id")?,
            "client_secret": cashfree_simulator::DEFAULT_CLIENT_SECRET,
            "environment": "sandbox",
            "base_url": format!("{}/pg", outsider.simulator()),
        },
    });
    let made = outsider.post("/connections", Some(&connection)).await?;
    expect(
        !made
            .to_string()
            .contains(cashfree_simulator::DEFAULT_CLIENT_SECRET),
        "the answer holds the client secret",
    )?;
    story.line(&format!(
        "connection {} of {}: {}, sealed: {}",
        text(&made, "/code")?,
        text(&made, "/organization_id")?,
        text(&made, "/environment")?,
        text(&made, "/secrets/0")?,
    ))?;
    story.line(&format!("webhooks go to {}", text(&made, "/webhook_url")?))?;

    let path = format!("/connections/{CONNECTION}/check?organization_id={ORGANIZATION}");
    let check = outsider.post(&path, None).await?;
    expect(
        check["usable"] == true,
        format!("the connection cannot be used: {check}"),
    )?;
    story.line(&format!(
        "checked: credentials {}, clocks differ by {} s",
        text(&check, "/credentials")?,
        number(&check, "/clock_skew_seconds")?,
    ))?;

    let customer = json!({
        "organization_id": ORGANIZATION,
        "external_id": CUSTOMER,
        "name": "Asha <b>Rao</b> & Sons",
        "phone": "9000000000",
        "payment_provider": merchant::PROVIDER,
        "payment_provider_code": CONNECTION,
    });
    let customer = outsider.post("/customers", Some(&customer)).await?;
    expect(
        customer["linked"] == true,
        format!("the customer is not linked: {customer}"),
    )?;
    let needs = match list(&customer, "/needs")?.len() {
        0 => "nothing more".to_owned(),
        count => format!("{count} more things"),
    };
    let customer = text(&customer, "/external_id")?;
    story.line(&format!(
        "customer {customer} is linked; the gateway needs {needs} of them"
    ))?;
    Ok(())
}
