//! Rotation of webhook secrets.

use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{SecretLabel, VerifiedWebhook};

use super::signed_payment_delivery;
use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, GuardedProvider};
use crate::harness::{DeliveryTimestamp, MerchantAccount, UnsignedDelivery};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.every-active-secret-verifies",
        contract::WEBHOOK,
        [],
        "deliveries signed with any active secret are accepted",
        every_active_secret_verifies
    ),
    case!(
        "webhook.retired-secret-is-rejected",
        contract::WEBHOOK,
        [],
        "deliveries signed with a removed secret are rejected",
        retired_secret_is_rejected
    ),
    case!(
        "webhook.secret-labels-are-distinct",
        contract::SIGNATURE,
        [],
        "a delivery has the label of its secret, stable and distinct for each secret",
        secret_labels_are_distinct
    ),
];

/// Signs a delivery with this generation of the account's secret, and returns the webhook if it is
/// accepted.
async fn signed_by(
    fixture: &Fixture,
    provider: &GuardedProvider,
    delivery: &UnsignedDelivery,
    generation: u32,
) -> Result<Option<VerifiedWebhook>, CaseFailure> {
    let merchant = MerchantAccount::new(0, [generation]);
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    let account = &fixture.first;
    let request = account.signed_with(delivery, merchant.secret(), &sent_at)?;
    Ok(provider.webhook(&request).await?.ok())
}

/// Returns the label of this generation's secret. Returns `None` if the delivery is verified
/// without a secret.
async fn label_of(
    fixture: &Fixture,
    provider: &GuardedProvider,
    delivery: &UnsignedDelivery,
    generation: u32,
) -> Result<Option<SecretLabel>, CaseFailure> {
    match signed_by(fixture, provider, delivery, generation).await? {
        Some(verified) => Ok(verified.matched_secret().cloned()),
        None => fail!("a delivery signed with an active secret is rejected"),
    }
}

async fn every_active_secret_verifies(fixture: Fixture) -> CaseResult {
    let (delivery, _) = signed_payment_delivery(&fixture, "active").await?;
    for active in [&[0, 1][..], &[1, 0], &[2, 1, 0]] {
        let provider = fixture.reconnect(active)?;
        for &generation in active {
            let taken = signed_by(&fixture, &provider, &delivery, generation).await?;
            let position = active.iter().position(|&known| known == generation);
            let position = position.unwrap_or_default() + 1;
            let count = active.len();
            ensure!(
                taken.is_some(),
                "a delivery signed with secret {position} of {count} active ones is rejected"
            );
        }
    }
    Ok(())
}

async fn retired_secret_is_rejected(fixture: Fixture) -> CaseResult {
    let (delivery, _) = signed_payment_delivery(&fixture, "retired").await?;
    let old = signed_by(&fixture, &fixture.first.provider, &delivery, 0).await?;
    ensure!(
        old.is_some(),
        "a delivery signed with the current secret is rejected"
    );
    let provider = fixture.reconnect(&[1])?;
    let new = signed_by(&fixture, &provider, &delivery, 1).await?;
    ensure!(
        new.is_some(),
        "a delivery signed with the new secret is rejected"
    );
    let retired = signed_by(&fixture, &provider, &delivery, 0).await?;
    ensure!(
        retired.is_none(),
        "a delivery signed with the removed secret is accepted"
    );
    Ok(())
}

async fn secret_labels_are_distinct(fixture: Fixture) -> CaseResult {
    let (delivery, _) = signed_payment_delivery(&fixture, "labels").await?;
    let both = fixture.reconnect(&[0, 1])?;
    let first = label_of(&fixture, &both, &delivery, 0).await?;
    let second = label_of(&fixture, &both, &delivery, 1).await?;
    if first.is_none() && second.is_none() {
        return Ok(());
    }
    ensure!(first != second, "two secrets have the same label");
    let turned = fixture.reconnect(&[1, 0])?;
    let again = label_of(&fixture, &turned, &delivery, 0).await?;
    ensure!(
        again == first,
        "the label of a secret depends on its position"
    );
    for label in [first, second].into_iter().flatten() {
        let merchant = MerchantAccount::new(0, [0, 1]);
        let shown = merchant
            .secrets
            .iter()
            .any(|secret| secret.expose_secret().contains(label.as_str()));
        ensure!(!shown, "the label is a part of the secret");
        ensure!(
            label.as_str().len() >= 4,
            "the label is too short to distinguish secrets"
        );
    }
    Ok(())
}
