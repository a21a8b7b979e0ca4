use std::error::Error;

use reqwest::Method;
use serde_json::json;

use super::client::DemoClient;
use super::json::{list, number, text};
use super::report::{Report, expect};
use super::{CONNECTION, CUSTOMER, ORGANIZATION, merchant};

/// Connects the merchant account, checks the connection and links a customer to it.
pub(super) async fn connect(
    client: &DemoClient,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    report.step("Connect a merchant account")?;
    let merchants = client.control(Method::GET, "/merchants", None).await?;
    report.line(&format!(
        "the simulator at {} has the merchant account {}",
        client.simulator(),
        text(&merchants, "/merchants/0/client_id")?
    ))?;
    let connection = json!({
        "organization_id": ORGANIZATION,
        "provider": merchant::PROVIDER,
        "code": CONNECTION,
        "name": "Cashfree simulator",
        "settings": {
            "client_id": text(&merchants, "/merchants/0/client_id")?,
            "client_secret": cashfree_simulator::DEFAULT_CLIENT_SECRET,
            "environment": "sandbox",
            "base_url": format!("{}/pg", client.simulator()),
        },
    });
    let created = client.post("/connections", Some(&connection)).await?;
    expect(
        !created
            .to_string()
            .contains(cashfree_simulator::DEFAULT_CLIENT_SECRET),
        "the response contains the client secret",
    )?;
    report.line(&format!(
        "connection {} of {} created: {}, encrypted setting {}",
        text(&created, "/code")?,
        text(&created, "/organization_id")?,
        text(&created, "/environment")?,
        text(&created, "/secrets/0")?,
    ))?;
    report.line(&format!("webhook URL {}", text(&created, "/webhook_url")?))?;

    let path = format!("/connections/{CONNECTION}/check?organization_id={ORGANIZATION}");
    let check = client.post(&path, None).await?;
    expect(
        check["usable"] == true,
        format!("the connection cannot be used: {check}"),
    )?;
    report.line(&format!(
        "connection check: credentials {}, clock skew {} s",
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
    let customer = client.post("/customers", Some(&customer)).await?;
    expect(
        customer["linked"] == true,
        format!("the customer is not linked: {customer}"),
    )?;
    report.line(&format!(
        "customer {} linked; data that the gateway still requires: {}",
        text(&customer, "/external_id")?,
        list(&customer, "/needs")?.len()
    ))?;
    Ok(())
}
