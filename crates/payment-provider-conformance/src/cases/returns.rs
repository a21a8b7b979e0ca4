//! The payer's way back is signed, or nobody says so.

use payment_provider_core::ErrorKind;
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
        "the address at which a payer comes back says which checkout and payment it is about",
        signed_is_verified
    ),
    case!(
        "returns.tampered-url-is-rejected",
        contract::RETURNS,
        [SignedReturns],
        "an address of which anything signed was changed or left out is refused",
        every_part_counts
    ),
    case!(
        "returns.undeclared-is-absent",
        contract::CAPABILITIES,
        [NoSignedReturns],
        "where nothing is signed, there is nothing to verify with",
        undeclared_is_absent
    ),
];

async fn address(fixture: &Fixture, name: &str) -> Result<Url, CaseFailure> {
    let account = &fixture.first;
    let (_, id) = fixture.create_paid(name).await?;
    Ok(account
        .gateway
        .return_url(&id, account.merchant.secret())
        .await?)
}

async fn signed_is_verified(fixture: Fixture) -> CaseResult {
    let url = address(&fixture, "back").await?;
    let Some(returns) = fixture.first.provider.signed_returns()? else {
        fail!("signed_returns is declared and is None");
    };
    let verified = match catch_panic("verify_return", || returns.verify_return(&url))? {
        Ok(verified) => verified,
        Err(error) => fail!("an address that is signed rightly is refused: {error}"),
    };
    ensure!(
        !verified.target.is_none(),
        "a return from a checkout names none"
    );
    let reference = Fixture::reference("back");
    let found = verified.target.reference.as_ref();
    let other = found.is_some_and(|found| *found != reference);
    ensure!(!other, "a return names another checkout");
    Ok(())
}

async fn every_part_counts(fixture: Fixture) -> CaseResult {
    let url = address(&fixture, "parts").await?;
    let Some(returns) = fixture.first.provider.signed_returns()? else {
        fail!("signed_returns is declared and is None");
    };
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    ensure!(!pairs.is_empty(), "a signed address has no query");
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
        let mut address = url.clone();
        address.query_pairs_mut().clear().extend_pairs(pairs);
        refused(catch_panic("verify_return", || returns.verify_return(&address))?.map(|_| ()))?;
    }
    let (_, id) = fixture.create_paid("stranger").await?;
    let stranger = MerchantAccount::new(7, [0]);
    let foreign = fixture
        .first
        .gateway
        .return_url(&id, stranger.secret())
        .await?;
    refused(catch_panic("verify_return", || returns.verify_return(&foreign))?.map(|_| ()))
}

fn refused(outcome: Result<(), payment_provider_core::ProviderError>) -> CaseResult {
    match outcome {
        Ok(()) => fail!("a forged return address is taken for a genuine one"),
        Err(error) => {
            let kind = error.kind();
            let right = kind == ErrorKind::InvalidSignature;
            ensure!(right, "expected InvalidSignature, got {kind:?}: {error}");
            Ok(())
        }
    }
}

async fn undeclared_is_absent(fixture: Fixture) -> CaseResult {
    let absent = fixture.first.provider.signed_returns()?.is_none();
    ensure!(absent, "signed_returns is not declared and is there");
    Ok(())
}
