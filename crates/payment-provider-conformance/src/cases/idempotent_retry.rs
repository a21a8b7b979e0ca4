//! Repeated creations of one checkout.

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
        "after a lost response, a later attempt that is turned away leaves the effect MaybeApplied",
        later_rejection_stays_uncertain
    ),
    case!(
        "recovery.delayed-visibility-is-not-absence",
        contract::CREATE,
        [Gateway, StatusInquiry],
        "a checkout that the gateway does not find yet is not reported as absent",
        delayed_visibility_is_not_absence
    ),
    case!(
        "recovery.retries-send-same-bytes",
        contract::CREATE,
        [Http],
        "every attempt of a creation sends the same bytes with the same idempotency key",
        retries_send_same_bytes
    ),
    case!(
        "recovery.restart-sends-same-bytes",
        contract::CREATE,
        [Http],
        "after a restart the provider sends the same bytes as before",
        restart_sends_same_bytes
    ),
    case!(
        "recovery.dropped-call-is-recoverable",
        contract::CREATE,
        [Gateway],
        "a call that is dropped at any await point leaves at most one checkout, which is found again",
        dropped_call_is_recoverable
    ),
];

async fn later_rejection_stays_uncertain(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let gateway = &account.gateway;
    let hour = Duration::from_hours(1);
    let then = [
        (
            "the rate limit is exceeded",
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
        expect_uncertain(&fixture, &prepared, what, outcome).await?;
    }
    let prepared = fixture.prepared("first-refused")?;
    account.fault_creation(WireFault::ResetAfter, None);
    let create = pin!(account.provider.create(&prepared));
    let outcome = match select(create, pin!(unreachable_after_creation(account))).await {
        Either::Left((outcome, _)) => outcome?,
        Either::Right(((), create)) => create.await?,
    };
    expect_uncertain(&fixture, &prepared, "connections are refused", outcome).await
}

/// Refuses connections as soon as a creation has been received.
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

async fn expect_uncertain(
    fixture: &Fixture,
    prepared: &PreparedCheckout,
    what: &str,
    outcome: Result<CreatedCheckout, ProviderError>,
) -> CaseResult {
    let account = &fixture.first;
    account.server.clear_faults();
    let Err(error) = outcome else {
        fail!("a checkout is returned although the response was lost");
    };
    let effect = error.effect();
    ensure!(
        effect == Effect::MaybeApplied,
        "the first attempt may have created the checkout, then {what}, and the effect is {effect:?}: {error}"
    );
    account.create(prepared).await?;
    account.expect_one_checkout(&prepared.reference).await
}

async fn delayed_visibility_is_not_absence(fixture: Fixture) -> CaseResult {
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
                ensure!(
                    same,
                    "a second checkout is created instead of finding the first"
                );
                return account.expect_one_checkout(&prepared.reference).await;
            }
            Err(error) => maybe_applied(&error)?,
        }
    }
    fail!("create_checkout does not find the checkout although the gateway does")
}

async fn retries_send_same_bytes(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("each-try")?;
    account.server.fault_next(WireFault::ResetBefore);
    let first = account.provider.create(&prepared).await?;
    if let Err(error) = first {
        maybe_applied(&error)?;
    }
    account.create(&prepared).await?;
    expect_identical_creations(&fixture)
}

async fn restart_sends_same_bytes(fixture: Fixture) -> CaseResult {
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
        fail!("create_checkout fails with a healthy gateway: {error}");
    }
    expect_identical_creations(&fixture)
}

/// Fails the case unless all creations so far were the same request.
fn expect_identical_creations(fixture: &Fixture) -> CaseResult {
    let account = &fixture.first;
    let creations = account.creations()?;
    ensure!(creations.len() > 1, "the creation was not attempted again");
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
        ensure!(other.0 == first.0, "another attempt has a different path");
        ensure!(other.2 == first.2, "another attempt has a different body");
        for header in &other.1 {
            let same = first.1.contains(header);
            ensure!(
                same,
                "another attempt has a different `{}` header",
                header.0
            );
        }
        ensure!(
            other.1.len() == first.1.len(),
            "another attempt has fewer headers"
        );
    }
    Ok(())
}

async fn dropped_call_is_recoverable(fixture: Fixture) -> CaseResult {
    /// More polls than a creation needs with any provider.
    const MAX_POLLS: usize = 400;
    let account = &fixture.first;
    for polls in 1..=MAX_POLLS {
        let prepared = fixture.prepared(&format!("dropped-{polls}"))?;
        let call = account.provider.inner().create_checkout(&prepared);
        let done = tokio::time::timeout(MAX_CALL_DURATION, poll_at_most(polls, call)).await;
        let done = matches!(done, Ok(Some(_)));
        let checkout = account.create(&prepared).await?.into_checkout();
        let same = checkout.amount == prepared.amount;
        ensure!(
            same,
            "the checkout of a call dropped after {polls} polls is for {}",
            checkout.amount
        );
        account.expect_one_checkout(&prepared.reference).await?;
        if done {
            return Ok(());
        }
    }
    Err(CaseFailure::Broken(format!(
        "create_checkout needs more than {MAX_POLLS} polls"
    )))
}
