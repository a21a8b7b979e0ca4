//! How a checkout stands is the gateway's word, kept even where it is odd.

use payment_provider_core::{
    CheckoutLocator, CheckoutStatus, Effect, ErrorKind, NextAction, RetryAdvice,
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
        "what was paid is told to the last unit",
        paid_is_told
    ),
    case!(
        "status.underpaid-keeps-actual-amount",
        contract::FETCH,
        [StatusInquiry],
        "a status that says paid does not make up money: the amounts are the gateway's",
        paid_short_is_told
    ),
    case!(
        "status.expired-is-reported",
        contract::STATUS,
        [StatusInquiry],
        "a checkout whose time is over takes no new payments and leads nowhere",
        expired_is_told
    ),
    case!(
        "status.failed-attempt-changes-nothing",
        contract::STATUS,
        [StatusInquiry],
        "a failed attempt to pay leaves the checkout open",
        failed_attempt_changes_nothing
    ),
    case!(
        "status.unknown-status-is-kept",
        contract::STATUS,
        [StatusInquiry],
        "a status word of tomorrow is kept, and counts as payable",
        unknown_is_kept
    ),
    case!(
        "status.missing-is-not-found",
        contract::FETCH,
        [StatusInquiry],
        "a checkout that does not exist is told as not found, not as a fault",
        missing_is_not_found
    ),
    case!(
        "status.found-with-and-without-gateway-id",
        contract::FETCH,
        [StatusInquiry],
        "a host that lost the gateway's id still finds the checkout by its reference",
        found_both_ways
    ),
    case!(
        "status.undeclared-inquiry-sends-nothing",
        contract::FETCH,
        [NoStatusInquiry],
        "a gateway that cannot be asked is not asked: unsupported, and nothing was sent",
        undeclared_inquiry
    ),
];

async fn paid_is_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("paid").await?;
    let found = account.fetch(&checkout).await?;
    ensure!(
        found.status == CheckoutStatus::Paid,
        "it is told as {}",
        found.status
    );
    let (asked, paid) = (fixture.amount(), found.amount_paid);
    ensure!(paid == asked, "{asked} was paid, the answer says {paid}");
    ensure!(
        found.amount == asked,
        "{asked} was asked for, the answer says {}",
        found.amount
    );
    let nothing = found.next_action == NextAction::None;
    ensure!(nothing, "the payer of a paid checkout is sent to pay again");
    Ok(())
}

async fn paid_short_is_told(fixture: Fixture) -> CaseResult {
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
    ensure!(paid == short, "{short} was paid, the answer says {paid}");
    ensure!(
        found.amount == prepared.amount,
        "the amount asked for became {}",
        found.amount
    );
    Ok(())
}

async fn expired_is_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("expired")?;
    let made = account.create(&prepared).await?.into_checkout();
    account.gateway.expire(&prepared.reference).await?;
    let found = account.fetch(&made.locator()).await?;
    ensure!(
        found.status == CheckoutStatus::Expired,
        "it is told as {}",
        found.status
    );
    ensure!(
        found.next_action == NextAction::None,
        "the payer is sent to a checkout that is over"
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
        "a failed attempt made it {}",
        found.status
    );
    ensure!(
        found.amount_paid.is_zero(),
        "a failed attempt counts as {}",
        found.amount_paid
    );
    Ok(())
}

async fn unknown_is_kept(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("unknown")?;
    let made = account.create(&prepared).await?.into_checkout();
    let word = "under_audit";
    let twist = Anomaly::UnknownStatus(word.to_owned());
    account
        .gateway
        .set_anomaly(&prepared.reference, &twist)
        .await?;
    let found = account.fetch(&made.locator()).await?;
    let CheckoutStatus::Unknown(kept) = &found.status else {
        fail!("a status word nobody knows is told as {}", found.status);
    };
    ensure!(
        kept.eq_ignore_ascii_case(word),
        "the word `{word}` is told as `{kept}`"
    );
    Ok(())
}

async fn missing_is_not_found(fixture: Fixture) -> CaseResult {
    let reference = Fixture::reference("never-made");
    let locator = CheckoutLocator::from(reference);
    match fixture.first.provider.fetch(&locator).await? {
        Ok(_) => fail!("a checkout that was never made is found"),
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ErrorKind::NotFound,
                "expected NotFound, got {kind:?}: {error}"
            );
        }
    }
    Ok(())
}

async fn found_both_ways(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("located")?;
    let made = account.create(&prepared).await?.into_checkout();
    let by_both = account.fetch(&made.locator()).await?;
    let by_reference = account.fetch(&prepared.reference.clone().into()).await?;
    ensure!(
        by_both == by_reference,
        "with and without the gateway's id the answers differ"
    );
    ensure!(
        by_both.reference == prepared.reference,
        "the answer has another reference"
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
            fail!("{what} works though status_inquiry is not declared");
        };
        let kind = error.kind();
        ensure!(
            kind == ErrorKind::Unsupported,
            "{what}: expected Unsupported, got {kind:?}"
        );
        ensure!(
            error.effect() == Effect::NotSent,
            "{what} says that something was sent"
        );
        ensure!(
            error.retry() == RetryAdvice::Never,
            "{what} advises to try again"
        );
    }
    let what = "status_inquiry is not declared";
    account.expect_no_calls_since(before, what).await
}
