use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, Difference, Effect, Environment, ErrorKind,
    Operation,
};

use super::entity::Link;
use crate::transport::{Answer, Call, Deadline, Fault, Gateway, Route};
use crate::wire::Unreadable;

/// Fetches the current state of the link.
pub(crate) async fn fetch(
    gateway: &Gateway,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Checkout, Fault> {
    let operation = Operation::FetchCheckout;
    let reference = &locator.reference;
    let link = link(gateway, environment, reference, operation, deadline).await?;
    expect_same(locator, &link)?;
    Ok(link.into_checkout(reference.clone()))
}

/// Fetches a link on behalf of an operation.
pub(super) async fn link(
    gateway: &Gateway,
    environment: Environment,
    reference: &CheckoutReference,
    operation: Operation,
    deadline: Deadline,
) -> Result<Link, Fault> {
    let call = Call::new(operation, Route::FetchLink(reference.as_str()));
    let read = |answer: &Answer| Link::read(&answer.body, reference, environment);
    gateway.read(&call, deadline, read).await
}

/// Fetches the link with this reference and checks that it has the gateway id the host recorded.
pub(crate) async fn expect_same_link(
    gateway: &Gateway,
    environment: Environment,
    locator: &CheckoutLocator,
    operation: Operation,
    deadline: Deadline,
) -> Result<(), Fault> {
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
    answer: &Answer,
    reference: &CheckoutReference,
    environment: Environment,
) -> Result<(), Unreadable> {
    Link::read(&answer.body, reference, environment).map(drop)
}

/// Fetches a link like [`link`], with "not found" as an ordinary result.
pub(super) async fn link_if_any(
    gateway: &Gateway,
    environment: Environment,
    reference: &CheckoutReference,
    operation: Operation,
    deadline: Deadline,
) -> Result<Option<Link>, Fault> {
    match link(gateway, environment, reference, operation, deadline).await {
        Ok(link) => Ok(Some(link)),
        Err(fault) if fault.kind == ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Checks the gateway id, if the host knows it. A link with the same reference and another id
/// belongs to another account.
pub(super) fn expect_same(locator: &CheckoutLocator, link: &Link) -> Result<(), Fault> {
    match (&locator.gateway_id, &link.gateway_id) {
        (Some(expected), Some(found)) if expected != found => {
            let difference = Difference::new("gateway_id", expected, found);
            Err(Fault::conflict(vec![difference], Effect::Rejected))
        }
        _ => Ok(()),
    }
}
