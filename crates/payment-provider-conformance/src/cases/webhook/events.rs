//! What a genuine delivery says.

use payment_provider_core::{EventKind, PaymentStatus, Verification};

use super::{movements, of_a_payment, one_of_a_payment, tells_of_money};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::Scenario;

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.payment-is-reported",
        contract::WEBHOOK,
        [],
        "a payment is told with the gateway's id, to the last unit, about the right checkout",
        payment_is_told
    ),
    case!(
        "webhook.failed-attempt-is-not-success",
        contract::WEBHOOK,
        [],
        "a failed attempt to pay is never told as money received",
        failure_is_no_money
    ),
    case!(
        "webhook.one-dedup-key-per-payment",
        contract::DEDUP_KEY,
        [],
        "a payment has one effect key through every event type and version that reports it",
        one_effect_however_told
    ),
    case!(
        "webhook.dedup-key-matches-list",
        contract::DEDUP_KEY,
        [StatusInquiry],
        "a payment has the same effect key in deliveries and in the list of payments",
        one_effect_as_listed
    ),
    case!(
        "webhook.payments-have-distinct-dedup-keys",
        contract::DEDUP_KEY,
        [],
        "two payments of one checkout are two effects",
        two_payments_two_effects
    ),
    case!(
        "webhook.order-does-not-matter",
        contract::DEDUP_KEY,
        [],
        "deliveries in any order tell the same",
        any_order_same_effects
    ),
    case!(
        "webhook.environment-matches-connection",
        contract::WEBHOOK,
        [],
        "a delivery belongs to the environment of the connection that verified it",
        of_this_environment
    ),
    case!(
        "webhook.signature-is-compared-in-constant-time",
        contract::SIGNATURE,
        [],
        "a signature that is compared byte by byte can be guessed byte by byte",
        compared_in_constant_time
    ),
];

async fn payment_is_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (id, deliveries) = of_a_payment(&fixture, "told").await?;
    let mut told = false;
    for delivery in deliveries {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        ensure!(
            !verified.events().is_empty(),
            "a delivery about a payment says nothing"
        );
        for event in verified.events() {
            ensure!(
                !event.gateway_type.is_empty(),
                "an event does not say of what type it is"
            );
            ensure!(
                !event.target.is_none(),
                "an event about a checkout names none"
            );
            let reference = Fixture::reference("told");
            let other = event
                .target
                .reference
                .as_ref()
                .is_some_and(|found| *found != reference);
            ensure!(!other, "an event names another checkout");
            match &event.kind {
                EventKind::Payment(payment) if payment.status == PaymentStatus::Succeeded => {
                    let (made, found) = (fixture.amount(), payment.amount);
                    ensure!(made == found, "a payment of {made} is told as {found}");
                    ensure!(
                        payment.id == id,
                        "the payment {id} is told as {}",
                        payment.id
                    );
                    told = true;
                }
                EventKind::Snapshot(snapshot) => {
                    let (asked, found) = (fixture.amount(), snapshot.amount);
                    ensure!(
                        asked == found,
                        "{asked} was asked for, a snapshot says {found}"
                    );
                    let paid = snapshot.amount_paid;
                    ensure!(
                        paid.minor_units() <= asked.minor_units(),
                        "{asked} was paid, a snapshot says {paid}"
                    );
                }
                _ => {}
            }
        }
    }
    ensure!(
        told,
        "no delivery about a payment that succeeded tells of money"
    );
    Ok(())
}

async fn failure_is_no_money(fixture: Fixture) -> CaseResult {
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
        ensure!(
            !tells_of_money(&verified),
            "a failed attempt is told as money received"
        );
        for event in verified.events() {
            if let EventKind::Snapshot(snapshot) = &event.kind {
                let paid = snapshot.amount_paid;
                ensure!(paid.is_zero(), "a failed attempt is told as {paid} paid");
            }
        }
    }
    Ok(())
}

async fn one_effect_however_told(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (id, deliveries) = of_a_payment(&fixture, "keys").await?;
    let mut known = None;
    for delivery in deliveries {
        let request = account.signed(&delivery)?;
        let verified = account.accept(&request).await?;
        for payment in movements(&verified) {
            if payment.status == PaymentStatus::Succeeded {
                let key = payment.dedup_key();
                let first = known.get_or_insert_with(|| key.clone());
                ensure!(*first == key, "one payment is told under two effect keys");
                ensure!(payment.id == id, "one payment is told under two ids");
            }
        }
    }
    ensure!(
        known.is_some(),
        "no delivery about a payment that succeeded tells of money"
    );
    Ok(())
}

async fn one_effect_as_listed(fixture: Fixture) -> CaseResult {
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
        for payment in movements(&verified) {
            if payment.status == PaymentStatus::Succeeded {
                let same = listed.contains(&payment.dedup_key());
                ensure!(
                    same,
                    "a payment has one effect key when told and another when listed"
                );
            }
        }
    }
    Ok(())
}

async fn two_payments_two_effects(fixture: Fixture) -> CaseResult {
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
            for payment in movements(&verified) {
                if payment.status == PaymentStatus::Succeeded {
                    key = Some(payment.dedup_key());
                }
            }
        }
        keys.extend(key);
    }
    ensure!(keys.len() == 2, "of two payments, {} are told", keys.len());
    ensure!(
        keys[0] != keys[1],
        "two payments are told under one effect key"
    );
    Ok(())
}

async fn any_order_same_effects(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, mut deliveries) = of_a_payment(&fixture, "order").await?;
    let mut told = Vec::new();
    for _ in 0..2 {
        let mut effects = Vec::new();
        for delivery in &deliveries {
            let request = account.signed(delivery)?;
            let verified = account.accept(&request).await?;
            let keys = movements(&verified)
                .into_iter()
                .map(payment_provider_core::Payment::dedup_key);
            effects.push((verified.delivery_key().clone(), keys.collect::<Vec<_>>()));
        }
        effects.sort();
        told.push(effects);
        deliveries.reverse();
    }
    ensure!(
        told[0] == told[1],
        "what came before changes what a delivery says"
    );
    Ok(())
}

async fn of_this_environment(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = one_of_a_payment(&fixture, "environment").await?;
    let verified = account.accept(&request).await?;
    let same = verified.environment() == account.provider.environment();
    ensure!(same, "a delivery is told as one of the other environment");
    Ok(())
}

async fn compared_in_constant_time(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, request) = one_of_a_payment(&fixture, "compared").await?;
    let before = account.call_count().await;
    match account.accept(&request).await?.verification() {
        Verification::SharedSecret(_) | Verification::PublicKey(_) => Ok(()),
        Verification::Inquiry if account.call_count().await > before => Ok(()),
        other => fail!(
            "a delivery is verified by {other:?}, and the gateway was not asked: compare signatures \
             with SignatureCheck"
        ),
    }
}
