use payment_provider_core::{Checkout, CheckoutLocator, Environment, Operation};
use payment_provider_http::{Deadline, Fault, Gateway};

use super::find::locate;

/// Fetches the current state of the link.
pub(crate) async fn fetch(
    gateway: &Gateway,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Checkout, Fault> {
    let operation = Operation::FetchCheckout;
    let link = locate(gateway, environment, locator, operation, deadline).await?;
    Ok(link.into_checkout(locator.reference.clone()))
}
