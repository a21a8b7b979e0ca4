//! What the gateway signed and nobody can read is kept, not refused: money may be behind it.

use std::time::Duration;

use payment_provider_core::{EventKind, TimestampCheck};

use super::{of_a_payment, one_of_a_payment, tells_of_money};
use crate::bench::Bench;
use crate::case::{Case, FRESHNESS, Verdict, WEBHOOK, case, ensure};
use crate::subject::{Delivery, News, Stamp};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.unknown-type-is-kept",
        WEBHOOK,
        [],
        "an event type of tomorrow is taken in and books nothing",
        unknown_type_is_kept
    ),
    case!(
        "webhook.unreadable-body-is-kept",
        WEBHOOK,
        [],
        "a body that verifies and cannot be read is taken in as unrecognised",
        unreadable_body_is_kept
    ),
    case!(
        "webhook.old-deliveries-move-nothing",
        FRESHNESS,
        [SignedTimestamps],
        "a genuine delivery of long ago is taken in, moves nothing and leads to a fetch",
        old_deliveries_move_nothing
    ),
    case!(
        "webhook.future-deliveries-move-nothing",
        FRESHNESS,
        [SignedTimestamps],
        "a delivery from the future is taken in, moves nothing and leads to a fetch",
        future_deliveries_move_nothing
    ),
    case!(
        "webhook.odd-times-do-no-harm",
        FRESHNESS,
        [SignedTimestamps],
        "a signed time at the end of all numbers, or none at all, is no crash and moves nothing",
        odd_times_do_no_harm
    ),
];

async fn unknown_type_is_kept(bench: Bench) -> Verdict {
    let party = &bench.first;
    for delivery in party.told(&News::UnknownType).await? {
        let request = party.signed(&bench, &delivery)?;
        let verified = party.accept(&request).await?;
        ensure!(
            !verified.events().is_empty(),
            "an unknown type of event leaves no trace"
        );
        for event in verified.events() {
            let kept = matches!(event.kind, EventKind::Unrecognised { .. });
            ensure!(kept, "an unknown type of event is told as {:?}", event.kind);
        }
    }
    Ok(())
}

async fn unreadable_body_is_kept(bench: Bench) -> Verdict {
    let party = &bench.first;
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"\xff\xfe not text",
        b"{\"type\":\"\",\"data\":1e999}",
        b"payment_id=1&amount=1",
    ];
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    for body in bodies.into_iter().chain([&deep[..]]) {
        let delivery = Delivery::new(body.to_vec());
        let request = party.signed(&bench, &delivery)?;
        let verified = party.accept(&request).await?;
        ensure!(
            !verified.events().is_empty(),
            "an unreadable body leaves no trace"
        );
        for event in verified.events() {
            let kept = matches!(event.kind, EventKind::Unrecognised { .. });
            ensure!(kept, "an unreadable body is told as {:?}", event.kind);
        }
    }
    Ok(())
}

/// Longer than any window.
const AGES: Duration = Duration::from_hours(24 * 400);

async fn sent_at(bench: &Bench, stamp: &Stamp, expected: TimestampCheck) -> Verdict {
    let party = &bench.first;
    let (_, deliveries) = of_a_payment(bench, "ages").await?;
    for delivery in deliveries {
        let request = party.signed_with(bench, &delivery, party.account.secret(), stamp)?;
        let verified = party.accept(&request).await?;
        let freshness = verified.timestamp_check();
        ensure!(
            freshness == expected,
            "it counts as {freshness:?}, it is {expected:?}"
        );
        ensure!(
            !tells_of_money(&verified),
            "what is {expected:?} moves money"
        );
    }
    Ok(())
}

async fn old_deliveries_move_nothing(bench: Bench) -> Verdict {
    let stamp = Stamp::At(bench.clock.at() - AGES);
    sent_at(&bench, &stamp, TimestampCheck::Stale).await
}

async fn future_deliveries_move_nothing(bench: Bench) -> Verdict {
    let stamp = Stamp::At(bench.clock.at() + AGES);
    sent_at(&bench, &stamp, TimestampCheck::FromFuture).await
}

async fn odd_times_do_no_harm(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (delivery, _) = one_of_a_payment(&bench, "odd").await?;
    let mut odd = vec![
        i64::MIN.to_string(),
        i64::MAX.to_string(),
        u64::MAX.to_string(),
    ];
    let texts = [
        "0",
        "-1",
        "1e9",
        "now",
        "NaN",
        "1.5",
        "2026-11-21T09:00:00Z",
        "00",
        "+1",
        "--1",
    ];
    odd.extend(texts.map(str::to_owned));
    odd.push("9".repeat(60));
    odd.push(i128::MIN.to_string());
    for text in odd {
        let stamp = Stamp::Odd(text.clone());
        let request = party.signed_with(&bench, &delivery, party.account.secret(), &stamp)?;
        if let Ok(verified) = party.provider.webhook(&request).await? {
            let fresh = verified.timestamp_check() == TimestampCheck::Fresh;
            ensure!(!fresh, "a delivery sent at `{text}` counts as sent now");
            ensure!(
                !tells_of_money(&verified),
                "a delivery sent at `{text}` moves money"
            );
        }
    }
    Ok(())
}
