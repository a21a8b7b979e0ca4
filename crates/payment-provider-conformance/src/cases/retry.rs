//! Repeated is what is safe, as late as the gateway wants, and not for ever.

use std::time::Duration;

use payment_provider_core::{Effect, ErrorKind, RetryAdvice};
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
        "after too many calls none is made before the gateway's own wait is over",
        keeps_the_gateways_wait
    ),
    case!(
        "retry.returns-long-wait-as-advice",
        contract::RETRY,
        [Gateway],
        "a wait longer than a call may take is handed on as advice, not slept through",
        hands_on_a_long_wait
    ),
    case!(
        "retry.never-after-rejection",
        contract::RETRY,
        [Gateway],
        "what the gateway refuses for good is asked once, and told as refused",
        not_after_a_refusal
    ),
    case!(
        "retry.is-bounded",
        contract::RETRY,
        [Http],
        "a gateway that is down is left alone after some tries",
        not_for_ever
    ),
    case!(
        "retry.backs-off-between-attempts",
        contract::RETRY,
        [Http],
        "the tries at a gateway that is down are spread out",
        pauses_between_tries
    ),
    case!(
        "retry.failed-reads-are-retryable",
        contract::RETRY,
        [Http, StatusInquiry],
        "a read that failed in passing is told as worth repeating",
        reads_again
    ),
];

const SHORT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_hours(1);

async fn keeps_the_gateways_wait(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("wait")?;
    let begun = Instant::now();
    account
        .inject_fault(InjectedFault::Refused(GatewayRefusal::RateLimited(SHORT)))
        .await?;
    match account.provider.create(&prepared).await? {
        Ok(_) => {
            let took = begun.elapsed();
            ensure!(
                took >= SHORT,
                "tried again after {took:?}, the gateway asked for {SHORT:?}"
            );
        }
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ErrorKind::RateLimited,
                "too many calls are told as {kind:?}"
            );
            advises(error.retry(), SHORT.saturating_sub(begun.elapsed()))?;
            let effect = error.effect();
            ensure!(
                effect != Effect::MaybeApplied,
                "what was turned away may not be applied"
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
                "the next call came {pause:?} later, {SHORT:?} were asked for"
            );
        }
    }
    Ok(())
}

async fn hands_on_a_long_wait(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("long-wait")?;
    let begun = Instant::now();
    account
        .inject_fault(InjectedFault::Refused(GatewayRefusal::RateLimited(LONG)))
        .await?;
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("the gateway asked for an hour and was called again within the call");
    };
    let took = begun.elapsed();
    ensure!(
        took < LONG,
        "the call slept through the hour that the gateway asked for"
    );
    let kind = error.kind();
    ensure!(
        kind == ErrorKind::RateLimited,
        "too many calls are told as {kind:?}: {error}"
    );
    advises(error.retry(), LONG.checked_sub(took).unwrap())?;
    let effect = error.effect();
    ensure!(
        effect != Effect::MaybeApplied,
        "what was turned away is told as perhaps carried out"
    );
    Ok(())
}

/// The advice must not be to come back sooner than this.
fn advises(advice: RetryAdvice, wait: Duration) -> CaseResult {
    match advice {
        RetryAdvice::After(after) if after >= wait => Ok(()),
        other => fail!("the gateway asked for {wait:?}, the advice is {other:?}"),
    }
}

async fn not_after_a_refusal(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("refused")?;
    if fixture.is_http() {
        // Should it ask again, it is refused again.
        account.refuse_all(&GatewayRefusal::Rejected)?;
    } else {
        account
            .inject_fault(InjectedFault::Refused(GatewayRefusal::Rejected))
            .await?;
    }
    let Err(error) = account.provider.create(&prepared).await? else {
        fail!("a checkout that the gateway refused is handed out");
    };
    let final_kind = matches!(
        error.kind(),
        ErrorKind::InvalidRequest | ErrorKind::Refused | ErrorKind::Conflict
    );
    ensure!(
        final_kind,
        "a refusal is told as {:?}: {error}",
        error.kind()
    );
    let advice = error.retry();
    ensure!(
        advice == RetryAdvice::Never,
        "to repeat what was refused is advised: {advice:?}"
    );
    if fixture.is_http() {
        let creations = account.creations()?.len();
        ensure!(
            creations == 1,
            "what was refused for good was sent {creations} times"
        );
        let effect = error.effect();
        let rejected = effect == Effect::Rejected;
        ensure!(
            rejected,
            "the gateway refused, the error says {effect:?}: {error}"
        );
    }
    Ok(())
}

async fn down(fixture: &Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("down")?;
    account.refuse_all(&GatewayRefusal::Unavailable)?;
    match account.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out while the gateway is down"),
        Err(_) => Ok(()),
    }
}

async fn not_for_ever(fixture: Fixture) -> CaseResult {
    const MOST: usize = 60;
    down(&fixture).await?;
    let sent = fixture.first.requests().len();
    ensure!(
        sent <= MOST,
        "one call sent {sent} requests to a gateway that is down"
    );
    Ok(())
}

async fn pauses_between_tries(fixture: Fixture) -> CaseResult {
    const LEAST: Duration = Duration::from_millis(10);
    down(&fixture).await?;
    let creations = fixture.first.creations()?;
    for pair in creations.windows(2) {
        let pause = pair[1].at - pair[0].at;
        ensure!(pause >= LEAST, "two tries are {pause:?} apart");
    }
    Ok(())
}

async fn reads_again(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("read")?)
        .await?
        .into_checkout();
    account.fault_all(WireFault::ResetBefore);
    let Err(error) = account.provider.fetch(&made.locator()).await? else {
        fail!("a checkout is told that the gateway did not tell");
    };
    let advice = error.retry();
    ensure!(
        advice != RetryAdvice::Never,
        "a read that failed in passing is told as final: {error}"
    );
    account.server.clear_faults();
    account.fetch(&made.locator()).await?;
    Ok(())
}
