//! Repeated deliveries have the same keys.

use std::time::Duration;

use payment_provider_core::TimestampCheck;

use super::{payment_deliveries, payments, reports_success, signed_payment_delivery};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.redelivery-has-same-keys",
        contract::DELIVERY_ID,
        [],
        "a redelivery with the same bytes has the same delivery id and dedup keys",
        redelivery_has_same_keys
    ),
    case!(
        "webhook.keys-survive-restart",
        contract::DEDUP_KEY,
        [],
        "a restarted process computes the same keys",
        keys_survive_restart
    ),
    case!(
        "webhook.different-bodies-have-different-ids",
        contract::DELIVERY_ID,
        [],
        "deliveries with different bodies have different delivery ids, if they have any",
        different_bodies_have_different_ids
    ),
    case!(
        "webhook.age-is-ignored-without-timestamp",
        contract::TIMESTAMP_CHECK,
        [NoSignedTimestamps],
        "without signed timestamps, an old delivery still reports its payment",
        age_is_ignored_without_timestamp
    ),
];

async fn redelivery_has_same_keys(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = signed_payment_delivery(&fixture, "again").await?;
    let first = account.accept(&request).await?;
    for _ in 0..3 {
        fixture.clock.advance(Duration::from_secs(20));
        let mut later = request.clone();
        later.received_at = fixture.clock.now();
        let again = account.accept(&later).await?;
        ensure!(
            again.delivery_id() == first.delivery_id(),
            "the delivery id differs"
        );
        ensure!(again.events() == first.events(), "the events differ");
    }
    Ok(())
}

async fn keys_survive_restart(fixture: Fixture) -> CaseResult {
    let (_, request) = signed_payment_delivery(&fixture, "restart").await?;
    let first = fixture.first.accept(&request).await?;
    let again = match fixture.reconnect(&[0])?.webhook(&request).await? {
        Ok(verified) => verified,
        Err(error) => crate::failure::fail!("after a restart a delivery is rejected: {error}"),
    };
    ensure!(
        again.delivery_id() == first.delivery_id(),
        "the delivery id differs"
    );
    let keys = |verified| -> Vec<_> {
        let payments = payments(verified).into_iter();
        payments
            .map(payment_provider_core::Payment::dedup_key)
            .collect()
    };
    ensure!(keys(&again) == keys(&first), "the dedup keys differ");
    ensure!(
        again.matched_secret() == first.matched_secret(),
        "the label of the secret differs"
    );
    Ok(())
}

async fn different_bodies_have_different_ids(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        let (_, deliveries) = payment_deliveries(&fixture, name).await?;
        for delivery in deliveries {
            let request = account.signed(&delivery)?;
            let verified = account.accept(&request).await?;
            if let Some(id) = verified.delivery_id() {
                ids.push((delivery.body, id.clone()));
            }
        }
    }
    for (number, (body, id)) in ids.iter().enumerate() {
        for (other_body, other_id) in &ids[..number] {
            let alike = (body == other_body) == (id == other_id);
            ensure!(
                alike,
                "delivery ids are not equal exactly when the bodies are"
            );
        }
    }
    Ok(())
}

async fn age_is_ignored_without_timestamp(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, mut request) = signed_payment_delivery(&fixture, "age").await?;
    fixture.clock.advance(Duration::from_hours(24 * 20));
    request.received_at = fixture.clock.now();
    let verified = account.accept(&request).await?;
    ensure!(
        verified.timestamp_check() == TimestampCheck::Fresh,
        "the timestamp check is {:?}",
        verified.timestamp_check()
    );
    ensure!(
        reports_success(&verified),
        "the delivery no longer reports the successful payment"
    );
    Ok(())
}
