//! Checks of a connection.

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
        "valid credentials are accepted, and the environment is reported correctly",
        works
    ),
    case!(
        "connection.rejected-credentials-are-a-result",
        contract::CHECK,
        [Http],
        "invalid credentials are a result of the check, not an error",
        rejected_credentials
    ),
    case!(
        "connection.only-reads",
        contract::CHECK,
        [Http],
        "a check creates no checkout",
        only_reads
    ),
    case!(
        "connection.outage-is-an-error",
        contract::CHECK,
        [Gateway],
        "an outage says nothing about the credentials, so it is an error",
        outage_is_an_error
    ),
];

async fn works(fixture: Fixture) -> CaseResult {
    let provider = &fixture.first.provider;
    let check = match provider.check().await? {
        Ok(check) => check,
        Err(error) => fail!("check_connection fails with a healthy gateway: {error}"),
    };
    let accepted = check.credentials == CredentialCheck::Accepted;
    ensure!(
        accepted && check.is_usable(),
        "valid credentials are reported as rejected"
    );
    ensure!(
        check.environment == provider.environment(),
        "the check reports a different environment"
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
                "invalid credentials are reported as accepted"
            );
            Ok(())
        }
        Err(error) => fail!("invalid credentials are reported as an error: {error}"),
    }
}

async fn only_reads(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let _ = account.provider.check().await?;
    for request in account.requests() {
        let creates = account.gateway.is_creation(&request)?;
        ensure!(
            !creates,
            "the check creates a checkout: {} {}",
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
        Ok(_) => fail!("the check succeeds although the gateway is unavailable"),
        Err(_) => Ok(()),
    }
}
