//! Lookup of a link: by Razorpay's id if it is known, otherwise by the reference, for which the API
//! only offers a list.

use payment_provider_core::{
    CheckoutLocator, CheckoutReference, Difference, Effect, Environment, Operation,
    ProviderErrorKind,
};
use payment_provider_http::json::Unreadable;
use payment_provider_http::{CallError, Deadline, GatewayClient, Request, Response};

use super::entity::{Link, entities};
use crate::routes::Razorpay;

/// Maximum number of links on one page of a list.
const PAGE: usize = 100;

/// Maximum number of pages searched if the gateway ignores the reference filter.
const MOST_PAGES: usize = 20;

/// Looks up the link of a locator on behalf of an operation.
pub(crate) async fn locate(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    operation: Operation,
    deadline: Deadline,
) -> Result<Link, CallError> {
    let reference = &locator.reference;
    let Some(id) = &locator.gateway_id else {
        let link = by_reference(gateway, environment, reference, operation, deadline).await?;
        return link.ok_or_else(|| CallError::new(ProviderErrorKind::NotFound, Effect::Rejected));
    };
    let call = Request::new(operation, Razorpay::FetchLink(id.as_str()));
    let read = |response: &Response| {
        let body = response.body.as_ref();
        let raw = serde_json::from_slice(body).map_err(|_| Unreadable("body"))?;
        match Link::reference_of(raw) {
            // The other reference is not repeated in the error: it may be any text.
            Some(found) if found != reference.as_str() => {
                Ok(Err(Difference::new("reference", reference, "another")))
            }
            _ => Link::of(raw, reference, environment).map(Ok),
        }
    };
    match gateway.read(&call, deadline, read).await? {
        Ok(link) => expect_same(locator, link),
        Err(difference) => Err(CallError::conflict(vec![difference], Effect::Rejected)),
    }
}

/// Checks the gateway id, if the host knows it. A link with the same reference and another id was
/// not created by the host.
pub(super) fn expect_same(locator: &CheckoutLocator, link: Link) -> Result<Link, CallError> {
    match &locator.gateway_id {
        Some(expected) if *expected != link.id => {
            let difference = Difference::new("gateway_id", expected, &link.id);
            Err(CallError::conflict(vec![difference], Effect::Rejected))
        }
        _ => Ok(link),
    }
}

/// Returns the link with this reference, if it exists.
///
/// The request asks only for links with this reference. If the gateway ignores that filter, its
/// pages are searched.
pub(super) async fn by_reference(
    gateway: &GatewayClient,
    environment: Environment,
    reference: &CheckoutReference,
    operation: Operation,
    deadline: Deadline,
) -> Result<Option<Link>, CallError> {
    for page in 0..MOST_PAGES {
        let mut call = Request::new(operation, Razorpay::ListLinks)
            .with_query("reference_id", reference.as_str())
            .with_query("count", PAGE.to_string());
        if page > 0 {
            call = call.with_query("skip", (page * PAGE).to_string());
        }
        let read = |response: &Response| Page::read(&response.body, reference, environment);
        let page = gateway.read(&call, deadline, read).await?;
        if page.link.is_some() || page.is_last {
            return Ok(page.link);
        }
    }
    let what = Unreadable("payment_links of the requested reference");
    Err(CallError::unreadable(what, None))
}

struct Page {
    link: Option<Link>,
    /// No further page can hold the link.
    is_last: bool,
}

impl Page {
    fn read(
        body: &[u8],
        reference: &CheckoutReference,
        environment: Environment,
    ) -> Result<Self, Unreadable> {
        let all = entities(body)?;
        let length = all.len();
        let mut ours = all
            .into_iter()
            .filter(|raw| Link::reference_of(raw).as_deref() == Some(reference.as_str()));
        let (first, second) = (ours.next(), ours.next());
        if second.is_some() {
            return Err(Unreadable("single link of the requested reference"));
        }
        let link = first
            .map(|raw| Link::of(raw, reference, environment))
            .transpose()?;
        Ok(Self {
            link,
            is_last: length < PAGE,
        })
    }
}
