//! What a second try is, and what it may say.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use payment_provider_core::{CreatedCheckout, Effect, PreparedCheckout, ProviderError};

use super::recovery::maybe_applied;
use crate::bench::{Bench, LONGEST, Party, polled_at_most};
use crate::case::{CREATE, Case, EFFECT, Failure, Verdict, case, ensure, fail};
use crate::subject::{Refusal, Twist};
use crate::wire::Fault;

pub(super) const CASES: &[Case] = &[
    case!(
        "recovery.what-came-first-counts",
        EFFECT,
        [Http],
        "after a lost answer, a later try that is turned away does not make it a failure",
        what_came_first_counts
    ),
    case!(
        "recovery.hidden-for-a-while",
        CREATE,
        [Gateway, StatusInquiry],
        "a checkout that the gateway has and does not find yet is not told as absent",
        hidden_for_a_while
    ),
    case!(
        "recovery.same-bytes-each-try",
        CREATE,
        [Http],
        "every try of a creation sends the same bytes under the same key",
        same_bytes_each_try
    ),
    case!(
        "recovery.same-bytes-after-restart",
        CREATE,
        [Http],
        "a process that starts again sends what the one before it sent",
        same_bytes_after_restart
    ),
    case!(
        "recovery.dropped-anywhere",
        CREATE,
        [Gateway],
        "a caller that goes away at any moment leaves at most one checkout, which is found again",
        dropped_anywhere
    ),
];

async fn what_came_first_counts(bench: Bench) -> Verdict {
    let party = &bench.first;
    let gateway = &party.gateway;
    let hour = Duration::from_hours(1);
    let then = [
        (
            "there are too many calls",
            Fault::ReplaceBefore(gateway.refuse(&Refusal::TooMany(hour))?),
        ),
        (
            "the credentials are refused",
            Fault::ReplaceBefore(gateway.refuse(&Refusal::Credentials)?),
        ),
    ];
    for (number, (what, then)) in then.into_iter().enumerate() {
        let prepared = bench.prepared(&format!("first-{number}"))?;
        party.fault_creation(Fault::ResetAfter, Some(then));
        let outcome = party.provider.create(&prepared).await?;
        after_the_first(&bench, &prepared, what, outcome).await?;
    }
    let prepared = bench.prepared("first-refused")?;
    party.fault_creation(Fault::ResetAfter, None);
    let create = pin!(party.provider.create(&prepared));
    let outcome = match select(create, pin!(unreachable_after_creation(party))).await {
        Either::Left((outcome, _)) => outcome?,
        Either::Right(((), create)) => create.await?,
    };
    after_the_first(&bench, &prepared, "nobody can connect", outcome).await
}

/// Closes the gateway's door as soon as a creation has come in.
async fn unreachable_after_creation(party: &Party) {
    let mut seen = party.requests().len();
    loop {
        let requests = party.server.wait_for(seen + 1).await;
        let mut new = requests[seen..].iter();
        if new.any(|request| party.gateway.is_creation(request) != Ok(false)) {
            break;
        }
        seen = requests.len();
    }
    party.fault_all(Fault::RefuseConnection);
}

async fn after_the_first(
    bench: &Bench,
    prepared: &PreparedCheckout,
    what: &str,
    outcome: Result<CreatedCheckout, ProviderError>,
) -> Verdict {
    let party = &bench.first;
    party.server.clear_faults();
    let Err(error) = outcome else {
        fail!("a checkout is handed out that nobody has answered for");
    };
    let effect = error.effect();
    ensure!(
        effect == Effect::MaybeApplied,
        "the first try may have made it; then {what}, and the error says {effect:?}: {error}"
    );
    party.make(prepared).await?;
    party.only_one(&prepared.reference).await
}

async fn hidden_for_a_while(bench: Bench) -> Verdict {
    const LOOKUPS: u32 = 5;
    let party = &bench.first;
    let prepared = bench.prepared("hidden")?;
    let made = party.make(&prepared).await?.into_checkout();
    let twist = Twist::Hidden(LOOKUPS);
    party.gateway.twist(&prepared.reference, &twist).await?;
    for _ in 0..=LOOKUPS {
        match party.provider.create(&prepared).await? {
            Ok(found) => {
                let same = found.checkout().gateway_id == made.gateway_id;
                ensure!(same, "a second checkout is made, the first was not found");
                return party.only_one(&prepared.reference).await;
            }
            Err(error) => maybe_applied(&error)?,
        }
    }
    fail!("the gateway finds it by now, create_checkout does not")
}

async fn same_bytes_each_try(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("each-try")?;
    party.server.fault_next(Fault::ResetBefore);
    let first = party.provider.create(&prepared).await?;
    if let Err(error) = first {
        maybe_applied(&error)?;
    }
    party.make(&prepared).await?;
    alike(&bench)
}

async fn same_bytes_after_restart(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("restart")?;
    party.fault_all(Fault::ResetBefore);
    if let Err(error) = party.provider.create(&prepared).await? {
        maybe_applied(&error)?;
    }
    party.server.clear_faults();
    bench.clock.leap(Duration::from_mins(7));
    let again = bench.reconnect(&[0])?;
    if let Err(error) = again.create(&prepared).await? {
        fail!("create_checkout fails at a healthy gateway: {error}");
    }
    alike(&bench)
}

/// All creations so far were the same request.
fn alike(bench: &Bench) -> Verdict {
    let party = &bench.first;
    let creations = party.creations()?;
    ensure!(creations.len() > 1, "the creation was not tried again");
    let varying = party.gateway.varying_headers();
    let essence = |request: &crate::wire::RecordedRequest| {
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| !varying.contains(&name.to_ascii_lowercase().as_str()));
        headers.sort();
        (request.target.clone(), headers, request.body.clone())
    };
    let Some((first, others)) = creations.split_first() else {
        return Ok(());
    };
    let first = essence(first);
    for other in others {
        let other = essence(other);
        ensure!(other.0 == first.0, "another try goes to another address");
        ensure!(other.2 == first.2, "another try has another body");
        for header in &other.1 {
            let same = first.1.contains(header);
            ensure!(same, "another try has another `{}` header", header.0);
        }
        ensure!(
            other.1.len() == first.1.len(),
            "another try has fewer headers"
        );
    }
    Ok(())
}

async fn dropped_anywhere(bench: Bench) -> Verdict {
    /// More awaits than any provider has.
    const MOST: usize = 400;
    let party = &bench.first;
    for polls in 1..=MOST {
        let prepared = bench.prepared(&format!("dropped-{polls}"))?;
        let call = party.provider.bare().create_checkout(&prepared);
        let done = tokio::time::timeout(LONGEST, polled_at_most(polls, call)).await;
        let done = matches!(done, Ok(Some(_)));
        let checkout = party.make(&prepared).await?.into_checkout();
        let same = checkout.amount == prepared.amount;
        ensure!(
            same,
            "dropped after {polls} polls, it asks for {}",
            checkout.amount
        );
        party.only_one(&prepared.reference).await?;
        if done {
            return Ok(());
        }
    }
    Err(Failure::Broken(format!(
        "create_checkout needs more than {MOST} polls"
    )))
}
