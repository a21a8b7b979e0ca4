//! Events of genuine deliveries.

use payment_provider_core::{EventKind, PaymentClaim, PaymentId, PaymentStatus, Verification};

use super::{claims, payment_deliveries, payments, reports_no_money, signed_payment_delivery};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::Scenario;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.payment-is-reported",
        contract::WEBHOOK,
        [],
        "a payment is reported with its id, exact amount and checkout; a claim names no other payment, order or amount",
        payment_is_reported
    ),
    case!(
        "webhook.failed-attempt-is-not-success",
        contract::WEBHOOK,
        [],
        "a failed payment attempt is reported neither as a successful payment nor as a claim",
        failed_attempt_is_not_success
    ),
    case!(
        "webhook.one-dedup-key-per-payment",
        contract::DEDUP_KEY,
        [],
        "a payment has the same dedup key in every event type and version that reports it",
        one_dedup_key_per_payment
    ),
    case!(
        "webhook.dedup-key-matches-list",
        contract::DEDUP_KEY,
        [StatusInquiry],
        "a payment has the same dedup key in deliveries and in the list of payments",
        dedup_key_matches_list
    ),
    case!(
        "webhook.payments-have-distinct-dedup-keys",
        contract::DEDUP_KEY,
        [],
        "two payments of one checkout have different dedup keys",
        payments_have_distinct_dedup_keys
    ),
    case!(
        "webhook.order-does-not-matter",
        contract::DEDUP_KEY,
        [],
        "the content of a delivery does not depend on the deliveries before it",
        order_does_not_matter
    ),
    case!(
        "webhook.environment-matches-connection",
        contract::WEBHOOK,
        [],
        "a delivery has the environment of the connection that verified it",
        environment_matches_connection
    ),
    case!(
        "webhook.signature-is-compared-in-constant-time",
        contract::SIGNATURE,
        [],
        "signatures are compared in constant time, otherwise they can be guessed byte by byte",
        signature_is_compared_in_constant_time
    ),
];

async fn payment_is_reported(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (id, deliveries) = payment_deliveries(&fixture, "reported").await?;
    let mut reported = false;
    let mut orders = Vec::new();
    let mut claimed = Vec::new();
    for delivery in deliveries {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        ensure!(
            !verified.events().is_empty(),
            "a delivery about a payment has no event"
        );
        for event in verified.events() {
            ensure!(
                !event.gateway_type.is_empty(),
                "an event has no gateway type"
            );
            ensure!(
                !event.target.is_none(),
                "an event about a checkout has no target"
            );
            let reference = Fixture::reference("reported");
            let other = event
                .target
                .reference
                .as_ref()
                .is_some_and(|found| *found != reference);
            ensure!(!other, "an event names a different checkout");
            match &event.kind {
                EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
                    let (made, found) = (fixture.amount(), payment.amount);
                    ensure!(made == found, "a payment of {made} is reported as {found}");
                    ensure!(
                        payment.id == id,
                        "the payment {id} is reported as {}",
                        payment.id
                    );
                    reported = true;
                    orders.extend(payment.order_id.clone());
                }
                EventKind::PaymentClaimed(claim) => {
                    names_the_payment(claim, &id)?;
                    if let Some(found) = claim.amount {
                        let made = fixture.amount();
                        ensure!(made == found, "a payment of {made} is claimed as {found}");
                    }
                    claimed.extend(claim.order_id.clone());
                }
                EventKind::Snapshot(snapshot) => {
                    let (asked, found) = (fixture.amount(), snapshot.amount);
                    ensure!(
                        asked == found,
                        "{asked} was requested, the snapshot says {found}"
                    );
                    let paid = snapshot.amount_paid;
                    ensure!(
                        paid.minor_units() <= asked.minor_units(),
                        "{asked} was paid, the snapshot says {paid}"
                    );
                }
                _ => {}
            }
        }
    }
    ensure!(reported, "no delivery reports the successful payment");
    for order in &orders {
        let other = claimed.iter().find(|claimed| *claimed != order);
        if let Some(other) = other {
            fail!("a payment of order {order} is claimed for order {other}");
        }
    }
    Ok(())
}

/// Fails the case unless a claim names this payment, or an order and no other payment.
fn names_the_payment(claim: &PaymentClaim, id: &PaymentId) -> CaseResult {
    match &claim.payment_id {
        Some(claimed) => ensure!(claimed == id, "the payment {id} is claimed as {claimed}"),
        None => ensure!(
            claim.order_id.is_some(),
            "the payment {id} is claimed without its id and its order"
        ),
    }
    Ok(())
}

async fn failed_attempt_is_not_success(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("failed")?;
    account.create(&prepared).await?;
    let failed = account
        .gateway
        .fail_payment(&prepared.reference, prepared.amount)
        .await?;
    for delivery in account.deliveries(&Scenario::Failed(failed)).await? {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        reports_no_money(&verified, "a delivery about a failed attempt")?;
        for event in verified.events() {
            if let EventKind::Snapshot(snapshot) = &event.kind {
                let paid = snapshot.amount_paid;
                ensure!(
                    paid.is_zero(),
                    "after a failed attempt, the snapshot says that {paid} is paid"
                );
            }
        }
    }
    Ok(())
}

async fn one_dedup_key_per_payment(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (id, deliveries) = payment_deliveries(&fixture, "keys").await?;
    let mut known = None;
    for delivery in deliveries {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        for payment in payments(&verified) {
            if payment.status == PaymentStatus::Succeeded {
                let key = payment.dedup_key();
                let first = known.get_or_insert_with(|| key.clone());
                ensure!(*first == key, "one payment is reported with two dedup keys");
                ensure!(payment.id == id, "one payment is reported with two ids");
            }
        }
    }
    ensure!(
        known.is_some(),
        "no delivery reports the successful payment"
    );
    Ok(())
}

async fn dedup_key_matches_list(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, id) = fixture.create_paid("listed").await?;
    let listed = account.list(&checkout).await?;
    let listed: Vec<_> = listed
        .iter()
        .map(payment_provider_core::Payment::dedup_key)
        .collect();
    for delivery in account.deliveries(&Scenario::Paid(id)).await? {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        for payment in payments(&verified) {
            if payment.status == PaymentStatus::Succeeded {
                let same = listed.contains(&payment.dedup_key());
                ensure!(
                    same,
                    "a payment has different dedup keys in a delivery and in the list"
                );
            }
        }
    }
    Ok(())
}

async fn payments_have_distinct_dedup_keys(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, first) = fixture.create_paid("twice").await?;
    let reference = Fixture::reference("twice");
    let second = account.gateway.pay(&reference, fixture.amount()).await?;
    let mut keys = Vec::new();
    for id in [first, second] {
        let mut key = None;
        for delivery in account.deliveries(&Scenario::Paid(id)).await? {
            let request = account.signed(&delivery)?;
            let verified = account.accept(&request).await?;
            for payment in payments(&verified) {
                if payment.status == PaymentStatus::Succeeded {
                    key = Some(payment.dedup_key());
                }
            }
        }
        keys.extend(key);
    }
    ensure!(
        keys.len() == 2,
        "{} of two payments are reported",
        keys.len()
    );
    ensure!(
        keys[0] != keys[1],
        "two payments are reported with the same dedup key"
    );
    Ok(())
}

async fn order_does_not_matter(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, deliveries) = payment_deliveries(&fixture, "order").await?;
    let mut deliveries: Vec<_> = deliveries.into_iter().enumerate().collect();
    let mut reported = Vec::new();
    for _ in 0..2 {
        let mut reports_by_delivery = Vec::new();
        for (number, delivery) in &deliveries {
            let request = account.signed(delivery)?;
            let verified = account.accept(&request).await?;
            let keys = payments(&verified)
                .into_iter()
                .map(payment_provider_core::Payment::dedup_key);
            let mut reports: Vec<_> = keys.map(|key| key.to_string()).collect();
            let claims = claims(&verified).into_iter();
            reports.extend(claims.map(|claim| format!("{claim:?}")));
            reports_by_delivery.push((*number, reports));
        }
        reports_by_delivery.sort();
        reported.push(reports_by_delivery);
        deliveries.reverse();
    }
    ensure!(
        reported[0] == reported[1],
        "the content of a delivery depends on the deliveries before it"
    );
    Ok(())
}

async fn environment_matches_connection(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = signed_payment_delivery(&fixture, "environment").await?;
    let verified = account.accept(&request).await?;
    let same = verified.environment() == account.provider.environment();
    ensure!(same, "a delivery is reported with the other environment");
    Ok(())
}

async fn signature_is_compared_in_constant_time(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = signed_payment_delivery(&fixture, "compared").await?;
    let before = account.call_count().await;
    match account.accept(&request).await?.verification() {
        Verification::SharedSecret(_) | Verification::PublicKey(_) => Ok(()),
        Verification::Inquiry if account.call_count().await > before => Ok(()),
        other => fail!(
            "a delivery is verified by {other:?} without a call to the gateway: compare signatures with SignatureCheck"
        ),
    }
}
