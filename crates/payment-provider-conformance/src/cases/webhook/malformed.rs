//! Signed deliveries that cannot be interpreted are kept, since they may report a payment.

use std::time::Duration;

use payment_provider_core::{EventKind, TimestampCheck};

use super::{payment_deliveries, payments, signed_payment_delivery};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;
use crate::harness::{DeliveryTimestamp, Scenario, UnsignedDelivery};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.unknown-event-type-is-kept",
        contract::WEBHOOK,
        [],
        "an unknown event type is accepted and kept as unrecognised",
        unknown_event_type_is_kept
    ),
    case!(
        "webhook.unreadable-body-is-kept",
        contract::WEBHOOK,
        [],
        "a signed body that cannot be parsed is accepted as unreadable",
        unreadable_body_is_kept
    ),
    case!(
        "webhook.stale-delivery-reports-no-payment",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "a stale delivery is accepted, but reports no payment and triggers a lookup",
        stale_delivery_reports_no_payment
    ),
    case!(
        "webhook.future-delivery-reports-no-payment",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "a delivery from the future is accepted, but reports no payment and triggers a lookup",
        future_delivery_reports_no_payment
    ),
    case!(
        "webhook.malformed-timestamps-are-safe",
        contract::TIMESTAMP_CHECK,
        [SignedTimestamps],
        "an extreme or malformed signed time causes no panic and reports no payment",
        malformed_timestamps_are_safe
    ),
];

async fn unknown_event_type_is_kept(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    for delivery in account.deliveries(&Scenario::UnknownType).await? {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        ensure!(
            !verified.events().is_empty(),
            "an unknown event type leaves no event"
        );
        for event in verified.events() {
            let kept = matches!(event.kind, EventKind::Unrecognised { .. });
            ensure!(
                kept,
                "an unknown event type is reported as {:?}",
                event.kind
            );
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
            "an unreadable body leaves no event"
        );
        for event in verified.events() {
            let kept = matches!(event.kind, EventKind::Unreadable { .. });
            ensure!(kept, "an unreadable body is reported as {:?}", event.kind);
        }
    }
    Ok(())
}

/// Longer than the acceptance window of any provider.
const BEYOND_WINDOW: Duration = Duration::from_hours(24 * 400);

async fn expect_check(
    fixture: &Fixture,
    timestamp: &DeliveryTimestamp,
    expected: TimestampCheck,
) -> CaseResult {
    let account = &fixture.first;
    let (_, deliveries) = payment_deliveries(fixture, "ages").await?;
    for delivery in deliveries {
        let request = account.signed_with(&delivery, account.merchant.secret(), timestamp)?;
        let verified = account.accept(&request).await?;
        let check = verified.timestamp_check();
        ensure!(
            check == expected,
            "the timestamp check is {check:?}, expected {expected:?}"
        );
        ensure!(
            payments(&verified).is_empty(),
            "a delivery that is {expected:?} reports a payment"
        );
        ensure!(
            verified
                .events()
                .iter()
                .any(|event| is_followed_up(&event.kind)),
            "a delivery that is {expected:?} triggers no lookup"
        );
    }
    Ok(())
}

/// Returns true if a host fetches the checkout because of this event.
const fn is_followed_up(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::PaymentClaimed(_) | EventKind::FetchNeeded | EventKind::Snapshot(_)
    )
}

async fn stale_delivery_reports_no_payment(fixture: Fixture) -> CaseResult {
    let timestamp = DeliveryTimestamp::At(fixture.clock.now() - BEYOND_WINDOW);
    expect_check(&fixture, &timestamp, TimestampCheck::Stale).await
}

async fn future_delivery_reports_no_payment(fixture: Fixture) -> CaseResult {
    let timestamp = DeliveryTimestamp::At(fixture.clock.now() + BEYOND_WINDOW);
    expect_check(&fixture, &timestamp, TimestampCheck::FromFuture).await
}

async fn malformed_timestamps_are_safe(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, _) = signed_payment_delivery(&fixture, "malformed").await?;
    let mut malformed = vec![
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
    malformed.extend(texts.map(str::to_owned));
    malformed.push("9".repeat(60));
    malformed.push(i128::MIN.to_string());
    for text in malformed {
        let timestamp = DeliveryTimestamp::Malformed(text.clone());
        let request = account.signed_with(&delivery, account.merchant.secret(), &timestamp)?;
        if let Ok(verified) = account.provider.webhook(&request).await? {
            let fresh = verified.timestamp_check() == TimestampCheck::Fresh;
            ensure!(!fresh, "a delivery sent at `{text}` counts as fresh");
            ensure!(
                payments(&verified).is_empty(),
                "a delivery sent at `{text}` reports a payment"
            );
        }
    }
    Ok(())
}
