//! An answer that does not come is no failure, and no second checkout.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::Response;
use payment_provider_core::{CreatedCheckout, Effect, ErrorKind, ProviderError};

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
        "after a lost answer, asking again finds the checkout that was made",
        adopts_after_timeout
    ),
    case!(
        "recovery.lost-response-may-be-applied",
        contract::EFFECT,
        [Gateway],
        "a timeout is never told as a failure: the checkout may exist",
        lost_answer_may_be_applied
    ),
    case!(
        "recovery.unsent-request-is-not-sent",
        contract::EFFECT,
        [Gateway],
        "a gateway that cannot be reached has made nothing, and the error says so",
        nothing_sent_is_told
    ),
    case!(
        "recovery.missing-response-times-out",
        contract::CREATE,
        [Http],
        "a gateway that never answers is given up in finite time, as perhaps carried out",
        silence_ends
    ),
    case!(
        "recovery.stalled-response-times-out",
        contract::CREATE,
        [Http],
        "an answer that stops half way is given up, as perhaps carried out",
        slow_answer_ends
    ),
    case!(
        "recovery.truncated-response-may-be-applied",
        contract::EFFECT,
        [Http],
        "a connection that breaks within the answer leaves it open whether it was carried out",
        broken_answer_may_be_applied
    ),
    case!(
        "recovery.unreadable-response-may-be-applied",
        contract::EFFECT,
        [Http],
        "a success that cannot be read is no failure: the checkout may exist",
        unreadable_answer_may_be_applied
    ),
    case!(
        "recovery.server-error-may-be-applied",
        contract::EFFECT,
        [Http],
        "a fault of the gateway's own leaves it open whether it was carried out",
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
        "what is found asks for {}",
        checkout.amount
    );
    account.expect_one_checkout(&prepared.reference).await
}

async fn lost_answer_may_be_applied(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("lost")?;
    account
        .inject_fault(InjectedFault::ResponseLost { persistent: true })
        .await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out that nobody has answered for"),
        Err(error) => maybe_applied(&error)?,
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    account.create(&prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

async fn nothing_sent_is_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("unreached")?;
    account.inject_fault(InjectedFault::NotSent).await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out that the gateway has never heard of"),
        Err(error) => {
            let effect = error.effect();
            ensure!(
                effect == Effect::NotSent,
                "nothing was sent, the error says {effect:?}"
            );
        }
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    let made = account.create(&prepared).await?;
    let created = matches!(made, CreatedCheckout::Created(_));
    ensure!(
        created,
        "a checkout that nobody made before is told as adopted"
    );
    account.expect_one_checkout(&prepared.reference).await
}

async fn silence_ends(fixture: Fixture) -> CaseResult {
    unanswered(&fixture, "silence", WireFault::HangAfter).await
}

async fn slow_answer_ends(fixture: Fixture) -> CaseResult {
    unanswered(&fixture, "slow", WireFault::SlowBody).await
}

async fn broken_answer_may_be_applied(fixture: Fixture) -> CaseResult {
    unanswered(&fixture, "broken", WireFault::CloseMidBody).await
}

async fn server_error_may_be_applied(fixture: Fixture) -> CaseResult {
    let answer = fixture
        .first
        .gateway
        .refusal_response(&GatewayRefusal::Unavailable)?;
    let server_error = answer.status().is_server_error();
    ensure!(
        server_error,
        "GatewayModel::refuse(Unavailable) gives {}",
        answer.status()
    );
    unanswered(&fixture, "fault", WireFault::ReplaceAfter(answer)).await
}

async fn unreadable_answer_may_be_applied(fixture: Fixture) -> CaseResult {
    for (number, body) in ["", "{", "[]", "null", "<html>no</html>"]
        .into_iter()
        .enumerate()
    {
        let answer = Response::new(Bytes::from_static(body.as_bytes()));
        unanswered(
            &fixture,
            &format!("unreadable-{number}"),
            WireFault::ReplaceAfter(answer),
        )
        .await?;
    }
    Ok(())
}

/// The creation is carried out, and whatever is asked is answered like this.
async fn unanswered(fixture: &Fixture, name: &str, fault: WireFault) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared(name)?;
    account.fault_all(fault);
    let outcome = account.provider.create(&prepared).await?;
    account.server.clear_faults();
    match outcome {
        Ok(_) => fail!("a checkout is handed out of an answer that did not come whole"),
        Err(error) => maybe_applied(&error)?,
    }
    account.create(&prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

pub(super) fn maybe_applied(error: &ProviderError) -> CaseResult {
    let effect = error.effect();
    let told = effect == Effect::MaybeApplied;
    ensure!(
        told,
        "the checkout may exist, the error says {effect:?}: {error}"
    );
    let final_kind = matches!(
        error.kind(),
        ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::Refused
    );
    ensure!(
        !final_kind,
        "the checkout may exist, the error reads like a refusal: {error}"
    );
    Ok(())
}
