//! What comes again is known by its keys.

use std::time::Duration;

use payment_provider_core::TimestampCheck;

use super::{movements, of_a_payment, one_of_a_payment, tells_of_money};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.redelivery-has-same-keys",
        contract::DELIVERY_KEY,
        [],
        "the same bytes give the same delivery key and the same effect keys",
        again_has_the_same_keys
    ),
    case!(
        "webhook.keys-survive-restart",
        contract::DEDUP_KEY,
        [],
        "another process gives the same keys",
        after_a_restart
    ),
    case!(
        "webhook.different-bodies-have-different-keys",
        contract::DELIVERY_KEY,
        [],
        "two deliveries that differ are two deliveries",
        other_bodies_have_other_keys
    ),
    case!(
        "webhook.age-is-ignored-without-timestamp",
        contract::TIMESTAMP_CHECK,
        [NoSignedTimestamps],
        "where no time is signed, a delivery of long ago says what it said then",
        age_is_no_matter
    ),
];

async fn again_has_the_same_keys(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = one_of_a_payment(&fixture, "again").await?;
    let first = account.accept(&request).await?;
    for _ in 0..3 {
        fixture.clock.advance(Duration::from_secs(20));
        let mut later = request.clone();
        later.received_at = fixture.clock.now();
        let again = account.accept(&later).await?;
        ensure!(
            again.delivery_key() == first.delivery_key(),
            "it has another delivery key"
        );
        ensure!(
            again.events() == first.events(),
            "it says something else the second time"
        );
    }
    Ok(())
}

async fn after_a_restart(fixture: Fixture) -> CaseResult {
    let (_, request) = one_of_a_payment(&fixture, "restart").await?;
    let first = fixture.first.accept(&request).await?;
    let again = match fixture.reconnect(&[0])?.webhook(&request).await? {
        Ok(verified) => verified,
        Err(error) => crate::failure::fail!("after a restart a delivery is refused: {error}"),
    };
    ensure!(
        again.delivery_key() == first.delivery_key(),
        "it has another delivery key"
    );
    let keys = |verified| -> Vec<_> {
        let payments = movements(verified).into_iter();
        payments
            .map(payment_provider_core::Payment::dedup_key)
            .collect()
    };
    ensure!(keys(&again) == keys(&first), "it has other effect keys");
    ensure!(
        again.matched_secret() == first.matched_secret(),
        "its secret has another label"
    );
    Ok(())
}

async fn other_bodies_have_other_keys(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let mut keys = Vec::new();
    for name in ["one", "two"] {
        let (_, deliveries) = of_a_payment(&fixture, name).await?;
        for delivery in deliveries {
            let request = account.signed(&delivery)?;
            let verified = account.accept(&request).await?;
            keys.push((delivery.body, verified.delivery_key().clone()));
        }
    }
    for (number, (body, key)) in keys.iter().enumerate() {
        for (other_body, other_key) in &keys[..number] {
            let alike = (body == other_body) == (key == other_key);
            ensure!(alike, "two deliveries of different bodies have one key");
        }
    }
    Ok(())
}

async fn age_is_no_matter(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, mut request) = one_of_a_payment(&fixture, "age").await?;
    fixture.clock.advance(Duration::from_hours(24 * 20));
    request.received_at = fixture.clock.now();
    let verified = account.accept(&request).await?;
    ensure!(
        verified.timestamp_check() == TimestampCheck::Fresh,
        "it counts as {:?}",
        verified.timestamp_check()
    );
    ensure!(
        tells_of_money(&verified),
        "what it told of money at first, it does not tell now"
    );
    Ok(())
}
