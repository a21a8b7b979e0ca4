//! What a second try is, and what it may say.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use payment_provider_core::{CreatedCheckout, Effect, PreparedCheckout, ProviderError};

use super::recovery::maybe_applied;
use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, MAX_CALL_DURATION, TestAccount, poll_at_most};
use crate::harness::{Anomaly, GatewayRefusal};
use crate::wire::WireFault;

pub(super) const CASES: &[Case] = &[
    case!(
        "recovery.later-rejection-stays-uncertain",
        contract::EFFECT,
        [Http],
        "after a lost answer, a later try that is turned away does not make it a failure",
        what_came_first_counts
    ),
    case!(
        "recovery.delayed-visibility-is-not-absence",
        contract::CREATE,
        [Gateway, StatusInquiry],
        "a checkout that the gateway has and does not find yet is not told as absent",
        hidden_for_a_while
    ),
    case!(
        "recovery.retries-send-same-bytes",
        contract::CREATE,
        [Http],
        "every try of a creation sends the same bytes under the same key",
        same_bytes_each_try
    ),
    case!(
        "recovery.restart-sends-same-bytes",
        contract::CREATE,
        [Http],
        "a process that starts again sends what the one before it sent",
        same_bytes_after_restart
    ),
    case!(
        "recovery.dropped-call-is-recoverable",
        contract::CREATE,
        [Gateway],
        "a caller that goes away at any moment leaves at most one checkout, which is found again",
        dropped_anywhere
    ),
];

async fn what_came_first_counts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let gateway = &account.gateway;
    let hour = Duration::from_hours(1);
    let then = [
        (
            "there are too many calls",
            WireFault::ReplaceBefore(gateway.refusal_response(&GatewayRefusal::RateLimited(hour))?),
        ),
        (
            "the credentials are refused",
            WireFault::ReplaceBefore(gateway.refusal_response(&GatewayRefusal::Credentials)?),
        ),
    ];
    for (number, (what, then)) in then.into_iter().enumerate() {
        let prepared = fixture.prepared(&format!("first-{number}"))?;
        account.fault_creation(WireFault::ResetAfter, Some(then));
        let outcome = account.provider.create(&prepared).await?;
        after_the_first(&fixture, &prepared, what, outcome).await?;
    }
    let prepared = fixture.prepared("first-refused")?;
    account.fault_creation(WireFault::ResetAfter, None);
    let create = pin!(account.provider.create(&prepared));
    let outcome = match select(create, pin!(unreachable_after_creation(account))).await {
        Either::Left((outcome, _)) => outcome?,
        Either::Right(((), create)) => create.await?,
    };
    after_the_first(&fixture, &prepared, "nobody can connect", outcome).await
}

/// Closes the gateway's door as soon as a creation has come in.
async fn unreachable_after_creation(account: &TestAccount) {
    let mut seen = account.requests().len();
    loop {
        let requests = account.server.wait_for(seen + 1).await;
        let mut new = requests[seen..].iter();
        if new.any(|request| account.gateway.is_creation(request) != Ok(false)) {
            break;
        }
        seen = requests.len();
    }
    account.fault_all(WireFault::RefuseConnection);
}

async fn after_the_first(
    fixture: &Fixture,
    prepared: &PreparedCheckout,
    what: &str,
    outcome: Result<CreatedCheckout, ProviderError>,
) -> CaseResult {
    let account = &fixture.first;
    account.server.clear_faults();
    let Err(error) = outcome else {
        fail!("a checkout is handed out that nobody has answered for");
    };
    let effect = error.effect();
    ensure!(
        effect == Effect::MaybeApplied,
        "the first try may have made it; then {what}, and the error says {effect:?}: {error}"
    );
    account.create(prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

async fn hidden_for_a_while(fixture: Fixture) -> CaseResult {
    const LOOKUPS: u32 = 5;
    let account = &fixture.first;
    let prepared = fixture.prepared("hidden")?;
    let made = account.create(&prepared).await?.into_checkout();
    let twist = Anomaly::HiddenFromLookups(LOOKUPS);
    account
        .gateway
        .set_anomaly(&prepared.reference, &twist)
        .await?;
    for _ in 0..=LOOKUPS {
        match account.provider.create(&prepared).await? {
            Ok(found) => {
                let same = found.checkout().gateway_id == made.gateway_id;
                ensure!(same, "a second checkout is made, the first was not found");
                return account.expect_one_checkout(&prepared.reference).await;
            }
            Err(error) => maybe_applied(&error)?,
        }
    }
    fail!("the gateway finds it by now, create_checkout does not")
}

async fn same_bytes_each_try(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("each-try")?;
    account.server.fault_next(WireFault::ResetBefore);
    let first = account.provider.create(&prepared).await?;
    if let Err(error) = first {
        maybe_applied(&error)?;
    }
    account.create(&prepared).await?;
    alike(&fixture)
}

async fn same_bytes_after_restart(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("restart")?;
    account.fault_all(WireFault::ResetBefore);
    if let Err(error) = account.provider.create(&prepared).await? {
        maybe_applied(&error)?;
    }
    account.server.clear_faults();
    fixture.clock.advance(Duration::from_mins(7));
    let again = fixture.reconnect(&[0])?;
    if let Err(error) = again.create(&prepared).await? {
        fail!("create_checkout fails at a healthy gateway: {error}");
    }
    alike(&fixture)
}

/// All creations so far were the same request.
fn alike(fixture: &Fixture) -> CaseResult {
    let account = &fixture.first;
    let creations = account.creations()?;
    ensure!(creations.len() > 1, "the creation was not tried again");
    let varying = account.gateway.varying_headers();
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

async fn dropped_anywhere(fixture: Fixture) -> CaseResult {
    /// More awaits than any provider has.
    const MOST: usize = 400;
    let account = &fixture.first;
    for polls in 1..=MOST {
        let prepared = fixture.prepared(&format!("dropped-{polls}"))?;
        let call = account.provider.inner().create_checkout(&prepared);
        let done = tokio::time::timeout(MAX_CALL_DURATION, poll_at_most(polls, call)).await;
        let done = matches!(done, Ok(Some(_)));
        let checkout = account.create(&prepared).await?.into_checkout();
        let same = checkout.amount == prepared.amount;
        ensure!(
            same,
            "dropped after {polls} polls, it asks for {}",
            checkout.amount
        );
        account.expect_one_checkout(&prepared.reference).await?;
        if done {
            return Ok(());
        }
    }
    Err(CaseFailure::Broken(format!(
        "create_checkout needs more than {MOST} polls"
    )))
}
