//! Repeated is what is safe, as late as the gateway wants, and not for ever.

use std::time::Duration;

use payment_provider_core::{Effect, ErrorKind, RetryAdvice};
use tokio::time::Instant;

use crate::bench::Bench;
use crate::case::{Case, RETRY, Verdict, case, ensure, fail};
use crate::subject::{Refusal, Trouble};
use crate::wire::Fault;

pub(super) const CASES: &[Case] = &[
    case!(
        "retry.keeps-the-gateways-wait",
        RETRY,
        [Gateway],
        "after too many calls none is made before the gateway's own wait is over",
        keeps_the_gateways_wait
    ),
    case!(
        "retry.hands-on-a-long-wait",
        RETRY,
        [Gateway],
        "a wait longer than a call may take is handed on as advice, not slept through",
        hands_on_a_long_wait
    ),
    case!(
        "retry.not-after-a-refusal",
        RETRY,
        [Gateway],
        "what the gateway refuses for good is asked once, and told as refused",
        not_after_a_refusal
    ),
    case!(
        "retry.not-for-ever",
        RETRY,
        [Http],
        "a gateway that is down is left alone after some tries",
        not_for_ever
    ),
    case!(
        "retry.pauses-between-tries",
        RETRY,
        [Http],
        "the tries at a gateway that is down are spread out",
        pauses_between_tries
    ),
    case!(
        "retry.reads-again",
        RETRY,
        [Http, StatusInquiry],
        "a read that failed in passing is told as worth repeating",
        reads_again
    ),
];

const SHORT: Duration = Duration::from_secs(3);
const LONG: Duration = Duration::from_hours(1);

async fn keeps_the_gateways_wait(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("wait")?;
    let begun = Instant::now();
    party
        .trouble(Trouble::Refused(Refusal::TooMany(SHORT)))
        .await?;
    match party.provider.create(&prepared).await? {
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
    if bench.is_http() {
        let mut requests = party.requests().into_iter();
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

async fn hands_on_a_long_wait(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("long-wait")?;
    let begun = Instant::now();
    party
        .trouble(Trouble::Refused(Refusal::TooMany(LONG)))
        .await?;
    let Err(error) = party.provider.create(&prepared).await? else {
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
fn advises(advice: RetryAdvice, wait: Duration) -> Verdict {
    match advice {
        RetryAdvice::After(after) if after >= wait => Ok(()),
        other => fail!("the gateway asked for {wait:?}, the advice is {other:?}"),
    }
}

async fn not_after_a_refusal(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("refused")?;
    if bench.is_http() {
        // Should it ask again, it is refused again.
        party.refuse_all(&Refusal::Unacceptable)?;
    } else {
        party
            .trouble(Trouble::Refused(Refusal::Unacceptable))
            .await?;
    }
    let Err(error) = party.provider.create(&prepared).await? else {
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
    if bench.is_http() {
        let creations = party.creations()?.len();
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

async fn down(bench: &Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("down")?;
    party.refuse_all(&Refusal::Unavailable)?;
    match party.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out while the gateway is down"),
        Err(_) => Ok(()),
    }
}

async fn not_for_ever(bench: Bench) -> Verdict {
    const MOST: usize = 60;
    down(&bench).await?;
    let sent = bench.first.requests().len();
    ensure!(
        sent <= MOST,
        "one call sent {sent} requests to a gateway that is down"
    );
    Ok(())
}

async fn pauses_between_tries(bench: Bench) -> Verdict {
    const LEAST: Duration = Duration::from_millis(10);
    down(&bench).await?;
    let creations = bench.first.creations()?;
    for pair in creations.windows(2) {
        let pause = pair[1].at - pair[0].at;
        ensure!(pause >= LEAST, "two tries are {pause:?} apart");
    }
    Ok(())
}

async fn reads_again(bench: Bench) -> Verdict {
    let party = &bench.first;
    let made = party.make(&bench.prepared("read")?).await?.into_checkout();
    party.fault_all(Fault::ResetBefore);
    let Err(error) = party.provider.fetch(&made.locator()).await? else {
        fail!("a checkout is told that the gateway did not tell");
    };
    let advice = error.retry();
    ensure!(
        advice != RetryAdvice::Never,
        "a read that failed in passing is told as final: {error}"
    );
    party.server.clear_faults();
    party.look(&made.locator()).await?;
    Ok(())
}
