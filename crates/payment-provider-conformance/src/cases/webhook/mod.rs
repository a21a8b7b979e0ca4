//! Only what the gateway signed is read, whatever comes with it, and it is read the same each time.

mod events;
mod forged;
mod headers;
mod malformed;
mod replayed;
mod secrets;

use payment_provider_core::{
    ErrorKind, EventKind, Payment, PaymentId, PaymentStatus, ProviderError, VerifiedWebhook,
    WebhookRequest,
};

use crate::case::Case;
use crate::failure::{CaseFailure, ensure, fail};
use crate::fixture::{Fixture, TestAccount};
use crate::harness::{Scenario, UnsignedDelivery};

pub(super) const GROUPS: [&[Case]; 6] = [
    events::CASES,
    forged::CASES,
    headers::CASES,
    malformed::CASES,
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
async fn of_a_payment(
    fixture: &Fixture,
    name: &str,
) -> Result<(PaymentId, Vec<UnsignedDelivery>), CaseFailure> {
    let (_, id) = fixture.create_paid(name).await?;
    let deliveries = fixture
        .first
        .deliveries(&Scenario::Paid(id.clone()))
        .await?;
    Ok((id, deliveries))
}

/// One signed delivery that tells of a payment.
async fn one_of_a_payment(
    fixture: &Fixture,
    name: &str,
) -> Result<(UnsignedDelivery, WebhookRequest), CaseFailure> {
    let (_, deliveries) = of_a_payment(fixture, name).await?;
    for delivery in deliveries {
        let request = fixture.first.signed(&delivery)?;
        if tells_of_money(&fixture.first.accept(&request).await?) {
            return Ok((delivery, request));
        }
    }
    fail!("no delivery about a payment that succeeded tells of money")
}

/// The delivery has to be refused, for the one reason there is.
async fn refused(
    account: &TestAccount,
    request: &WebhookRequest,
    what: &str,
) -> Result<ProviderError, CaseFailure> {
    match account.provider.webhook(request).await? {
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
