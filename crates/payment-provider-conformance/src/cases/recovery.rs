//! A lost response is neither a failure nor a reason for a second checkout.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::Response;
use payment_provider_core::{CreatedCheckout, Effect, ProviderError, ProviderErrorKind};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::{GatewayRefusal, InjectedFault};
use crate::wire::WireFault;

pub(super) const CASES: &[Case] = &[
    case!(
        "recovery.adopts-after-timeout",
        contract::CREATE,
        [Gateway],
        "after a lost response, a repeated creation adopts the checkout",
        adopts_after_timeout
    ),
    case!(
        "recovery.lost-response-may-be-applied",
        contract::EFFECT,
        [Gateway],
        "a timeout is reported as MaybeApplied, since the checkout may exist",
        lost_response_may_be_applied
    ),
    case!(
        "recovery.unsent-request-is-not-sent",
        contract::EFFECT,
        [Gateway],
        "an unreachable gateway has created nothing, so the effect is NotSent",
        unsent_request_is_not_sent
    ),
    case!(
        "recovery.missing-response-times-out",
        contract::CREATE,
        [Http],
        "a call without a response ends in finite time as MaybeApplied",
        missing_response_times_out
    ),
    case!(
        "recovery.stalled-response-times-out",
        contract::CREATE,
        [Http],
        "a response that stalls half way ends the call as MaybeApplied",
        stalled_response_times_out
    ),
    case!(
        "recovery.truncated-response-may-be-applied",
        contract::EFFECT,
        [Http],
        "a connection that breaks within the response is reported as MaybeApplied",
        truncated_response_may_be_applied
    ),
    case!(
        "recovery.unreadable-response-may-be-applied",
        contract::EFFECT,
        [Http],
        "an unreadable success is reported as MaybeApplied, since the checkout may exist",
        unreadable_response_may_be_applied
    ),
    case!(
        "recovery.server-error-may-be-applied",
        contract::EFFECT,
        [Http],
        "a server error of the gateway is reported as MaybeApplied",
        server_error_may_be_applied
    ),
];

async fn adopts_after_timeout(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("timeout")?;
    account
        .inject_fault(InjectedFault::ResponseLost { persistent: false })
        .await?;
    if let Err(error) = account.provider.create(&prepared).await? {
        maybe_applied(&error)?;
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    let checkout = account.create(&prepared).await?.into_checkout();
    ensure!(
        checkout.amount == prepared.amount,
        "the adopted checkout is for {}",
        checkout.amount
    );
    account.expect_one_checkout(&prepared.reference).await
}

async fn lost_response_may_be_applied(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("lost")?;
    account
        .inject_fault(InjectedFault::ResponseLost { persistent: true })
        .await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is returned although every response was lost"),
        Err(error) => maybe_applied(&error)?,
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    account.create(&prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

async fn unsent_request_is_not_sent(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("unreached")?;
    account.inject_fault(InjectedFault::NotSent).await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is returned although the request was never sent"),
        Err(error) => {
            let effect = error.effect();
            ensure!(
                effect == Effect::NotSent,
                "nothing was sent, but the effect is {effect:?}"
            );
        }
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    let made = account.create(&prepared).await?;
    let created = matches!(made, CreatedCheckout::Created(_));
    ensure!(created, "a new checkout is reported as adopted");
    account.expect_one_checkout(&prepared.reference).await
}

async fn missing_response_times_out(fixture: Fixture) -> CaseResult {
    create_with_lost_response(&fixture, "silence", WireFault::HangAfter).await
}

async fn stalled_response_times_out(fixture: Fixture) -> CaseResult {
    create_with_lost_response(&fixture, "slow", WireFault::SlowBody).await
}

async fn truncated_response_may_be_applied(fixture: Fixture) -> CaseResult {
    create_with_lost_response(&fixture, "broken", WireFault::CloseMidBody).await
}

async fn server_error_may_be_applied(fixture: Fixture) -> CaseResult {
    let answer = fixture
        .first
        .gateway
        .refusal_response(&GatewayRefusal::Unavailable)?;
    let server_error = answer.status().is_server_error();
    ensure!(
        server_error,
        "GatewayModel::refusal_response(Unavailable) has status {}",
        answer.status()
    );
    create_with_lost_response(&fixture, "fault", WireFault::ReplaceAfter(answer)).await
}

async fn unreadable_response_may_be_applied(fixture: Fixture) -> CaseResult {
    for (number, body) in ["", "{", "[]", "null", "<html>no</html>"]
        .into_iter()
        .enumerate()
    {
        let answer = Response::new(Bytes::from_static(body.as_bytes()));
        create_with_lost_response(
            &fixture,
            &format!("unreadable-{number}"),
            WireFault::ReplaceAfter(answer),
        )
        .await?;
    }
    Ok(())
}

/// Creates a checkout while every response has this fault. The error has to be `MaybeApplied`, and
/// a repeated creation has to find the checkout.
async fn create_with_lost_response(fixture: &Fixture, name: &str, fault: WireFault) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared(name)?;
    account.fault_all(fault);
    let outcome = account.provider.create(&prepared).await?;
    account.server.clear_faults();
    match outcome {
        Ok(_) => fail!("a checkout is returned from an incomplete response"),
        Err(error) => maybe_applied(&error)?,
    }
    account.create(&prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

/// Fails the case unless the effect of the error is `MaybeApplied`.
pub(super) fn maybe_applied(error: &ProviderError) -> CaseResult {
    let effect = error.effect();
    let uncertain = effect == Effect::MaybeApplied;
    ensure!(
        uncertain,
        "the checkout may exist, but the effect is {effect:?}: {error}"
    );
    let final_kind = matches!(
        error.kind(),
        ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::NotFound
            | ProviderErrorKind::Refused
    );
    ensure!(
        !final_kind,
        "the checkout may exist, but the kind of the error is final: {error}"
    );
    Ok(())
}
