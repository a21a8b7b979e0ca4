//! Signed return URLs.

use payment_provider_core::ProviderErrorKind;
use payment_provider_core::reexport::url::Url;

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, catch_panic};
use crate::harness::MerchantAccount;

pub(super) const CASES: &[Case] = &[
    case!(
        "returns.signed-url-is-verified",
        contract::RETURNS,
        [SignedReturns],
        "a signed return URL names its checkout and payment",
        signed_url_is_verified
    ),
    case!(
        "returns.tampered-url-is-rejected",
        contract::RETURNS,
        [SignedReturns],
        "a return URL with a changed or missing signed part is rejected",
        tampered_url_is_rejected
    ),
    case!(
        "returns.undeclared-is-absent",
        contract::CAPABILITIES,
        [NoSignedReturns],
        "without signed returns, the provider offers no verification",
        undeclared_is_absent
    ),
];

async fn signed_url(fixture: &Fixture, name: &str) -> Result<Url, CaseFailure> {
    let account = &fixture.first;
    let (_, id) = fixture.create_paid(name).await?;
    Ok(account
        .gateway
        .return_url(&id, account.merchant.secret())
        .await?)
}

async fn signed_url_is_verified(fixture: Fixture) -> CaseResult {
    let url = signed_url(&fixture, "back").await?;
    let Some(returns) = fixture.first.provider.signed_returns()? else {
        fail!("signed_returns is declared but returns None");
    };
    let verified = match catch_panic("verify_return", || returns.verify_return(&url))? {
        Ok(verified) => verified,
        Err(error) => fail!("a correctly signed return URL is rejected: {error}"),
    };
    ensure!(!verified.target.is_none(), "the return names no checkout");
    let reference = Fixture::reference("back");
    let found = verified.target.reference.as_ref();
    let other = found.is_some_and(|found| *found != reference);
    ensure!(!other, "the return names a different checkout");
    Ok(())
}

async fn tampered_url_is_rejected(fixture: Fixture) -> CaseResult {
    let url = signed_url(&fixture, "parts").await?;
    let Some(returns) = fixture.first.provider.signed_returns()? else {
        fail!("signed_returns is declared but returns None");
    };
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    ensure!(!pairs.is_empty(), "the signed return URL has no query");
    let mut forged = Vec::new();
    for changed in 0..pairs.len() {
        let mut left_out = pairs.clone();
        left_out.remove(changed);
        let mut other = pairs.clone();
        other[changed].1.push('x');
        let mut empty = pairs.clone();
        if !empty[changed].1.is_empty() {
            empty[changed].1.clear();
            forged.push(empty);
        }
        forged.extend([left_out, other]);
    }
    for pairs in forged {
        let mut tampered = url.clone();
        tampered.query_pairs_mut().clear().extend_pairs(pairs);
        rejected(catch_panic("verify_return", || returns.verify_return(&tampered))?.map(|_| ()))?;
    }
    let (_, id) = fixture.create_paid("stranger").await?;
    let stranger = MerchantAccount::new(7, [0]);
    let foreign = fixture
        .first
        .gateway
        .return_url(&id, stranger.secret())
        .await?;
    rejected(catch_panic("verify_return", || returns.verify_return(&foreign))?.map(|_| ()))
}

fn rejected(outcome: Result<(), payment_provider_core::ProviderError>) -> CaseResult {
    match outcome {
        Ok(()) => fail!("a forged return URL is accepted"),
        Err(error) => {
            let kind = error.kind();
            let right = kind == ProviderErrorKind::InvalidSignature;
            ensure!(right, "expected InvalidSignature, got {kind:?}: {error}");
            Ok(())
        }
    }
}

async fn undeclared_is_absent(fixture: Fixture) -> CaseResult {
    let absent = fixture.first.provider.signed_returns()?.is_none();
    ensure!(
        absent,
        "signed_returns is not declared but returns a verifier"
    );
    Ok(())
}
