use payment_provider_core::{
    CheckoutLocator, Effect, Environment, ErrorKind, Money, Operation, OrderId, Payment,
    PaymentStatus,
};
use payment_provider_http::json::{self, Raw, Unreadable};
use payment_provider_http::{Answer, Call, Deadline, Fault, Gateway};
use serde::Deserialize;

use super::entity::Attempt;
use crate::links::{self, Link};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::ListPayments;

/// Most payments of one page.
const PAGE: usize = 100;

/// How many a page has where nothing else is asked for: one with less is surely the last. That this
/// list has pages at all, as all others do, is not documented.
const SURELY_LAST: usize = 10;

/// Most pages of one list.
const MOST_PAGES: usize = 20;

/// A list: <https://razorpay.com/docs/api/orders/fetch-payments/>.
#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow, default)]
    items: Raw<'a>,
}

/// All payments of a link, each once.
///
/// All attempts to pay a link stand in one order, which does not exist before the first of them.
/// Lists lag behind: one that has less money than the link itself is asked for again, and in the end
/// it is an error, never a shorter answer.
pub(crate) async fn list(
    gateway: &Gateway,
    environment: Environment,
    locator: &CheckoutLocator,
    deadline: Deadline,
) -> Result<Vec<Payment>, Fault> {
    let mut pace = gateway.pace(deadline);
    loop {
        let link = links::locate(gateway, environment, locator, OPERATION, deadline).await?;
        let payments = match &link.order_id {
            Some(order_id) => of_order(gateway, order_id, deadline).await?,
            None => Vec::new(),
        };
        let Err(behind) = complete(&link, &payments) else {
            return Ok(payments);
        };
        if !pace.again(None).await {
            return Err(Fault::unreadable(behind, None));
        }
    }
}

/// Whether what was received by these payments is what the link says was paid, or more.
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
    gateway: &Gateway,
    id: &OrderId,
    deadline: Deadline,
) -> Result<Vec<Payment>, Fault> {
    let mut payments: Vec<Payment> = Vec::new();
    for number in 0..MOST_PAGES {
        let mut call = Call::new(OPERATION, Razorpay::OrderPayments(id.as_str()));
        if number > 0 {
            call = call
                .with_query("count", PAGE.to_string())
                .with_query("skip", payments.len().to_string());
        }
        let read = |answer: &Answer| page(answer, id);
        let page = match gateway.read(&call, deadline, read).await {
            // Where no part can be asked for, what came first was the whole.
            Err(fault) if number > 0 && knows_no_pages(&fault) => return Ok(payments),
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
    Err(Fault::unreadable(what, None))
}

/// Whether a list is refused since a part of it was asked for.
fn knows_no_pages(fault: &Fault) -> bool {
    matches!(fault.kind, ErrorKind::Refused | ErrorKind::InvalidRequest)
}

/// The link is there and names the order: that the order is not found is not about the checkout.
fn known(mut fault: Fault) -> Fault {
    if fault.kind == ErrorKind::NotFound {
        fault.kind = ErrorKind::Unavailable;
        fault.effect = Effect::MaybeApplied;
    }
    fault
}

/// Adds a payment that was not on an earlier page. One that was may have changed meanwhile; its
/// amount cannot.
fn add(payments: &mut Vec<Payment>, payment: Payment) -> Result<(), Fault> {
    match payments.iter_mut().find(|known| known.id == payment.id) {
        None => payments.push(payment),
        Some(known) if known.amount == payment.amount => *known = payment,
        Some(_) => {
            let what = Unreadable("unique payment.id");
            return Err(Fault::unreadable(what, None));
        }
    }
    Ok(())
}

fn page(answer: &Answer, id: &OrderId) -> Result<Vec<Payment>, Unreadable> {
    let collection: Collection<'_> = json::body(&answer.body)?;
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
