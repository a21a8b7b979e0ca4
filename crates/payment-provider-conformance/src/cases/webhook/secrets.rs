//! A secret is replaced without a delivery being lost.

use payment_provider_core::reexport::secrecy::ExposeSecret;
use payment_provider_core::{SecretLabel, VerifiedWebhook};

use super::one_of_a_payment;
use crate::bench::{Bench, Watched};
use crate::case::{Case, Failure, SIGNATURE, Verdict, WEBHOOK, case, ensure, fail};
use crate::subject::{Account, Delivery, Stamp};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.every-active-secret-verifies",
        WEBHOOK,
        [],
        "while an old and a new secret are active, deliveries signed with either are taken in",
        every_active_secret_verifies
    ),
    case!(
        "webhook.retired-secrets-verify-nothing",
        WEBHOOK,
        [],
        "a secret that was taken away signs nothing any more",
        retired_secrets_verify_nothing
    ),
    case!(
        "webhook.labels-tell-secrets-apart",
        SIGNATURE,
        [],
        "a delivery says which secret it was signed with, the same for the same secret",
        labels_tell_secrets_apart
    ),
];

/// What becomes of a delivery that was signed with this generation of the account's secret.
async fn signed_by(
    bench: &Bench,
    provider: &Watched,
    delivery: &Delivery,
    generation: u32,
) -> Result<Option<VerifiedWebhook>, Failure> {
    let account = Account::new(0, [generation]);
    let sent_at = Stamp::At(bench.clock.at());
    let party = &bench.first;
    let request = party.signed_with(bench, delivery, account.secret(), &sent_at)?;
    Ok(provider.webhook(&request).await?.ok())
}

/// The label of that secret. `None` where the gateway was asked instead.
async fn label_of(
    bench: &Bench,
    provider: &Watched,
    delivery: &Delivery,
    generation: u32,
) -> Result<Option<SecretLabel>, Failure> {
    match signed_by(bench, provider, delivery, generation).await? {
        Some(verified) => Ok(verified.matched_secret().cloned()),
        None => fail!("a delivery signed with an active secret is refused"),
    }
}

async fn every_active_secret_verifies(bench: Bench) -> Verdict {
    let (delivery, _) = one_of_a_payment(&bench, "active").await?;
    for active in [&[0, 1][..], &[1, 0], &[2, 1, 0]] {
        let provider = bench.reconnect(active)?;
        for &generation in active {
            let taken = signed_by(&bench, &provider, &delivery, generation).await?;
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

async fn retired_secrets_verify_nothing(bench: Bench) -> Verdict {
    let (delivery, _) = one_of_a_payment(&bench, "retired").await?;
    let old = signed_by(&bench, &bench.first.provider, &delivery, 0).await?;
    ensure!(old.is_some(), "the secret in use verifies nothing");
    let provider = bench.reconnect(&[1])?;
    let new = signed_by(&bench, &provider, &delivery, 1).await?;
    ensure!(new.is_some(), "a new secret verifies nothing");
    let retired = signed_by(&bench, &provider, &delivery, 0).await?;
    ensure!(
        retired.is_none(),
        "a secret that was taken away still verifies"
    );
    Ok(())
}

async fn labels_tell_secrets_apart(bench: Bench) -> Verdict {
    let (delivery, _) = one_of_a_payment(&bench, "labels").await?;
    let both = bench.reconnect(&[0, 1])?;
    let first = label_of(&bench, &both, &delivery, 0).await?;
    let second = label_of(&bench, &both, &delivery, 1).await?;
    if first.is_none() && second.is_none() {
        return Ok(());
    }
    ensure!(first != second, "two secrets have one label");
    let turned = bench.reconnect(&[1, 0])?;
    let again = label_of(&bench, &turned, &delivery, 0).await?;
    ensure!(
        again == first,
        "a secret gets another label when its place changes"
    );
    for label in [first, second].into_iter().flatten() {
        let account = Account::new(0, [0, 1]);
        let shown = account
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
