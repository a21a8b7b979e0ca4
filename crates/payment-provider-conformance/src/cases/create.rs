//! A checkout is created once and matches its request.

use futures_util::future::join_all;
use payment_provider_core::{
    Checkout, CheckoutStatus, CreatedCheckout, Effect, Environment, NextAction, PreparedCheckout,
    ProviderErrorKind, ProviderId,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "create.matches-the-request",
        contract::CREATE,
        [],
        "the checkout has the requested reference and amount, and a next action for the payer",
        matches_the_request
    ),
    case!(
        "create.repeat-adopts",
        contract::CREATE,
        [Gateway],
        "a repeated creation adopts the existing checkout",
        repeat_adopts
    ),
    case!(
        "create.adopts-paid-checkout",
        contract::CREATE,
        [StatusInquiry],
        "a checkout that was paid meanwhile is adopted as paid and not offered again",
        adopts_paid_checkout
    ),
    case!(
        "create.different-amount-conflicts",
        contract::CREATE,
        [Gateway],
        "an existing checkout with a different amount is a conflict",
        different_amount_conflicts
    ),
    case!(
        "create.different-content-conflicts",
        contract::CREATE,
        [Gateway],
        "an existing checkout with different content is a conflict, detected by the fingerprint",
        different_content_conflicts
    ),
    case!(
        "create.concurrent-calls-create-one",
        contract::CREATE,
        [],
        "concurrent calls with the same reference get the same checkout",
        concurrent_calls_create_one
    ),
    case!(
        "create.survives-serialization",
        contract::PREPARED,
        [],
        "a prepared checkout that was stored and loaded again creates the same checkout",
        survives_serialization
    ),
    case!(
        "create.rejects-other-environment",
        contract::PREPARED,
        [],
        "a checkout prepared for the other environment is rejected before anything is sent",
        rejects_other_environment
    ),
    case!(
        "create.rejects-other-provider",
        contract::PREPARED,
        [],
        "a checkout prepared by another provider is rejected before anything is sent",
        rejects_other_provider
    ),
];

async fn matches_the_request(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("asked")?;
    let created = account.create(&prepared).await?;
    let CreatedCheckout::Created(checkout) = created else {
        fail!("a new checkout is reported as adopted");
    };
    ensure!(
        checkout.reference == prepared.reference,
        "the checkout has a different reference"
    );
    let (asked, found) = (prepared.amount, checkout.amount);
    ensure!(
        asked == found,
        "{asked} was requested, the response says {found}"
    );
    ensure!(
        checkout.amount_paid.is_zero(),
        "{} of a new checkout is reported as paid",
        checkout.amount_paid
    );
    let open = checkout.status == CheckoutStatus::Open;
    ensure!(open, "the status of a new checkout is {}", checkout.status);
    if let NextAction::Redirect(url) = &checkout.next_action {
        let loopback = url.host_str().is_some_and(|host| host.starts_with("127."));
        ensure!(
            url.scheme() != "http" || loopback,
            "the payment page is not served over https"
        );
    } else {
        fail!("a new checkout has no next action");
    }
    if fixture.is_http() {
        account.expect_one_checkout(&prepared.reference).await?;
        let creations = account.creations()?.len();
        ensure!(
            creations == 1,
            "{creations} creation requests were sent for one checkout"
        );
    }
    Ok(())
}

/// Returns true if two responses describe the same checkout. The payment URL may differ between
/// responses, unless the checkout has no gateway id to compare.
fn is_same_checkout(first: &Checkout, second: &Checkout) -> bool {
    first.gateway_id == second.gateway_id
        && (first.gateway_id.is_some() || first.next_action == second.next_action)
}

async fn repeat_adopts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("again")?;
    let first = account.create(&prepared).await?.into_checkout();
    let second = account.create(&prepared).await?;
    let CreatedCheckout::Adopted(second) = second else {
        fail!("an existing checkout is reported as created");
    };
    ensure!(
        is_same_checkout(&first, &second),
        "a repeated creation returns a different checkout"
    );
    ensure!(
        second.next_action != NextAction::None,
        "an adopted checkout has no next action"
    );
    account.expect_one_checkout(&prepared.reference).await
}

async fn adopts_paid_checkout(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("paid")?;
    account.create(&prepared).await?;
    account
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    let CreatedCheckout::Adopted(checkout) = account.create(&prepared).await? else {
        fail!("a checkout that was paid meanwhile is reported as created");
    };
    ensure!(
        checkout.status == CheckoutStatus::Paid,
        "the status is {}",
        checkout.status
    );
    let paid = checkout.amount_paid;
    ensure!(
        paid == prepared.amount,
        "{} was paid, the response says {paid}",
        prepared.amount
    );
    let nothing = checkout.next_action == NextAction::None;
    ensure!(nothing, "a paid checkout still has a next action");
    account.expect_one_checkout(&prepared.reference).await
}

async fn different_amount_conflicts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("amount")?;
    account.create(&prepared).await?;
    let more = crate::fixture::doubled(prepared.amount);
    let other = account.prepare(&fixture.request_for("amount", more))?;
    expect_conflict(&fixture, &other, "amount").await
}

async fn different_content_conflicts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("content")?;
    account.create(&prepared).await?;
    let mut request = fixture.request("content");
    "Invoice 4712".clone_into(&mut request.purpose);
    let other = account.prepare(&request)?;
    let same = other.fingerprint == prepared.fingerprint;
    ensure!(
        !same,
        "requests with different content have the same fingerprint"
    );
    expect_conflict(&fixture, &other, "fingerprint").await
}

async fn expect_conflict(fixture: &Fixture, other: &PreparedCheckout, field: &str) -> CaseResult {
    let account = &fixture.first;
    let Err(error) = account.provider.create(other).await? else {
        fail!("an existing checkout with a different {field} is returned as the requested one");
    };
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::Conflict,
        "expected Conflict, got {kind:?}: {error}"
    );
    let named = error
        .differences()
        .iter()
        .any(|difference| difference.field == field);
    // A provider without status inquiry cannot know the difference.
    ensure!(
        named || !fixture.descriptor().capabilities.status_inquiry,
        "the conflict does not list {field} among the differences of the existing checkout: {error}"
    );
    account.expect_one_checkout(&other.reference).await
}

async fn concurrent_calls_create_one(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("at-once")?;
    let calls = (0..8).map(|_| account.provider.create(&prepared));
    let mut found = Vec::new();
    for outcome in join_all(calls).await {
        match outcome? {
            Ok(created) => found.push(created.into_checkout()),
            Err(error) => {
                let lost = error.effect() == Effect::MaybeApplied;
                ensure!(
                    lost,
                    "one of several concurrent calls fails with an effect other than MaybeApplied: {error}"
                );
            }
        }
    }
    found.push(account.create(&prepared).await?.into_checkout());
    let one = found
        .windows(2)
        .all(|pair| is_same_checkout(&pair[0], &pair[1]));
    ensure!(
        one,
        "concurrent calls with the same reference got different checkouts"
    );
    if fixture.is_http() {
        account.expect_one_checkout(&prepared.reference).await?;
    }
    Ok(())
}

async fn survives_serialization(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("stored")?;
    let stored = serde_json::to_string(&prepared).map_err(|error| {
        CaseFailure::Broken(format!(
            "the prepared checkout cannot be serialized: {error}"
        ))
    })?;
    let read: PreparedCheckout = serde_json::from_str(&stored).map_err(|error| {
        CaseFailure::Broken(format!(
            "the prepared checkout cannot be deserialized: {error}"
        ))
    })?;
    ensure!(
        read == prepared,
        "the prepared checkout changes when it is stored and loaded"
    );
    let first = account.create(&prepared).await?.into_checkout();
    let again = fixture.reconnect(&[0])?;
    let second = match again.create(&read).await? {
        Ok(created) => created.into_checkout(),
        Err(error) => fail!("create_checkout fails with the loaded checkout: {error}"),
    };
    ensure!(
        is_same_checkout(&first, &second),
        "after a restart a different checkout is returned"
    );
    Ok(())
}

async fn rejects_other_environment(fixture: Fixture) -> CaseResult {
    let mut prepared = fixture.prepared("environment")?;
    prepared.environment = match prepared.environment {
        Environment::Production => Environment::Sandbox,
        Environment::Sandbox => Environment::Production,
    };
    expect_rejected(&fixture, &prepared, "environment").await
}

async fn rejects_other_provider(fixture: Fixture) -> CaseResult {
    let mut prepared = fixture.prepared("provider")?;
    let name = format!("not-{}", prepared.provider);
    match ProviderId::new(name) {
        Ok(id) => prepared.provider = id,
        Err(error) => fail!("{error}"),
    }
    expect_rejected(&fixture, &prepared, "provider").await
}

async fn expect_rejected(
    fixture: &Fixture,
    prepared: &PreparedCheckout,
    field: &str,
) -> CaseResult {
    let before = fixture.first.call_count().await;
    let Err(error) = fixture.first.provider.create(prepared).await? else {
        fail!("a checkout prepared for another {field} is created");
    };
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::InvalidRequest,
        "expected InvalidRequest, got {kind:?}: {error}"
    );
    let applied = error.effect() == Effect::MaybeApplied;
    ensure!(
        !applied,
        "the effect is MaybeApplied although nothing was sent"
    );
    let what = format!("a checkout prepared for another {field}");
    fixture.first.expect_no_calls_since(before, &what).await
}
