//! A whole round trip in the terminal, done from outside: everything over HTTP, and every number
//! told comes from an answer of the application or of the simulator. What the application starts with
//! unless told otherwise, the simulator and the account at it, is here as well: nothing outside this
//! folder and the list of gateways names one of them.

mod client;
mod connection;
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
use client::Outsider;
use report::Story;

/// The tenant of the demo.
const ORGANIZATION: &str = "acme";
/// Its connection.
const CONNECTION: &str = "main";
/// Its customer.
const CUSTOMER: &str = "customer-1";

/// Starts everything on free ports with a temporary database, does the round trip, and stops.
///
/// # Errors
/// Something is not as it should be; the error says what.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options {
        seed: Seed::Nothing,
        ..Options::default()
    };
    let running = BillingHost::start(options).await?;
    let simulator = running
        .simulator_url()
        .ok_or("there is no simulator")?
        .to_owned();
    let outsider = Outsider::new(running.url(), running.api_key(), &simulator)?;
    let done = round_trip(&outsider).await;
    running.shutdown().await;
    done
}

async fn round_trip(outsider: &Outsider) -> Result<(), Box<dyn Error>> {
    let mut story = Story::new();
    connection::connect(outsider, &mut story).await?;
    let invoice = payment::ask_and_pay(outsider, &mut story).await?;
    webhooks::duplicate(outsider, &mut story, &invoice).await?;
    webhooks::forged(outsider, &mut story, &invoice).await?;
    late_payment::pay_after_voiding(outsider, &mut story).await?;
    totals::compare(outsider, &mut story).await?;
    Ok(())
}
