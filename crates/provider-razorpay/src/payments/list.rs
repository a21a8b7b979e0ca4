use payment_provider_core::{
    CheckoutLocator, Environment, Money, Operation, OrderId, Payment, PaymentStatus,
};
use payment_provider_http::json::{self, Unreadable};
use payment_provider_http::{CallError, Deadline, GatewayClient, Request};

use super::entity::Attempt;
use super::fee::Amounts;
use crate::links::{self, Link};
use crate::pages::{self, Entry, FirstPage};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::ListPayments;

/// A listed payment, and the amounts of it that may count.
struct Listed {
    payment: Payment,
    amounts: Amounts,
}

impl Entry for Listed {
    const ID: &'static str = "unique payment.id";

    fn is_same(&self, other: &Self) -> bool {
        self.payment.id == other.payment.id
    }

    fn agrees(&self, other: &Self) -> bool {
        self.amounts.charged() == other.amounts.charged()
    }
}

/// A way to read the amounts of all payments of a list; `None` for one that it cannot read.
type Reading = fn(Amounts) -> Option<Money>;

const READINGS: [Reading; 3] = [
    |amounts| Some(amounts.charged()),
    Amounts::stated,
    Amounts::without_fee,
];

/// Returns all payments of a link without duplicates.
///
/// All attempts to pay a link belong to one order, which does not exist before the first attempt.
/// Lists lag behind: a list with less money than the link reports is requested again, and finally
/// results in an error, never in a shorter list. The same applies to a list that does not agree with
/// the link, so that no wrong amount is listed.
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
        let behind = match complete(&link, payments) {
            Ok(payments) => return Ok(payments),
            Err(behind) => behind,
        };
        if !retry.next_attempt(None).await {
            return Err(CallError::unreadable(behind, None));
        }
    }
}

/// Reads the amounts so that the successful payments add up to exactly the total that the link
/// reports.
///
/// More than that is accepted only if each amount is certain on its own, and if the difference can be
/// a payment that the link does not count.
fn complete(link: &Link, listed: Vec<Listed>) -> Result<Vec<Payment>, Unreadable> {
    let paid = link.amount_paid.minor_units();
    for reading in READINGS {
        if received(link, &listed, reading)? == Some(paid) {
            return Ok(read_as(link, listed, reading));
        }
    }
    let all = received(link, &listed, READINGS[0])?;
    if all.is_none_or(|all| all < paid) {
        return Err(Unreadable("payments up to the link's amount_paid"));
    }
    let whole = (!link.instalments).then_some(link.amount);
    let certain = |amounts: Amounts| amounts.certain_of(whole);
    let successes = listed.iter().filter(|listed| counts(link, listed));
    let smallest = successes
        .filter_map(|listed| certain(listed.amounts))
        .map(Money::minor_units)
        .min();
    match (received(link, &listed, certain)?, smallest) {
        (Some(sum), Some(smallest)) if sum.saturating_sub(paid) >= smallest => {
            Ok(read_as(link, listed, certain))
        }
        _ => Err(Unreadable(
            "payments that agree with the link's amount_paid",
        )),
    }
}

/// Returns true if the payment is money in the currency of the link.
fn counts(link: &Link, listed: &Listed) -> bool {
    listed.payment.status == PaymentStatus::Succeeded
        && listed.amounts.charged().currency() == link.amount_paid.currency()
}

/// Adds up the payments that count, in the minor unit of the link's currency. `None` if one of them
/// cannot be read in this way.
fn received(
    link: &Link,
    listed: &[Listed],
    reading: impl Fn(Amounts) -> Option<Money>,
) -> Result<Option<i64>, Unreadable> {
    let mut sum = Money::zero(link.amount_paid.currency());
    for listed in listed.iter().filter(|listed| counts(link, listed)) {
        let Some(amount) = reading(listed.amounts) else {
            return Ok(None);
        };
        sum = sum
            .checked_add(amount)
            .map_err(|_| Unreadable("payments within the range of amounts"))?;
    }
    Ok(Some(sum.minor_units()))
}

/// Gives the payments that count the amounts of this reading.
fn read_as(
    link: &Link,
    listed: Vec<Listed>,
    reading: impl Fn(Amounts) -> Option<Money>,
) -> Vec<Payment> {
    let listed = listed.into_iter();
    listed
        .map(|listed| {
            let amount = Some(listed.amounts)
                .filter(|_| counts(link, &listed))
                .and_then(&reading);
            match amount {
                Some(amount) => listed.amounts.applied(listed.payment, amount),
                None => listed.payment,
            }
        })
        .collect()
}

async fn of_order(
    gateway: &GatewayClient,
    id: &OrderId,
    deadline: Deadline,
) -> Result<Vec<Listed>, CallError> {
    let request = || Request::new(OPERATION, Razorpay::OrderPayments(id.as_str()));
    pages::all(gateway, request, FirstPage::Unnamed, deadline, |raw| {
        let attempt: Attempt<'_> = json::object("items", Some(raw))?;
        let mut payment = attempt.payment()?;
        if payment.order_id.as_ref().is_some_and(|of| of != id) {
            return Err(Unreadable("order_id of the requested order"));
        }
        payment.order_id = Some(id.clone());
        let amounts = attempt.amounts()?;
        Ok(Listed { payment, amounts })
    })
    .await
}
