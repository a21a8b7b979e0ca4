use payment_provider_core::{Checkout, CheckoutLocator, Environment, Operation};
use payment_provider_http::{CallError, Deadline, GatewayClient};

use super::find::locate;

/// Fetches the current state of the link.
pub(crate) async fn fetch(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Checkout, CallError> {
    let operation = Operation::FetchCheckout;
    let link = locate(gateway, environment, locator, operation, deadline).await?;
    Ok(link.into_checkout(locator.reference.clone()))
}
