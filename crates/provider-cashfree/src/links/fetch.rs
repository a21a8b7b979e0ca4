use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, Difference, Effect, Environment, Operation,
    ProviderErrorKind,
};

use super::entity::Link;
use crate::transport::{CallError, Deadline, GatewayClient, Request, Response, Route};
use crate::wire::Unreadable;

/// Fetches the current state of the link.
pub(crate) async fn fetch(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Checkout, CallError> {
    let operation = Operation::FetchCheckout;
    let reference = &locator.reference;
    let link = link(gateway, environment, reference, operation, deadline).await?;
    expect_same(locator, &link)?;
    Ok(link.into_checkout(reference.clone()))
}

/// Fetches a link on behalf of an operation.
pub(super) async fn link(
    gateway: &GatewayClient,
    environment: Environment,
    reference: &CheckoutReference,
    operation: Operation,
    deadline: Deadline,
) -> Result<Link, CallError> {
    let call = Request::new(operation, Route::FetchLink(reference.as_str()));
    let read = |response: &Response| Link::read(&response.body, reference, environment);
    gateway.read(&call, deadline, read).await
}

/// Fetches the link with this reference and checks that it has the gateway id the host recorded.
pub(crate) async fn expect_same_link(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    operation: Operation,
    deadline: Deadline,
) -> Result<(), CallError> {
    let link = link(
        gateway,
        environment,
        &locator.reference,
        operation,
        deadline,
    )
    .await?;
    expect_same(locator, &link)
}

/// Checks that a response describes the link with this reference.
pub(crate) fn expect_link(
    response: &Response,
    reference: &CheckoutReference,
    environment: Environment,
) -> Result<(), Unreadable> {
    Link::read(&response.body, reference, environment).map(drop)
}

/// Fetches a link like [`link`], with "not found" as an ordinary result.
pub(super) async fn link_if_any(
    gateway: &GatewayClient,
    environment: Environment,
    reference: &CheckoutReference,
    operation: Operation,
    deadline: Deadline,
) -> Result<Option<Link>, CallError> {
    match link(gateway, environment, reference, operation, deadline).await {
        Ok(link) => Ok(Some(link)),
        Err(error) if error.kind == ProviderErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Checks the gateway id, if the host knows it. A link with the same reference and another id
/// belongs to another account.
pub(super) fn expect_same(locator: &CheckoutLocator, link: &Link) -> Result<(), CallError> {
    match (&locator.gateway_id, &link.gateway_id) {
        (Some(expected), Some(found)) if expected != found => {
            let difference = Difference::new("gateway_id", expected, found);
            Err(CallError::conflict(vec![difference], Effect::Rejected))
        }
        _ => Ok(()),
    }
}
