//! A checkout that is called off takes no new payment, and nobody is told so in vain.

use payment_provider_core::{
    Cancellation, CheckoutLocator, CheckoutStatus, Effect, ErrorKind, NextAction,
};

use crate::bench::Bench;
use crate::case::{CANCEL, Case, Verdict, case, ensure, fail};
use crate::subject::{Trouble, Twist};

pub(super) const CASES: &[Case] = &[
    case!(
        "cancel.ends-what-is-open",
        CANCEL,
        [Cancellation],
        "an open checkout that is cancelled cannot be paid any more",
        ends_what_is_open
    ),
    case!(
        "cancel.twice-is-already-ended",
        CANCEL,
        [Cancellation],
        "cancelling again is no error, and says that it had ended",
        twice_is_already_ended
    ),
    case!(
        "cancel.paid-is-told-with-its-money",
        CANCEL,
        [Cancellation],
        "a checkout that was paid in the meantime is told as paid, with the amount",
        paid_is_told
    ),
    case!(
        "cancel.refused-is-still-payable",
        CANCEL,
        [Cancellation],
        "what the gateway will not cancel is told as still payable, so that it is watched",
        refused_is_still_payable
    ),
    case!(
        "cancel.lost-answer-is-found-out",
        CANCEL,
        [Cancellation, StatusInquiry],
        "after a lost answer the gateway is asked, or the error says that it may be cancelled",
        lost_answer_is_found_out
    ),
    case!(
        "cancel.missing-is-not-found",
        CANCEL,
        [Cancellation],
        "cancelling what does not exist is an error, not a success",
        missing_is_not_found
    ),
    case!(
        "cancel.undeclared-sends-nothing",
        CANCEL,
        [NoCancellation],
        "a gateway that cannot cancel is not asked: unsupported, and nothing was sent",
        undeclared_sends_nothing
    ),
];

async fn ends_what_is_open(bench: Bench) -> Verdict {
    let party = &bench.first;
    let made = party.make(&bench.prepared("open")?).await?.into_checkout();
    let Cancellation::Cancelled(checkout) = party.end(&made.locator()).await? else {
        fail!("cancelling an open checkout is not told as cancelled");
    };
    ended(&checkout.status, &checkout.next_action)?;
    if bench.descriptor().capabilities.status_inquiry {
        let found = party.look(&made.locator()).await?;
        ended(&found.status, &found.next_action)?;
    }
    Ok(())
}

fn ended(status: &CheckoutStatus, next: &NextAction) -> Verdict {
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

async fn twice_is_already_ended(bench: Bench) -> Verdict {
    let party = &bench.first;
    let made = party.make(&bench.prepared("twice")?).await?.into_checkout();
    party.end(&made.locator()).await?;
    let again = party.end(&made.locator()).await?;
    let ended = matches!(&again, Cancellation::AlreadyEnded(_));
    ensure!(ended, "cancelling again is told as {}", word(&again));
    Ok(())
}

async fn paid_is_told(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (checkout, _) = party.paid(&bench, "paid").await?;
    match party.end(&checkout).await? {
        Cancellation::AlreadyEnded(found) => {
            let (paid, asked) = (found.amount_paid, bench.amount());
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

async fn refused_is_still_payable(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("stubborn")?;
    let made = party.make(&prepared).await?.into_checkout();
    party
        .gateway
        .twist(&prepared.reference, &Twist::RefuseCancellation)
        .await?;
    match party.end(&made.locator()).await? {
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

async fn lost_answer_is_found_out(bench: Bench) -> Verdict {
    let party = &bench.first;
    let made = party.make(&bench.prepared("lost")?).await?.into_checkout();
    party.lose_a_change().await?;
    match party.provider.cancel(&made.locator()).await? {
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
    party.trouble(Trouble::Over).await?;
    let found = party.look(&made.locator()).await?;
    ended(&found.status, &found.next_action)
}

async fn missing_is_not_found(bench: Bench) -> Verdict {
    let locator = CheckoutLocator::from(Bench::reference("never-made"));
    match bench.first.provider.cancel(&locator).await? {
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

async fn undeclared_sends_nothing(bench: Bench) -> Verdict {
    let party = &bench.first;
    let made = party.make(&bench.prepared("fixed")?).await?.into_checkout();
    let before = party.calls().await;
    let Err(error) = party.provider.cancel(&made.locator()).await? else {
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
    party.quiet_since(before, what).await
}

const fn word(cancellation: &Cancellation) -> &'static str {
    match cancellation {
        Cancellation::Cancelled(_) => "cancelled",
        Cancellation::AlreadyEnded(_) => "already ended",
        Cancellation::StillPayable(_) => "still payable",
    }
}
