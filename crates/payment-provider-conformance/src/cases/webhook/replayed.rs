//! What comes again is known by its keys.

use std::time::Duration;

use payment_provider_core::TimestampCheck;

use super::{movements, of_a_payment, one_of_a_payment, tells_of_money};
use crate::bench::Bench;
use crate::case::{Case, DELIVERY_KEY, EFFECT_KEY, FRESHNESS, Verdict, case, ensure};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.again-has-the-same-keys",
        DELIVERY_KEY,
        [],
        "the same bytes give the same delivery key and the same effect keys",
        again_has_the_same_keys
    ),
    case!(
        "webhook.after-a-restart-has-the-same-keys",
        EFFECT_KEY,
        [],
        "another process gives the same keys",
        after_a_restart
    ),
    case!(
        "webhook.other-bodies-have-other-keys",
        DELIVERY_KEY,
        [],
        "two deliveries that differ are two deliveries",
        other_bodies_have_other_keys
    ),
    case!(
        "webhook.without-times-age-is-no-matter",
        FRESHNESS,
        [NoSignedTimestamps],
        "where no time is signed, a delivery of long ago says what it said then",
        age_is_no_matter
    ),
];

async fn again_has_the_same_keys(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (_, request) = one_of_a_payment(&bench, "again").await?;
    let first = party.accept(&request).await?;
    for _ in 0..3 {
        bench.clock.leap(Duration::from_secs(20));
        let mut later = request.clone();
        later.received_at = bench.clock.at();
        let again = party.accept(&later).await?;
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

async fn after_a_restart(bench: Bench) -> Verdict {
    let (_, request) = one_of_a_payment(&bench, "restart").await?;
    let first = bench.first.accept(&request).await?;
    let again = match bench.reconnect(&[0])?.webhook(&request).await? {
        Ok(verified) => verified,
        Err(error) => crate::case::fail!("after a restart a delivery is refused: {error}"),
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

async fn other_bodies_have_other_keys(bench: Bench) -> Verdict {
    let party = &bench.first;
    let mut keys = Vec::new();
    for name in ["one", "two"] {
        let (_, deliveries) = of_a_payment(&bench, name).await?;
        for delivery in deliveries {
            let request = party.signed(&bench, &delivery)?;
            let verified = party.accept(&request).await?;
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

async fn age_is_no_matter(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (_, mut request) = one_of_a_payment(&bench, "age").await?;
    bench.clock.leap(Duration::from_hours(24 * 20));
    request.received_at = bench.clock.at();
    let verified = party.accept(&request).await?;
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
