use payment_provider_core::{
    Checkout, CheckoutLocator, CheckoutReference, Difference, Effect, Environment, ErrorKind,
    Operation,
};

use super::entity::Link;
use crate::transport::{Answer, Call, Deadline, Fault, Gateway, Route};
use crate::wire::Unreadable;

/// The link as it is now.
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

/// Asks for a link on behalf of an operation.
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

/// Makes sure that the link of this reference is the one the host means, by the gateway's own id.
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

/// Whether an answer is the link of this reference.
pub(crate) fn expect_link(
    answer: &Answer,
    reference: &CheckoutReference,
    environment: Environment,
) -> Result<(), Unreadable> {
    Link::read(&answer.body, reference, environment).map(drop)
}

/// As [`link`], where its absence is one of the answers that are expected.
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

/// Where the host knows the gateway's own id, a link of the same reference with another id is that
/// of another account.
pub(super) fn expect_same(locator: &CheckoutLocator, link: &Link) -> Result<(), Fault> {
    match (&locator.gateway_id, &link.gateway_id) {
        (Some(expected), Some(found)) if expected != found => {
            let difference = Difference::new("gateway_id", expected, found);
            Err(Fault::conflict(vec![difference], Effect::Rejected))
        }
        _ => Ok(()),
    }
}
