//! The status of a checkout is the one that the gateway reports.

use payment_provider_core::{
    CheckoutLocator, CheckoutStatus, Effect, NextAction, ProviderErrorKind, RetryAdvice,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::{Fixture, half};
use crate::harness::Anomaly;

pub(super) const CASES: &[Case] = &[
    case!(
        "status.paid-is-reported",
        contract::FETCH,
        [StatusInquiry],
        "a paid checkout is reported as paid with the exact amount",
        paid_is_reported
    ),
    case!(
        "status.underpaid-keeps-actual-amount",
        contract::FETCH,
        [StatusInquiry],
        "a status of paid does not change the amounts that the gateway reports",
        underpaid_keeps_actual_amount
    ),
    case!(
        "status.expired-is-reported",
        contract::STATUS,
        [StatusInquiry],
        "an expired checkout is reported as expired and has no next action",
        expired_is_reported
    ),
    case!(
        "status.failed-attempt-changes-nothing",
        contract::STATUS,
        [StatusInquiry],
        "a failed payment attempt leaves the checkout open",
        failed_attempt_changes_nothing
    ),
    case!(
        "status.unknown-status-is-kept",
        contract::STATUS,
        [StatusInquiry],
        "an unknown status is kept as it is and counts as payable",
        unknown_status_is_kept
    ),
    case!(
        "status.missing-is-not-found",
        contract::FETCH,
        [StatusInquiry],
        "a checkout that does not exist is reported as NotFound",
        missing_is_not_found
    ),
    case!(
        "status.found-with-and-without-gateway-id",
        contract::FETCH,
        [StatusInquiry],
        "a checkout is found by its reference with or without the gateway's id",
        found_with_and_without_gateway_id
    ),
    case!(
        "status.undeclared-inquiry-sends-nothing",
        contract::FETCH,
        [NoStatusInquiry],
        "without status inquiry the error is Unsupported and nothing is sent",
        undeclared_inquiry
    ),
];

async fn paid_is_reported(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("paid").await?;
    let found = account.fetch(&checkout).await?;
    ensure!(
        found.status == CheckoutStatus::Paid,
        "the status is {}",
        found.status
    );
    let (asked, paid) = (fixture.amount(), found.amount_paid);
    ensure!(paid == asked, "{asked} was paid, the response says {paid}");
    ensure!(
        found.amount == asked,
        "{asked} was requested, the response says {}",
        found.amount
    );
    let nothing = found.next_action == NextAction::None;
    ensure!(nothing, "a paid checkout still has a next action");
    Ok(())
}

async fn underpaid_keeps_actual_amount(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("short")?;
    let made = account.create(&prepared).await?.into_checkout();
    let short = half(prepared.amount);
    account
        .gateway
        .set_anomaly(&prepared.reference, &Anomaly::Underpaid(short))
        .await?;
    let found = account.fetch(&made.locator()).await?;
    let paid = found.amount_paid;
    ensure!(paid == short, "{short} was paid, the response says {paid}");
    ensure!(
        found.amount == prepared.amount,
        "the requested amount changes to {}",
        found.amount
    );
    Ok(())
}

async fn expired_is_reported(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("expired")?;
    let made = account.create(&prepared).await?.into_checkout();
    account.gateway.expire(&prepared.reference).await?;
    let found = account.fetch(&made.locator()).await?;
    ensure!(
        found.status == CheckoutStatus::Expired,
        "the status is {}",
        found.status
    );
    ensure!(
        found.next_action == NextAction::None,
        "an expired checkout still has a next action"
    );
    Ok(())
}

async fn failed_attempt_changes_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("failed")?;
    let made = account.create(&prepared).await?.into_checkout();
    account
        .gateway
        .fail_payment(&prepared.reference, prepared.amount)
        .await?;
    let found = account.fetch(&made.locator()).await?;
    ensure!(
        found.status.is_payable(),
        "after a failed attempt the status is {}",
        found.status
    );
    ensure!(
        found.amount_paid.is_zero(),
        "a failed attempt counts as {} paid",
        found.amount_paid
    );
    Ok(())
}

async fn unknown_status_is_kept(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("unknown")?;
    let made = account.create(&prepared).await?.into_checkout();
    let unknown = "under_audit";
    let twist = Anomaly::UnknownStatus(unknown.to_owned());
    account
        .gateway
        .set_anomaly(&prepared.reference, &twist)
        .await?;
    let found = account.fetch(&made.locator()).await?;
    let CheckoutStatus::Unknown(kept) = &found.status else {
        fail!("an unknown status is reported as {}", found.status);
    };
    ensure!(
        kept.eq_ignore_ascii_case(unknown),
        "the status `{unknown}` is reported as `{kept}`"
    );
    Ok(())
}

async fn missing_is_not_found(fixture: Fixture) -> CaseResult {
    let reference = Fixture::reference("never-made");
    let locator = CheckoutLocator::from(reference);
    match fixture.first.provider.fetch(&locator).await? {
        Ok(_) => fail!("a checkout that was never created is found"),
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ProviderErrorKind::NotFound,
                "expected NotFound, got {kind:?}: {error}"
            );
        }
    }
    Ok(())
}

async fn found_with_and_without_gateway_id(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("located")?;
    let made = account.create(&prepared).await?.into_checkout();
    let by_both = account.fetch(&made.locator()).await?;
    let by_reference = account.fetch(&prepared.reference.clone().into()).await?;
    ensure!(
        by_both == by_reference,
        "the results with and without the gateway's id differ"
    );
    ensure!(
        by_both.reference == prepared.reference,
        "the checkout has a different reference"
    );
    Ok(())
}

async fn undeclared_inquiry(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let locator = CheckoutLocator::from(fixture.prepared("inquiry")?.reference);
    let before = account.call_count().await;
    let fetched = account.provider.fetch(&locator).await?.map(|_| ());
    let listed = account.provider.list(&locator).await?.map(|_| ());
    for (what, outcome) in [("fetch_checkout", fetched), ("list_payments", listed)] {
        let Err(error) = outcome else {
            fail!("{what} works although status_inquiry is not declared");
        };
        let kind = error.kind();
        ensure!(
            kind == ProviderErrorKind::Unsupported,
            "{what}: expected Unsupported, got {kind:?}"
        );
        ensure!(
            error.effect() == Effect::NotSent,
            "{what}: the effect is not NotSent"
        );
        ensure!(
            error.retry() == RetryAdvice::Never,
            "{what}: the error advises a retry"
        );
    }
    let what = "status_inquiry is not declared";
    account.expect_no_calls_since(before, what).await
}
