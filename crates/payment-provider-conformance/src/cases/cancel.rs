//! Cancelling a checkout ends it, and the result is reported correctly.

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, NextAction, ProviderErrorKind,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::{Anomaly, InjectedFault};

pub(super) const CASES: &[Case] = &[
    case!(
        "cancel.open-checkout-is-cancelled",
        contract::CANCEL,
        [Cancellation],
        "a cancelled checkout can no longer be paid",
        open_checkout_is_cancelled
    ),
    case!(
        "cancel.repeat-is-already-ended",
        contract::CANCEL,
        [Cancellation],
        "cancelling again is not an error and reports that the checkout had ended",
        repeat_is_already_ended
    ),
    case!(
        "cancel.paid-is-reported-with-amount",
        contract::CANCEL,
        [Cancellation],
        "a checkout that was paid meanwhile is reported as paid, with the amount",
        paid_is_reported
    ),
    case!(
        "cancel.refused-is-still-payable",
        contract::CANCEL,
        [Cancellation],
        "a checkout that the gateway will not cancel is reported as still payable, so that the host keeps watching it",
        refused_is_still_payable
    ),
    case!(
        "cancel.lost-response-is-resolved",
        contract::CANCEL,
        [Cancellation, StatusInquiry],
        "after a lost response the provider looks the checkout up, or reports that it may be cancelled",
        lost_response_is_resolved
    ),
    case!(
        "cancel.missing-is-not-found",
        contract::CANCEL,
        [Cancellation],
        "cancelling a checkout that does not exist is an error",
        missing_is_not_found
    ),
    case!(
        "cancel.undeclared-sends-nothing",
        contract::CANCEL,
        [NoCancellation],
        "without cancellation the error is Unsupported and nothing is sent",
        undeclared_sends_nothing
    ),
];

async fn open_checkout_is_cancelled(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("open")?)
        .await?
        .into_checkout();
    let Cancellation::Cancelled(checkout) = account.cancel(&made.locator()).await? else {
        fail!("cancelling an open checkout is not reported as Cancelled");
    };
    ended(&checkout.status, &checkout.next_action)?;
    if fixture.descriptor().capabilities.status_inquiry {
        let found = account.fetch(&made.locator()).await?;
        ended(&found.status, &found.next_action)?;
    }
    Ok(())
}

fn ended(status: &CheckoutStatus, next: &NextAction) -> CaseResult {
    ensure!(
        *status == CheckoutStatus::Cancelled,
        "after cancelling, the status is {status}"
    );
    ensure!(
        *next == NextAction::None,
        "a cancelled checkout still has a next action"
    );
    Ok(())
}

async fn repeat_is_already_ended(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("twice")?)
        .await?
        .into_checkout();
    account.cancel(&made.locator()).await?;
    let again = account.cancel(&made.locator()).await?;
    let ended = matches!(&again, Cancellation::AlreadyEnded(_));
    ensure!(ended, "cancelling again is reported as {}", name_of(&again));
    Ok(())
}

async fn paid_is_reported(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("paid").await?;
    match account.cancel(&checkout).await? {
        Cancellation::AlreadyEnded(found) => {
            let (paid, asked) = (found.amount_paid, fixture.amount());
            ensure!(paid == asked, "{asked} was paid, the response says {paid}");
            ensure!(
                found.status == CheckoutStatus::Paid,
                "the status is {}",
                found.status
            );
            Ok(())
        }
        other => fail!(
            "cancelling a paid checkout is reported as {}",
            name_of(&other)
        ),
    }
}

async fn refused_is_still_payable(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("stubborn")?;
    let made = account.create(&prepared).await?.into_checkout();
    account
        .gateway
        .set_anomaly(&prepared.reference, &Anomaly::CancellationRefused)
        .await?;
    match account.cancel(&made.locator()).await? {
        Cancellation::StillPayable(found) => {
            ensure!(
                found.status.is_payable(),
                "the checkout is still payable, but its status is {}",
                found.status
            );
            Ok(())
        }
        other => fail!("a refused cancellation is reported as {}", name_of(&other)),
    }
}

async fn lost_response_is_resolved(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("lost")?)
        .await?
        .into_checkout();
    account.lose_next_write().await?;
    match account.provider.cancel(&made.locator()).await? {
        Ok(Cancellation::StillPayable(_)) => {
            fail!("a cancelled checkout is reported as still payable")
        }
        Ok(_) => {}
        Err(error) => {
            let effect = error.effect();
            let reported = effect == Effect::MaybeApplied;
            ensure!(
                reported,
                "the checkout may be cancelled, but the effect is {effect:?}: {error}"
            );
        }
    }
    account.inject_fault(InjectedFault::Cleared).await?;
    let found = account.fetch(&made.locator()).await?;
    ended(&found.status, &found.next_action)
}

async fn missing_is_not_found(fixture: Fixture) -> CaseResult {
    let locator = CheckoutLocator::from(Fixture::reference("never-made"));
    match fixture.first.provider.cancel(&locator).await? {
        Ok(cancellation) => fail!(
            "a checkout that was never created is reported as {}",
            name_of(&cancellation)
        ),
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ProviderErrorKind::NotFound,
                "expected NotFound, got {kind:?}: {error}"
            );
            Ok(())
        }
    }
}

async fn undeclared_sends_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("fixed")?)
        .await?
        .into_checkout();
    let before = account.call_count().await;
    let Err(error) = account.provider.cancel(&made.locator()).await? else {
        fail!("cancellation works although it is not declared");
    };
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::Unsupported,
        "expected Unsupported, got {kind:?}: {error}"
    );
    ensure!(
        error.effect() == Effect::NotSent,
        "the effect of the error is not NotSent"
    );
    let what = "cancellation is not declared";
    account.expect_no_calls_since(before, what).await
}

const fn name_of(cancellation: &Cancellation) -> &'static str {
    match cancellation {
        Cancellation::Cancelled(_) => "cancelled",
        Cancellation::AlreadyEnded(_) => "already ended",
        Cancellation::StillPayable(_) => "still payable",
    }
}
