use payment_provider_core::{
    CheckoutLocator, Environment, Money, Operation, OrderId, Payment, PaymentStatus,
};
use payment_provider_http::json::{self, Unreadable};
use payment_provider_http::{CallError, Deadline, GatewayClient, Request};

use super::entity::Attempt;
use crate::links::{self, Link};
use crate::pages::{self, Entry, FirstPage};
use crate::routes::Razorpay;

const OPERATION: Operation = Operation::ListPayments;

impl Entry for Payment {
    const ID: &'static str = "unique payment.id";

    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    fn agrees(&self, other: &Self) -> bool {
        total(self) == total(other)
    }
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
        let behind = match complete(&link, payments) {
            Ok(payments) => return Ok(payments),
            Err(behind) => behind,
        };
        if !retry.next_attempt(None).await {
            return Err(CallError::unreadable(behind, None));
        }
    }
}

/// Checks that the successful payments add up to at least the total that the link reports.
///
/// If they do so only together with the fees that payers bore, and then exactly, the link's total
/// includes the fees, and so do the amounts.
fn complete(link: &Link, mut payments: Vec<Payment>) -> Result<Vec<Payment>, Unreadable> {
    let paid = link.amount_paid.minor_units();
    if received(link, &payments, |payment| payment.amount)? >= paid {
        return Ok(payments);
    }
    if received(link, &payments, total)? == paid {
        for payment in &mut payments {
            if let Some(charged) = payment.charged.take() {
                payment.amount = charged;
            }
        }
        return Ok(payments);
    }
    Err(Unreadable("payments up to the link's amount_paid"))
}

/// Adds up the successful payments in the currency of the link, in its minor unit.
fn received(
    link: &Link,
    payments: &[Payment],
    amount: impl Fn(&Payment) -> Money,
) -> Result<i64, Unreadable> {
    let mut sum = Money::zero(link.amount_paid.currency());
    for payment in payments {
        let amount = amount(payment);
        if payment.status == PaymentStatus::Succeeded && amount.currency() == sum.currency() {
            sum = sum
                .checked_add(amount)
                .map_err(|_| Unreadable("payments within the range of amounts"))?;
        }
    }
    Ok(sum.minor_units())
}

/// Returns the amount that the payer was charged.
fn total(payment: &Payment) -> Money {
    payment.charged.unwrap_or(payment.amount)
}

async fn of_order(
    gateway: &GatewayClient,
    id: &OrderId,
    deadline: Deadline,
) -> Result<Vec<Payment>, CallError> {
    let request = || Request::new(OPERATION, Razorpay::OrderPayments(id.as_str()));
    pages::all(gateway, request, FirstPage::Unnamed, deadline, |raw| {
        let attempt: Attempt<'_> = json::object("items", Some(raw))?;
        let mut payment = attempt.payment()?;
        if payment.order_id.as_ref().is_some_and(|of| of != id) {
            return Err(Unreadable("order_id of the requested order"));
        }
        payment.order_id = Some(id.clone());
        Ok(payment)
    })
    .await
}
