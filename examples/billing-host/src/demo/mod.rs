//! A whole round trip in the terminal, done from outside: everything over HTTP, and every number
//! told comes from an answer of the application or of the simulator. What the application starts with
//! unless told otherwise, the simulator and the account at it, is here as well: nothing outside this
//! folder and the list of gateways names one of them.

mod connect;
mod late;
pub(crate) mod merchant;
mod outsider;
mod page;
mod pay;
mod replay;
pub(crate) mod simulator;
mod story;
mod totals;

use std::error::Error;

use crate::app::BillingHost;
use crate::options::{Options, Seed};
use outsider::Outsider;
use story::Story;

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
    connect::connect(outsider, &mut story).await?;
    let invoice = pay::ask_and_pay(outsider, &mut story).await?;
    replay::duplicate(outsider, &mut story, &invoice).await?;
    replay::forged(outsider, &mut story, &invoice).await?;
    late::pay_after_voiding(outsider, &mut story).await?;
    totals::compare(outsider, &mut story).await?;
    Ok(())
}
