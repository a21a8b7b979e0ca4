//! The demo: a payment round trip in the terminal, over HTTP only. Every figure that it prints comes from a
//! response of the application or of the simulator.
//!
//! The defaults that name a gateway are here too: the simulator and its merchant account. Apart from this
//! module and the registry of gateways, no module names a gateway.

mod client;
mod connection;
mod json;
mod late_payment;
pub(crate) mod merchant;
mod payment;
mod payment_page;
mod report;
pub(crate) mod simulator;
mod totals;
mod webhooks;

use std::error::Error;

use crate::options::{Options, Seed};
use crate::startup::BillingHost;
use client::DemoClient;
use report::Report;

/// Organization of the demo.
const ORGANIZATION: &str = "acme";
/// Code of its connection.
const CONNECTION: &str = "main";
/// External id of its customer.
const CUSTOMER: &str = "customer-1";

/// Starts the application on free ports with a temporary database, runs the round trip and stops.
///
/// # Errors
/// Returns an error if the application cannot start or an expectation fails.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options {
        seed: Seed::Nothing,
        ..Options::default()
    };
    let running = BillingHost::start(options).await?;
    let simulator = running
        .simulator_url()
        .ok_or("the application started no simulator")?
        .to_owned();
    let client = DemoClient::new(running.url(), running.api_key(), &simulator)?;
    let result = round_trip(&client).await;
    running.shutdown().await;
    result
}

async fn round_trip(client: &DemoClient) -> Result<(), Box<dyn Error>> {
    let mut report = Report::new();
    connection::connect(client, &mut report).await?;
    let invoice = payment::request_and_pay(client, &mut report).await?;
    webhooks::duplicate(client, &mut report, &invoice).await?;
    webhooks::forged(client, &mut report, &invoice).await?;
    late_payment::pay_after_void(client, &mut report).await?;
    totals::compare(client, &mut report).await?;
    Ok(())
}
