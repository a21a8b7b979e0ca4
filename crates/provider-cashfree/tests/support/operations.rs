//! Every operation of a provider, one after the other.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::Arc;

use payment_provider_core::{
    CheckoutLocator, CheckoutRequest, OrderId, Payment, PaymentId, PaymentProvider, PaymentStatus,
    ProviderError,
};

/// The name of an operation and its result; a success is given as its `Debug` output.
pub type Outcome = (&'static str, Result<String, ProviderError>);

/// Runs every operation that calls the gateway, and the linking of a customer, which does not.
pub async fn all(
    provider: &Arc<dyn PaymentProvider>,
    request: &CheckoutRequest,
    locator: &CheckoutLocator,
) -> Vec<Outcome> {
    let prepared = provider.prepare_checkout(request).unwrap();
    let check = provider.check_connection().await;
    let customer = provider.link_customer(&request.customer).await;
    let create = provider.create_checkout(&prepared).await;
    let fetch = provider.fetch_checkout(locator).await;
    let cancel = provider.cancel_checkout(locator).await;
    let payments = provider.list_payments(locator).await;
    let succeeded = {
        let id = PaymentId::new("1").unwrap();
        let mut payment = Payment::new(id, PaymentStatus::Succeeded, request.amount);
        payment.order_id = OrderId::new("order-1").ok();
        payment
    };
    let inquiry = provider.refund_inquiry().unwrap();
    let refunds = inquiry.list_refunds(locator, &[succeeded]).await;
    vec![
        ("check_connection", check.map(shown)),
        ("link_customer", customer.map(shown)),
        ("create_checkout", create.map(shown)),
        ("fetch_checkout", fetch.map(shown)),
        ("cancel_checkout", cancel.map(shown)),
        ("list_payments", payments.map(shown)),
        ("list_refunds", refunds.map(shown)),
    ]
}

fn shown(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
