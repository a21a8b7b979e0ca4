//! Retries are safe, bounded, and as late as the gateway asks.

use std::time::Duration;

use payment_provider_core::{Effect, ProviderErrorKind, RetryAdvice};
use tokio::time::Instant;

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::{GatewayRefusal, InjectedFault};
use crate::wire::WireFault;

pub(super) const CASES: &[Case] = &[
    case!(
        "retry.honours-retry-after",
        contract::RETRY,
        [Gateway],
        "after a rate limit no call is made before the gateway's wait is over",
        honours_retry_after
    ),
    case!(
        "retry.returns-long-wait-as-advice",
        contract::RETRY,
        [Gateway],
        "a wait longer than a call may take is returned as retry advice",
        returns_long_wait_as_advice
    ),
    case!(
        "retry.never-after-rejection",
        contract::RETRY,
        [Gateway],
        "a request that the gateway rejects is sent once and reported as rejected",
        never_after_rejection
    ),
    case!(
        "retry.is-bounded",
        contract::RETRY,
        [Http],
        "the number of attempts with an unavailable gateway is limited",
        is_bounded
    ),
    case!(
        "retry.backs-off-between-attempts",
        contract::RETRY,
        [Http],
        "attempts with an unavailable gateway are spread out",
        backs_off_between_attempts
    ),
    case!(
        "retry.failed-reads-are-retryable",
        contract::RETRY,
        [Http, StatusInquiry],
        "a read that failed temporarily advises a retry",
        failed_reads_are_retryable
    ),
];

const SHORT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_hours(1);

async fn honours_retry_after(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("wait")?;
    let started = Instant::now();
    account
        .inject_fault(InjectedFault::Refused(GatewayRefusal::RateLimited(SHORT)))
        .await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => {
            let took = started.elapsed();
            ensure!(
                took >= SHORT,
                "retried after {took:?}, the gateway asked for a wait of {SHORT:?}"
            );
        }
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ProviderErrorKind::RateLimited,
                "a rate limit is reported as {kind:?}"
            );
            advice_is_at_least(error.retry(), SHORT.saturating_sub(started.elapsed()))?;
            let effect = error.effect();
            ensure!(
                effect != Effect::MaybeApplied,
                "the effect is MaybeApplied although the gateway turned the request away"
            );
        }
    }
    if fixture.is_http() {
        let mut requests = account.requests().into_iter();
        let turned_away = requests.find(|request| request.fault.is_some());
        if let (Some(turned_away), Some(next)) = (turned_away, requests.next()) {
            let pause = next.at - turned_away.at;
            ensure!(
                pause >= SHORT,
                "the next call came {pause:?} later, the gateway asked for a wait of {SHORT:?}"
            );
        }
    }
    Ok(())
}

async fn returns_long_wait_as_advice(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("long-wait")?;
    let started = Instant::now();
    account
        .inject_fault(InjectedFault::Refused(GatewayRefusal::RateLimited(LONG)))
        .await?;
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("create_checkout succeeds although the gateway asked for a wait of an hour");
    };
    let took = started.elapsed();
    ensure!(
        took < LONG,
        "create_checkout waited for the whole hour that the gateway asked for"
    );
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::RateLimited,
        "a rate limit is reported as {kind:?}: {error}"
    );
    advice_is_at_least(error.retry(), LONG.checked_sub(took).unwrap())?;
    let effect = error.effect();
    ensure!(
        effect != Effect::MaybeApplied,
        "the effect is MaybeApplied although the gateway turned the request away"
    );
    Ok(())
}

/// Fails the case if the advice is to retry sooner than after `wait`.
fn advice_is_at_least(advice: RetryAdvice, wait: Duration) -> CaseResult {
    match advice {
        RetryAdvice::After(after) if after >= wait => Ok(()),
        other => fail!("the gateway asked for a wait of {wait:?}, the retry advice is {other:?}"),
    }
}

async fn never_after_rejection(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("refused")?;
    if fixture.is_http() {
        // A repeated request is refused again.
        account.refuse_all(&GatewayRefusal::Rejected)?;
    } else {
        account
            .inject_fault(InjectedFault::Refused(GatewayRefusal::Rejected))
            .await?;
    }
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("a checkout is returned although the gateway rejected it");
    };
    let final_kind = matches!(
        error.kind(),
        ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::Refused
            | ProviderErrorKind::Conflict
    );
    ensure!(
        final_kind,
        "a rejection is reported as {:?}: {error}",
        error.kind()
    );
    let advice = error.retry();
    ensure!(
        advice == RetryAdvice::Never,
        "the error advises to retry a rejected request: {advice:?}"
    );
    if fixture.is_http() {
        let creations = account.creations()?.len();
        ensure!(
            creations == 1,
            "a rejected request was sent {creations} times"
        );
        let effect = error.effect();
        let rejected = effect == Effect::Rejected;
        ensure!(
            rejected,
            "the gateway rejected the request, but the effect is {effect:?}: {error}"
        );
    }
    Ok(())
}

async fn create_while_unavailable(fixture: &Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("create_while_unavailable")?;
    account.refuse_all(&GatewayRefusal::Unavailable)?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is returned although the gateway is unavailable"),
        Err(_) => Ok(()),
    }
}

async fn is_bounded(fixture: Fixture) -> CaseResult {
    const MAX_REQUESTS: usize = 60;
    create_while_unavailable(&fixture).await?;
    let sent = fixture.first.requests().len();
    ensure!(
        sent <= MAX_REQUESTS,
        "one call sent {sent} requests to an unavailable gateway"
    );
    Ok(())
}

async fn backs_off_between_attempts(fixture: Fixture) -> CaseResult {
    const MIN_PAUSE: Duration = Duration::from_millis(10);
    create_while_unavailable(&fixture).await?;
    let creations = fixture.first.creations()?;
    for pair in creations.windows(2) {
        let pause = pair[1].at - pair[0].at;
        ensure!(pause >= MIN_PAUSE, "two attempts are only {pause:?} apart");
    }
    Ok(())
}

async fn failed_reads_are_retryable(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("read")?)
        .await?
        .into_checkout();
    account.fault_all(WireFault::ResetBefore);
    let Err(error) = account.provider.fetch(&made.locator()).await? else {
        fail!("a checkout is returned without a response of the gateway");
    };
    let advice = error.retry();
    ensure!(
        advice != RetryAdvice::Never,
        "a read that failed temporarily is reported as final: {error}"
    );
    account.server.clear_faults();
    account.fetch(&made.locator()).await?;
    Ok(())
}
