use payment_provider_core::{
    CheckoutLocator, Effect, Environment, Money, Operation, OrderId, Payment, PaymentStatus,
    ProviderErrorKind,
};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::{CallError, Deadline, GatewayClient, Request, Response};
use serde::Deserialize;

use super::entity::Attempt;
use crate::links::{self, Link};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::ListPayments;

/// Maximum number of payments on one page.
const PAGE: usize = 100;

/// Default page size of the API: a shorter page is the last one. Whether this list has pages like
/// all others is not documented.
const SURELY_LAST: usize = 10;

/// Maximum number of pages of one list.
const MOST_PAGES: usize = 20;

/// A list: <https://razorpay.com/docs/api/orders/fetch-payments/>.
#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow, default)]
    items: Raw<'a>,
}

/// Returns all payments of a link without duplicates.
///
/// All attempts to pay a link belong to one order, which does not exist before the first attempt.
/// Lists lag behind: a list with less money than the link reports is requested again, and finally
/// results in an error, never in a shorter list.
pub(crate) async fn list(
    gateway: &GatewayClient,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Vec<Payment>, CallError> {
    let mut retry = gateway.retry_policy(deadline);
    loop {
        let link = links::locate(gateway, environment, locator, OPERATION, deadline).await?;
        let payments = match &link.order_id {
            Some(order_id) => of_order(gateway, order_id, deadline).await?,
            None => Vec::new(),
        };
        let Err(behind) = complete(&link, &payments) else {
            return Ok(payments);
        };
        if !retry.next_attempt(None).await {
            return Err(CallError::unreadable(behind, None));
        }
    }
}

/// Checks that the successful payments add up to at least the total that the link reports.
fn complete(link: &Link, payments: &[Payment]) -> Result<(), Unreadable> {
    let currency = link.amount_paid.currency();
    let mut received = Money::zero(currency);
    for payment in payments {
        if payment.status == PaymentStatus::Succeeded && payment.amount.currency() == currency {
            received = received
                .checked_add(payment.amount)
                .map_err(|_| Unreadable("payments within the range of amounts"))?;
        }
    }
    if received.minor_units() < link.amount_paid.minor_units() {
        return Err(Unreadable("payments up to the link's amount_paid"));
    }
    Ok(())
}

async fn of_order(
    gateway: &GatewayClient,
    id: &OrderId,
    deadline: Deadline,
) -> Result<Vec<Payment>, CallError> {
    let mut payments: Vec<Payment> = Vec::new();
    for number in 0..MOST_PAGES {
        let mut call = Request::new(OPERATION, Razorpay::OrderPayments(id.as_str()));
        if number > 0 {
            call = call
                .with_query("count", PAGE.to_string())
                .with_query("skip", payments.len().to_string());
        }
        let read = |response: &Response| page(response, id);
        let page = match gateway.read(&call, deadline, read).await {
            // If the list has no pages, the first response was complete.
            Err(error) if number > 0 && knows_no_pages(&error) => return Ok(payments),
            outcome => outcome.map_err(known)?,
        };
        let (length, before) = (page.len(), payments.len());
        for payment in page {
            add(&mut payments, payment)?;
        }
        if length < SURELY_LAST || payments.len() == before {
            return Ok(payments);
        }
    }
    let what = Unreadable("payments within the limit of pages");
    Err(CallError::unreadable(what, None))
}

/// Returns true if the gateway refuses the list because a page was requested.
fn knows_no_pages(error: &CallError) -> bool {
    matches!(
        error.kind,
        ProviderErrorKind::Refused | ProviderErrorKind::InvalidRequest
    )
}

/// Converts "not found" into a temporary error: the link exists and names the order, so this is not
/// about the checkout.
fn known(mut error: CallError) -> CallError {
    if error.kind == ProviderErrorKind::NotFound {
        error.kind = ProviderErrorKind::Unavailable;
        error.effect = Effect::MaybeApplied;
    }
    error
}

/// Adds a payment unless an earlier page had it. The later version of a payment replaces the
/// earlier one; its amount cannot change.
fn add(payments: &mut Vec<Payment>, payment: Payment) -> Result<(), CallError> {
    match payments.iter_mut().find(|known| known.id == payment.id) {
        None => payments.push(payment),
        Some(known) if known.amount == payment.amount => *known = payment,
        Some(_) => {
            let what = Unreadable("unique payment.id");
            return Err(CallError::unreadable(what, None));
        }
    }
    Ok(())
}

fn page(response: &Response, id: &OrderId) -> Result<Vec<Payment>, Unreadable> {
    let collection: Collection<'_> = json::body(&response.body)?;
    let items = json::array("items", collection.items)?;
    let read = |raw| {
        let attempt: Attempt<'_> = json::object("items", Some(raw))?;
        let mut payment = attempt.payment()?;
        if payment.order_id.as_ref().is_some_and(|of| of != id) {
            return Err(Unreadable("order_id of the requested order"));
        }
        payment.order_id = Some(id.clone());
        Ok(payment)
    };
    items.into_iter().map(read).collect()
}
