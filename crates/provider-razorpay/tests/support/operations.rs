//! Every operation of a provider, one after the other.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::sync::Arc;

use payment_provider_core::{
    CheckoutLocator, CheckoutRequest, Payment, PaymentId, PaymentProvider, PaymentStatus,
    ProviderError,
};

/// The name of an operation and its result; a success is given as its `Debug` output.
pub type Outcome = (&'static str, Result<String, ProviderError>);

/// Runs every operation that calls the gateway.
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
    let refunded = match &payments {
        Ok(payments) => payments.clone(),
        Err(_) => vec![made_up_payment(request)],
    };
    let refunds = provider.refund_inquiry().unwrap();
    let refunds = refunds.list_refunds(locator, &refunded).await;
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

fn made_up_payment(request: &CheckoutRequest) -> Payment {
    let id = PaymentId::new("pay_1").unwrap();
    Payment::new(id, PaymentStatus::Succeeded, request.amount)
}

fn shown(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
