//! Only what the gateway signed is read, whatever comes with it, and it is read the same each time.

mod forged;
mod headers;
mod news;
mod odd;
mod replayed;
mod secrets;

use payment_provider_core::{
    ErrorKind, EventKind, Payment, PaymentId, PaymentStatus, ProviderError, VerifiedWebhook,
    WebhookRequest,
};

use crate::bench::{Bench, Party};
use crate::case::{Case, Failure, ensure, fail};
use crate::subject::{Delivery, News};

pub(super) const GROUPS: [&[Case]; 6] = [
    news::CASES,
    forged::CASES,
    headers::CASES,
    odd::CASES,
    replayed::CASES,
    secrets::CASES,
];

/// The payments that a delivery tells of.
fn movements(verified: &VerifiedWebhook) -> Vec<&Payment> {
    let events = verified.events().iter();
    events
        .filter_map(|event| match &event.kind {
            EventKind::Payment(payment) => Some(payment),
            _ => None,
        })
        .collect()
}

/// Whether a delivery tells of money received.
fn tells_of_money(verified: &VerifiedWebhook) -> bool {
    let mut payments = movements(verified).into_iter();
    payments.any(|payment| payment.status == PaymentStatus::Succeeded)
}

/// A payment and all the deliveries that tell of it.
async fn of_a_payment(bench: &Bench, name: &str) -> Result<(PaymentId, Vec<Delivery>), Failure> {
    let (_, id) = bench.first.paid(bench, name).await?;
    let deliveries = bench.first.told(&News::Paid(id.clone())).await?;
    Ok((id, deliveries))
}

/// One signed delivery that tells of a payment.
async fn one_of_a_payment(
    bench: &Bench,
    name: &str,
) -> Result<(Delivery, WebhookRequest), Failure> {
    let (_, deliveries) = of_a_payment(bench, name).await?;
    for delivery in deliveries {
        let request = bench.first.signed(bench, &delivery)?;
        if tells_of_money(&bench.first.accept(&request).await?) {
            return Ok((delivery, request));
        }
    }
    fail!("no delivery about a payment that succeeded tells of money")
}

/// The delivery has to be refused, for the one reason there is.
async fn refused(
    party: &Party,
    request: &WebhookRequest,
    what: &str,
) -> Result<ProviderError, Failure> {
    match party.provider.webhook(request).await? {
        Ok(_) => fail!("{what} is taken for a genuine delivery"),
        Err(error) => {
            let kind = error.kind();
            let right = kind == ErrorKind::InvalidSignature;
            ensure!(
                right,
                "{what}: expected InvalidSignature, got {kind:?}: {error}"
            );
            Ok(error)
        }
    }
}
