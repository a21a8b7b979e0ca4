//! A secret is replaced without a delivery being lost.

use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{SecretLabel, VerifiedWebhook};

use super::one_of_a_payment;
use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, GuardedProvider};
use crate::harness::{DeliveryTimestamp, MerchantAccount, UnsignedDelivery};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.every-active-secret-verifies",
        contract::WEBHOOK,
        [],
        "while an old and a new secret are active, deliveries signed with either are taken in",
        every_active_secret_verifies
    ),
    case!(
        "webhook.retired-secret-is-rejected",
        contract::WEBHOOK,
        [],
        "a secret that was taken away signs nothing any more",
        retired_secrets_verify_nothing
    ),
    case!(
        "webhook.secret-labels-are-distinct",
        contract::SIGNATURE,
        [],
        "a delivery says which secret it was signed with, the same for the same secret",
        labels_tell_secrets_apart
    ),
];

/// What becomes of a delivery that was signed with this generation of the account's secret.
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

/// The label of that secret. `None` where the gateway was asked instead.
async fn label_of(
    fixture: &Fixture,
    provider: &GuardedProvider,
    delivery: &UnsignedDelivery,
    generation: u32,
) -> Result<Option<SecretLabel>, CaseFailure> {
    match signed_by(fixture, provider, delivery, generation).await? {
        Some(verified) => Ok(verified.matched_secret().cloned()),
        None => fail!("a delivery signed with an active secret is refused"),
    }
}

async fn every_active_secret_verifies(fixture: Fixture) -> CaseResult {
    let (delivery, _) = one_of_a_payment(&fixture, "active").await?;
    for active in [&[0, 1][..], &[1, 0], &[2, 1, 0]] {
        let provider = fixture.reconnect(active)?;
        for &generation in active {
            let taken = signed_by(&fixture, &provider, &delivery, generation).await?;
            let position = active.iter().position(|&known| known == generation);
            let position = position.unwrap_or_default() + 1;
            let count = active.len();
            ensure!(
                taken.is_some(),
                "secret {position} of {count} active ones verifies nothing"
            );
        }
    }
    Ok(())
}

async fn retired_secrets_verify_nothing(fixture: Fixture) -> CaseResult {
    let (delivery, _) = one_of_a_payment(&fixture, "retired").await?;
    let old = signed_by(&fixture, &fixture.first.provider, &delivery, 0).await?;
    ensure!(old.is_some(), "the secret in use verifies nothing");
    let provider = fixture.reconnect(&[1])?;
    let new = signed_by(&fixture, &provider, &delivery, 1).await?;
    ensure!(new.is_some(), "a new secret verifies nothing");
    let retired = signed_by(&fixture, &provider, &delivery, 0).await?;
    ensure!(
        retired.is_none(),
        "a secret that was taken away still verifies"
    );
    Ok(())
}

async fn labels_tell_secrets_apart(fixture: Fixture) -> CaseResult {
    let (delivery, _) = one_of_a_payment(&fixture, "labels").await?;
    let both = fixture.reconnect(&[0, 1])?;
    let first = label_of(&fixture, &both, &delivery, 0).await?;
    let second = label_of(&fixture, &both, &delivery, 1).await?;
    if first.is_none() && second.is_none() {
        return Ok(());
    }
    ensure!(first != second, "two secrets have one label");
    let turned = fixture.reconnect(&[1, 0])?;
    let again = label_of(&fixture, &turned, &delivery, 0).await?;
    ensure!(
        again == first,
        "a secret gets another label when its place changes"
    );
    for label in [first, second].into_iter().flatten() {
        let merchant = MerchantAccount::new(0, [0, 1]);
        let shown = merchant
            .secrets
            .iter()
            .any(|secret| secret.expose_secret().contains(label.as_str()));
        ensure!(!shown, "a label is a part of the secret");
        ensure!(
            label.as_str().len() >= 4,
            "a label is too short to tell secrets apart"
        );
    }
    Ok(())
}
