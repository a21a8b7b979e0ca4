//! The payer's way back is signed, or nobody says so.

use payment_provider_core::ErrorKind;
use payment_provider_core::reexport::url::Url;

use crate::bench::{Bench, quietly};
use crate::case::{CAPABILITIES, Case, Failure, RETURNS, Verdict, case, ensure, fail};
use crate::subject::Account;

pub(super) const CASES: &[Case] = &[
    case!(
        "returns.signed-is-verified",
        RETURNS,
        [SignedReturns],
        "the address at which a payer comes back says which checkout and payment it is about",
        signed_is_verified
    ),
    case!(
        "returns.every-part-counts",
        RETURNS,
        [SignedReturns],
        "an address of which anything signed was changed or left out is refused",
        every_part_counts
    ),
    case!(
        "returns.undeclared-is-absent",
        CAPABILITIES,
        [NoSignedReturns],
        "where nothing is signed, there is nothing to verify with",
        undeclared_is_absent
    ),
];

async fn address(bench: &Bench, name: &str) -> Result<Url, Failure> {
    let party = &bench.first;
    let (_, id) = party.paid(bench, name).await?;
    Ok(party
        .gateway
        .return_url(&id, party.account.secret())
        .await?)
}

async fn signed_is_verified(bench: Bench) -> Verdict {
    let url = address(&bench, "back").await?;
    let Some(returns) = bench.first.provider.signed_returns()? else {
        fail!("signed_returns is declared and is None");
    };
    let verified = match quietly("verify_return", || returns.verify_return(&url))? {
        Ok(verified) => verified,
        Err(error) => fail!("an address that is signed rightly is refused: {error}"),
    };
    ensure!(
        !verified.target.is_none(),
        "a return from a checkout names none"
    );
    let reference = Bench::reference("back");
    let found = verified.target.reference.as_ref();
    let other = found.is_some_and(|found| *found != reference);
    ensure!(!other, "a return names another checkout");
    Ok(())
}

async fn every_part_counts(bench: Bench) -> Verdict {
    let url = address(&bench, "parts").await?;
    let Some(returns) = bench.first.provider.signed_returns()? else {
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
        refused(quietly("verify_return", || returns.verify_return(&address))?.map(|_| ()))?;
    }
    let (_, id) = bench.first.paid(&bench, "stranger").await?;
    let stranger = Account::new(7, [0]);
    let foreign = bench
        .first
        .gateway
        .return_url(&id, stranger.secret())
        .await?;
    refused(quietly("verify_return", || returns.verify_return(&foreign))?.map(|_| ()))
}

fn refused(outcome: Result<(), payment_provider_core::ProviderError>) -> Verdict {
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

async fn undeclared_is_absent(bench: Bench) -> Verdict {
    let absent = bench.first.provider.signed_returns()?.is_none();
    ensure!(absent, "signed_returns is not declared and is there");
    Ok(())
}
