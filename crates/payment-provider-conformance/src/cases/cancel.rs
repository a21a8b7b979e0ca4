//! A checkout that is called off takes no new payment, and nobody is told so in vain.

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, ErrorKind, NextAction,
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
        "an open checkout that is cancelled cannot be paid any more",
        ends_what_is_open
    ),
    case!(
        "cancel.repeat-is-already-ended",
        contract::CANCEL,
        [Cancellation],
        "cancelling again is no error, and says that it had ended",
        twice_is_already_ended
    ),
    case!(
        "cancel.paid-is-reported-with-amount",
        contract::CANCEL,
        [Cancellation],
        "a checkout that was paid in the meantime is told as paid, with the amount",
        paid_is_told
    ),
    case!(
        "cancel.refused-is-still-payable",
        contract::CANCEL,
        [Cancellation],
        "what the gateway will not cancel is told as still payable, so that it is watched",
        refused_is_still_payable
    ),
    case!(
        "cancel.lost-response-is-resolved",
        contract::CANCEL,
        [Cancellation, StatusInquiry],
        "after a lost answer the gateway is asked, or the error says that it may be cancelled",
        lost_answer_is_found_out
    ),
    case!(
        "cancel.missing-is-not-found",
        contract::CANCEL,
        [Cancellation],
        "cancelling what does not exist is an error, not a success",
        missing_is_not_found
    ),
    case!(
        "cancel.undeclared-sends-nothing",
        contract::CANCEL,
        [NoCancellation],
        "a gateway that cannot cancel is not asked: unsupported, and nothing was sent",
        undeclared_sends_nothing
    ),
];

async fn ends_what_is_open(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("open")?)
        .await?
        .into_checkout();
    let Cancellation::Cancelled(checkout) = account.cancel(&made.locator()).await? else {
        fail!("cancelling an open checkout is not told as cancelled");
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
        "after cancelling it is told as {status}"
    );
    ensure!(
        *next == NextAction::None,
        "the payer is sent to a cancelled checkout"
    );
    Ok(())
}

async fn twice_is_already_ended(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("twice")?)
        .await?
        .into_checkout();
    account.cancel(&made.locator()).await?;
    let again = account.cancel(&made.locator()).await?;
    let ended = matches!(&again, Cancellation::AlreadyEnded(_));
    ensure!(ended, "cancelling again is told as {}", word(&again));
    Ok(())
}

async fn paid_is_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("paid").await?;
    match account.cancel(&checkout).await? {
        Cancellation::AlreadyEnded(found) => {
            let (paid, asked) = (found.amount_paid, fixture.amount());
            ensure!(paid == asked, "{asked} was paid, the answer says {paid}");
            ensure!(
                found.status == CheckoutStatus::Paid,
                "it is told as {}",
                found.status
            );
            Ok(())
        }
        other => fail!("cancelling what was paid is told as {}", word(&other)),
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
                "still payable, it is told as {}",
                found.status
            );
            Ok(())
        }
        other => fail!("a refused cancellation is told as {}", word(&other)),
    }
}

async fn lost_answer_is_found_out(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("lost")?)
        .await?
        .into_checkout();
    account.lose_next_write().await?;
    match account.provider.cancel(&made.locator()).await? {
        Ok(Cancellation::StillPayable(_)) => fail!("what was cancelled is told as still payable"),
        Ok(_) => {}
        Err(error) => {
            let effect = error.effect();
            let told = effect == Effect::MaybeApplied;
            ensure!(
                told,
                "it may be cancelled, the error says {effect:?}: {error}"
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
        Ok(cancellation) => fail!("what was never made is told as {}", word(&cancellation)),
        Err(error) => {
            let kind = error.kind();
            ensure!(
                kind == ErrorKind::NotFound,
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
        fail!("it works though it is not declared");
    };
    let kind = error.kind();
    ensure!(
        kind == ErrorKind::Unsupported,
        "expected Unsupported, got {kind:?}: {error}"
    );
    ensure!(
        error.effect() == Effect::NotSent,
        "the error says that something was sent"
    );
    let what = "cancellation is not declared";
    account.expect_no_calls_since(before, what).await
}

const fn word(cancellation: &Cancellation) -> &'static str {
    match cancellation {
        Cancellation::Cancelled(_) => "cancelled",
        Cancellation::AlreadyEnded(_) => "already ended",
        Cancellation::StillPayable(_) => "still payable",
    }
}
