//! An operator asks whether a connection works.

use payment_provider_core::CredentialCheck;

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::{GatewayRefusal, InjectedFault};

pub(super) const CASES: &[Case] = &[
    case!(
        "connection.works",
        contract::CHECK,
        [],
        "right credentials at a healthy gateway are accepted, in the right environment",
        works
    ),
    case!(
        "connection.rejected-credentials-are-a-result",
        contract::CHECK,
        [Http],
        "wrong credentials are what the check is for: a result, not an error",
        rejected_credentials
    ),
    case!(
        "connection.only-reads",
        contract::CHECK,
        [Http],
        "a check creates nothing at the gateway",
        only_reads
    ),
    case!(
        "connection.outage-is-an-error",
        contract::CHECK,
        [Gateway],
        "a gateway that cannot be asked says nothing about credentials",
        outage_is_an_error
    ),
];

async fn works(fixture: Fixture) -> CaseResult {
    let provider = &fixture.first.provider;
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

async fn rejected_credentials(fixture: Fixture) -> CaseResult {
    fixture.first.refuse_all(&GatewayRefusal::Credentials)?;
    match fixture.first.provider.check().await? {
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

async fn only_reads(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let _ = account.provider.check().await?;
    for request in account.requests() {
        let creates = account.gateway.is_creation(&request)?;
        ensure!(
            !creates,
            "the check asks for a checkout: {} {}",
            request.method,
            request.path()
        );
    }
    Ok(())
}

async fn outage_is_an_error(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    if fixture.is_http() {
        account.refuse_all(&GatewayRefusal::Unavailable)?;
    } else {
        account
            .inject_fault(InjectedFault::Refused(GatewayRefusal::Unavailable))
            .await?;
    }
    match account.provider.check().await? {
        Ok(_) => fail!("a gateway that is down has an opinion about credentials"),
        Err(_) => Ok(()),
    }
}
