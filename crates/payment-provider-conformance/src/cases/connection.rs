//! An operator asks whether a connection works.

use payment_provider_core::CredentialCheck;

use crate::bench::Bench;
use crate::case::{CHECK, Case, Verdict, case, ensure, fail};
use crate::subject::{Refusal, Trouble};

pub(super) const CASES: &[Case] = &[
    case!(
        "connection.works",
        CHECK,
        [],
        "right credentials at a healthy gateway are accepted, in the right environment",
        works
    ),
    case!(
        "connection.rejected-credentials-are-a-result",
        CHECK,
        [Http],
        "wrong credentials are what the check is for: a result, not an error",
        rejected_credentials
    ),
    case!(
        "connection.only-reads",
        CHECK,
        [Http],
        "a check creates nothing at the gateway",
        only_reads
    ),
    case!(
        "connection.outage-is-an-error",
        CHECK,
        [Gateway],
        "a gateway that cannot be asked says nothing about credentials",
        outage_is_an_error
    ),
];

async fn works(bench: Bench) -> Verdict {
    let provider = &bench.first.provider;
    let check = match provider.check().await? {
        Ok(check) => check,
        Err(error) => fail!("check_connection fails at a healthy gateway: {error}"),
    };
    let accepted = check.credentials == CredentialCheck::Accepted;
    ensure!(
        accepted && check.is_usable(),
        "right credentials are told as rejected"
    );
    ensure!(
        check.environment == provider.environment(),
        "the check names another environment"
    );
    Ok(())
}

async fn rejected_credentials(bench: Bench) -> Verdict {
    bench.first.refuse_all(&Refusal::Credentials)?;
    match bench.first.provider.check().await? {
        Ok(check) => {
            let rejected = check.credentials == CredentialCheck::Rejected;
            ensure!(
                rejected && !check.is_usable(),
                "wrong credentials are told as accepted"
            );
            Ok(())
        }
        Err(error) => fail!("wrong credentials are told as an error: {error}"),
    }
}

async fn only_reads(bench: Bench) -> Verdict {
    let party = &bench.first;
    let _ = party.provider.check().await?;
    for request in party.requests() {
        let creates = party.gateway.is_creation(&request)?;
        ensure!(
            !creates,
            "the check asks for a checkout: {} {}",
            request.method,
            request.path()
        );
    }
    Ok(())
}

async fn outage_is_an_error(bench: Bench) -> Verdict {
    let party = &bench.first;
    if bench.is_http() {
        party.refuse_all(&Refusal::Unavailable)?;
    } else {
        party
            .trouble(Trouble::Refused(Refusal::Unavailable))
            .await?;
    }
    match party.provider.check().await? {
        Ok(_) => fail!("a gateway that is down has an opinion about credentials"),
        Err(_) => Ok(()),
    }
}
