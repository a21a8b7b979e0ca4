//! An answer that does not come is no failure, and no second checkout.

use std::time::Duration;

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::Response;
use payment_provider_core::{CreatedCheckout, Effect, ErrorKind, ProviderError};

use crate::bench::{Bench, LONGEST, polled_at_most};
use crate::case::{CREATE, Case, EFFECT, Failure, Verdict, case, ensure, fail};
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

/// The creation is carried out and answered like this; nothing after it is answered at all.
async fn unanswered(bench: &Bench, name: &str, fault: Fault) -> Verdict {
    let party = &bench.first;
    let prepared = bench.prepared(name)?;
    party.server.fault_next(fault);
    party.fault_all(Fault::HangBefore);
    let outcome = party.provider.create(&prepared).await?;
    party.server.clear_faults();
    match outcome {
        Ok(_) => fail!("a checkout is handed out of an answer that did not come whole"),
        Err(error) => maybe_applied(&error)?,
    }
    party.make(&prepared).await?;
    party.only_one(&prepared.reference).await
}

fn maybe_applied(error: &ProviderError) -> Verdict {
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
