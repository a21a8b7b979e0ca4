//! An answer that does not come is no failure, and no second checkout.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::Response;
use payment_provider_core::{CreatedCheckout, Effect, ErrorKind, ProviderError};

use crate::bench::Bench;
use crate::case::{CREATE, Case, EFFECT, Verdict, case, ensure, fail};
use crate::subject::{Refusal, Trouble};
use crate::wire::Fault;

pub(super) const CASES: &[Case] = &[
    case!(
        "recovery.adopts-after-timeout",
        CREATE,
        [Gateway],
        "after a lost answer, asking again finds the checkout that was made",
        adopts_after_timeout
    ),
    case!(
        "recovery.lost-answer-may-be-applied",
        EFFECT,
        [Gateway],
        "a timeout is never told as a failure: the checkout may exist",
        lost_answer_may_be_applied
    ),
    case!(
        "recovery.nothing-sent-is-told",
        EFFECT,
        [Gateway],
        "a gateway that cannot be reached has made nothing, and the error says so",
        nothing_sent_is_told
    ),
    case!(
        "recovery.silence-ends",
        CREATE,
        [Http],
        "a gateway that never answers is given up in finite time, as perhaps carried out",
        silence_ends
    ),
    case!(
        "recovery.slow-answer-ends",
        CREATE,
        [Http],
        "an answer that stops half way is given up, as perhaps carried out",
        slow_answer_ends
    ),
    case!(
        "recovery.broken-answer-may-be-applied",
        EFFECT,
        [Http],
        "a connection that breaks within the answer leaves it open whether it was carried out",
        broken_answer_may_be_applied
    ),
    case!(
        "recovery.unreadable-answer-may-be-applied",
        EFFECT,
        [Http],
        "a success that cannot be read is no failure: the checkout may exist",
        unreadable_answer_may_be_applied
    ),
    case!(
        "recovery.server-error-may-be-applied",
        EFFECT,
        [Http],
        "a fault of the gateway's own leaves it open whether it was carried out",
        server_error_may_be_applied
    ),
];

async fn adopts_after_timeout(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("timeout")?;
    party
        .trouble(Trouble::AnswerLost { lasting: false })
        .await?;
    if let Err(error) = party.provider.create(&prepared).await? {
        maybe_applied(&error)?;
    }
    party.trouble(Trouble::Over).await?;
    let checkout = party.make(&prepared).await?.into_checkout();
    ensure!(
        checkout.amount == prepared.amount,
        "what is found asks for {}",
        checkout.amount
    );
    party.only_one(&prepared.reference).await
}

async fn lost_answer_may_be_applied(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("lost")?;
    party.trouble(Trouble::AnswerLost { lasting: true }).await?;
    match party.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out that nobody has answered for"),
        Err(error) => maybe_applied(&error)?,
    }
    party.trouble(Trouble::Over).await?;
    party.make(&prepared).await?;
    party.only_one(&prepared.reference).await
}

async fn nothing_sent_is_told(bench: Bench) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared("unreached")?;
    party.trouble(Trouble::NotSent).await?;
    match party.provider.create(&prepared).await? {
        Ok(_) => fail!("a checkout is handed out that the gateway has never heard of"),
        Err(error) => {
            let effect = error.effect();
            ensure!(
                effect == Effect::NotSent,
                "nothing was sent, the error says {effect:?}"
            );
        }
    }
    party.trouble(Trouble::Over).await?;
    let made = party.make(&prepared).await?;
    let created = matches!(made, CreatedCheckout::Created(_));
    ensure!(
        created,
        "a checkout that nobody made before is told as adopted"
    );
    party.only_one(&prepared.reference).await
}

async fn silence_ends(bench: Bench) -> Verdict {
    unanswered(&bench, "silence", Fault::HangAfter).await
}

async fn slow_answer_ends(bench: Bench) -> Verdict {
    unanswered(&bench, "slow", Fault::SlowBody).await
}

async fn broken_answer_may_be_applied(bench: Bench) -> Verdict {
    unanswered(&bench, "broken", Fault::CloseMidBody).await
}

async fn server_error_may_be_applied(bench: Bench) -> Verdict {
    let answer = bench.first.gateway.refuse(&Refusal::Unavailable)?;
    let server_error = answer.status().is_server_error();
    ensure!(
        server_error,
        "Gateway::refuse(Unavailable) gives {}",
        answer.status()
    );
    unanswered(&bench, "fault", Fault::ReplaceAfter(answer)).await
}

async fn unreadable_answer_may_be_applied(bench: Bench) -> Verdict {
    for (number, body) in ["", "{", "[]", "null", "<html>no</html>"]
        .into_iter()
        .enumerate()
    {
        let answer = Response::new(Bytes::from_static(body.as_bytes()));
        unanswered(
            &bench,
            &format!("unreadable-{number}"),
            Fault::ReplaceAfter(answer),
        )
        .await?;
    }
    Ok(())
}

/// The creation is carried out, and whatever is asked is answered like this.
async fn unanswered(bench: &Bench, name: &str, fault: Fault) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared(name)?;
    party.fault_all(fault);
    let outcome = party.provider.create(&prepared).await?;
    party.server.clear_faults();
    match outcome {
        Ok(_) => fail!("a checkout is handed out of an answer that did not come whole"),
        Err(error) => maybe_applied(&error)?,
    }
    party.make(&prepared).await?;
    party.only_one(&prepared.reference).await
}

pub(super) fn maybe_applied(error: &ProviderError) -> Verdict {
    let effect = error.effect();
    let told = effect == Effect::MaybeApplied;
    ensure!(
        told,
        "the checkout may exist, the error says {effect:?}: {error}"
    );
    let final_kind = matches!(
        error.kind(),
        ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::Refused
    );
    ensure!(
        !final_kind,
        "the checkout may exist, the error reads like a refusal: {error}"
    );
    Ok(())
}
