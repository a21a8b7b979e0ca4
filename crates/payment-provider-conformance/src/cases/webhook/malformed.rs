//! What the gateway signed and nobody can read is kept, not refused: money may be behind it.

use std::time::Duration;

use payment_provider_core::{EventKind, TimestampCheck};

use super::{of_a_payment, one_of_a_payment, tells_of_money};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;
use crate::harness::{DeliveryTimestamp, Scenario, UnsignedDelivery};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.unknown-event-type-is-kept",
        contract::WEBHOOK,
        [],
        "an event type of tomorrow is taken in and books nothing",
        unknown_type_is_kept
    ),
    case!(
        "webhook.unreadable-body-is-kept",
        contract::WEBHOOK,
        [],
        "a body that verifies and cannot be read is taken in as unrecognised",
        unreadable_body_is_kept
    ),
    case!(
        "webhook.stale-delivery-reports-no-payment",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "a genuine delivery of long ago is taken in, moves nothing and leads to a fetch",
        old_deliveries_move_nothing
    ),
    case!(
        "webhook.future-delivery-reports-no-payment",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "a delivery from the future is taken in, moves nothing and leads to a fetch",
        future_deliveries_move_nothing
    ),
    case!(
        "webhook.malformed-timestamps-are-safe",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "a signed time at the end of all numbers, or none at all, is no crash and moves nothing",
        odd_times_do_no_harm
    ),
];

async fn unknown_type_is_kept(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    for delivery in account.deliveries(&Scenario::UnknownType).await? {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
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

async fn unreadable_body_is_kept(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
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
        let delivery = UnsignedDelivery::new(body.to_vec());
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
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
const BEYOND_WINDOW: Duration = Duration::from_hours(24 * 400);

async fn sent_at(
    fixture: &Fixture,
    stamp: &DeliveryTimestamp,
    expected: TimestampCheck,
) -> CaseResult {
    let account = &fixture.first;
    let (_, deliveries) = of_a_payment(fixture, "ages").await?;
    for delivery in deliveries {
        let request = account.signed_with(&delivery, account.merchant.secret(), stamp)?;
        let verified = account.accept(&request).await?;
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

async fn old_deliveries_move_nothing(fixture: Fixture) -> CaseResult {
    let stamp = DeliveryTimestamp::At(fixture.clock.now() - BEYOND_WINDOW);
    sent_at(&fixture, &stamp, TimestampCheck::Stale).await
}

async fn future_deliveries_move_nothing(fixture: Fixture) -> CaseResult {
    let stamp = DeliveryTimestamp::At(fixture.clock.now() + BEYOND_WINDOW);
    sent_at(&fixture, &stamp, TimestampCheck::FromFuture).await
}

async fn odd_times_do_no_harm(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, _) = one_of_a_payment(&fixture, "odd").await?;
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
        let stamp = DeliveryTimestamp::Malformed(text.clone());
        let request = account.signed_with(&delivery, account.merchant.secret(), &stamp)?;
        if let Ok(verified) = account.provider.webhook(&request).await? {
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
