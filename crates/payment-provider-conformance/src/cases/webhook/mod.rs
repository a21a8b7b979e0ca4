//! Webhooks: only signed deliveries are accepted, and their content does not depend on anything
//! unsigned.

mod events;
mod forged;
mod headers;
mod malformed;
mod replayed;
mod secrets;

use payment_provider_core::{
    EventKind, Payment, PaymentClaim, PaymentId, PaymentStatus, ProviderError, ProviderErrorKind,
    VerifiedWebhook, WebhookRequest,
};

use crate::case::Case;
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
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

/// Returns the payments that a delivery reports.
fn payments(verified: &VerifiedWebhook) -> Vec<&Payment> {
    let events = verified.events().iter();
    events
        .filter_map(|event| match &event.kind {
            EventKind::Payment(payment) => Some(payment),
            _ => None,
        })
        .collect()
}

/// Returns the claims that a delivery makes.
fn claims(verified: &VerifiedWebhook) -> Vec<&PaymentClaim> {
    let events = verified.events().iter();
    events
        .filter_map(|event| match &event.kind {
            EventKind::PaymentClaimed(claim) => Some(claim),
            _ => None,
        })
        .collect()
}

/// Returns true if a delivery reports a successful payment.
fn reports_success(verified: &VerifiedWebhook) -> bool {
    payments(verified)
        .into_iter()
        .any(|payment| payment.status == PaymentStatus::Succeeded)
}

/// Fails the case if a delivery reports received money: a successful payment or a claim.
fn reports_no_money(verified: &VerifiedWebhook, what: &str) -> CaseResult {
    ensure!(
        !reports_success(verified),
        "{what} reports a successful payment"
    );
    ensure!(claims(verified).is_empty(), "{what} reports a claim");
    Ok(())
}

/// Creates a payment, and returns it with all deliveries that report it.
async fn payment_deliveries(
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

/// Creates a payment, and returns one delivery that reports its success, unsigned and signed.
async fn signed_payment_delivery(
    fixture: &Fixture,
    name: &str,
) -> Result<(UnsignedDelivery, WebhookRequest), CaseFailure> {
    let (_, deliveries) = payment_deliveries(fixture, name).await?;
    for delivery in deliveries {
        let request = fixture.first.signed(&delivery)?;
        if reports_success(&fixture.first.accept(&request).await?) {
            return Ok((delivery, request));
        }
    }
    fail!("no delivery reports the successful payment")
}

/// Fails the case unless the delivery is rejected with `InvalidSignature`.
async fn rejected(
    account: &TestAccount,
    request: &WebhookRequest,
    what: &str,
) -> Result<ProviderError, CaseFailure> {
    match account.provider.webhook(request).await? {
        Ok(_) => fail!("{what} is accepted"),
        Err(error) => {
            let kind = error.kind();
            let right = kind == ProviderErrorKind::InvalidSignature;
            ensure!(
                right,
                "{what}: expected InvalidSignature, got {kind:?}: {error}"
            );
            Ok(error)
        }
    }
}
