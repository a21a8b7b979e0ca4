//! The list of payments is complete and exact, since hosts post from it.

use std::collections::BTreeSet;

use payment_provider_core::{PartialPayments, Payment, PaymentStatus};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::{Fixture, half};

pub(super) const CASES: &[Case] = &[
    case!(
        "payments.unpaid-checkout-has-none",
        contract::PAYMENTS,
        [StatusInquiry],
        "an unpaid checkout has an empty list of payments",
        unpaid_checkout_has_none
    ),
    case!(
        "payments.single-payment-is-listed",
        contract::PAYMENTS,
        [StatusInquiry],
        "a payment is listed once, with the gateway's id and the exact amount",
        single_payment_is_listed
    ),
    case!(
        "payments.failed-attempt-is-not-success",
        contract::PAYMENTS,
        [StatusInquiry],
        "a failed attempt is listed, but not as a successful payment",
        failed_attempt_is_not_success
    ),
    case!(
        "payments.all-instalments-are-listed",
        contract::PAYMENTS,
        [StatusInquiry, PartialPayments],
        "each instalment is listed with its own amount",
        all_instalments_are_listed
    ),
    case!(
        "payments.all-pages-are-read",
        contract::PAYMENTS,
        [StatusInquiry],
        "all pages of a list are read, and each payment is listed once",
        all_pages_are_read
    ),
    case!(
        "payments.other-checkouts-are-excluded",
        contract::PAYMENTS,
        [StatusInquiry],
        "payments of other checkouts are not listed",
        other_checkouts_are_excluded
    ),
    case!(
        "payments.dedup-keys-are-stable",
        contract::PAYMENTS,
        [StatusInquiry],
        "listing twice returns the same dedup keys",
        dedup_keys_are_stable
    ),
];

fn succeeded(payments: &[Payment]) -> Vec<&Payment> {
    let received = |payment: &&Payment| payment.status == PaymentStatus::Succeeded;
    payments.iter().filter(received).collect()
}

async fn unpaid_checkout_has_none(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("none")?)
        .await?
        .into_checkout();
    let payments = account.list(&made.locator()).await?;
    ensure!(
        payments.is_empty(),
        "{} payments are listed for an unpaid checkout",
        payments.len()
    );
    Ok(())
}

async fn single_payment_is_listed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, id) = fixture.create_paid("one").await?;
    let payments = account.list(&checkout).await?;
    let received = succeeded(&payments);
    let count = received.len();
    ensure!(
        count == 1,
        "{count} successful payments are listed, one was made"
    );
    for payment in received {
        ensure!(
            payment.id == id,
            "the payment {id} is listed as {}",
            payment.id
        );
        let (made, listed) = (fixture.amount(), payment.amount);
        ensure!(made == listed, "a payment of {made} is listed as {listed}");
    }
    Ok(())
}

async fn failed_attempt_is_not_success(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("failed")?;
    let made = account.create(&prepared).await?.into_checkout();
    let failed = account
        .gateway
        .fail_payment(&prepared.reference, prepared.amount)
        .await?;
    let payments = account.list(&made.locator()).await?;
    ensure!(
        succeeded(&payments).is_empty(),
        "a failed attempt is listed as successful"
    );
    let paid = account
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    let payments = account.list(&made.locator()).await?;
    let received = succeeded(&payments);
    ensure!(
        received.len() == 1,
        "{} successful payments are listed, one was made",
        received.len()
    );
    ensure!(
        received.iter().all(|payment| payment.id == paid),
        "a different payment is listed as successful"
    );
    let kept = payments.iter().any(|payment| payment.id == failed);
    ensure!(kept, "the failed attempt is not listed");
    Ok(())
}

async fn all_instalments_are_listed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let amount = fixture.amount();
    let request = fixture
        .request("instalments")
        .with_partial_payments(PartialPayments::any());
    let prepared = account.prepare(&request)?;
    let made = account.create(&prepared).await?.into_checkout();
    let instalments = [
        half(amount),
        crate::fixture::remainder(amount, half(amount)),
    ];
    let mut expected = Vec::new();
    for part in instalments {
        expected.push((account.gateway.pay(&prepared.reference, part).await?, part));
    }
    let payments = account.list(&made.locator()).await?;
    let received = succeeded(&payments);
    ensure!(
        received.len() == 2,
        "{} of two instalments are listed",
        received.len()
    );
    for (id, part) in expected {
        let listed = received
            .iter()
            .any(|payment| payment.id == id && payment.amount == part);
        ensure!(
            listed,
            "the instalment of {part} is not listed with its id and amount"
        );
    }
    Ok(())
}

async fn all_pages_are_read(fixture: Fixture) -> CaseResult {
    /// More payments than fit on one page of any gateway.
    const ATTEMPTS: usize = 110;
    let account = &fixture.first;
    let prepared = fixture.prepared("many")?;
    let made = account.create(&prepared).await?.into_checkout();
    for _ in 0..ATTEMPTS {
        let failed = account
            .gateway
            .fail_payment(&prepared.reference, prepared.amount);
        failed.await?;
    }
    let paid = account.gateway.pay(&prepared.reference, prepared.amount);
    let paid = paid.await?;
    let payments = account.list(&made.locator()).await?;
    let received = succeeded(&payments);
    ensure!(
        received.len() == 1 && received[0].id == paid,
        "one payment succeeded after {ATTEMPTS} failed attempts, {} are listed: are there more pages?",
        received.len()
    );
    let listed = payments.len();
    let found: BTreeSet<_> = payments.into_iter().map(|payment| payment.id).collect();
    let distinct = found.len();
    ensure!(
        listed == distinct,
        "{listed} payments are listed, but only {distinct} distinct ones"
    );
    Ok(())
}

async fn other_checkouts_are_excluded(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, other) = fixture.create_paid("other").await?;
    let (checkout, own) = fixture.create_paid("own").await?;
    let payments = account.list(&checkout).await?;
    let foreign = payments.iter().any(|payment| payment.id == other);
    ensure!(!foreign, "the payment of another checkout is listed");
    ensure!(
        payments.iter().any(|payment| payment.id == own),
        "the checkout's own payment is not listed"
    );
    Ok(())
}

async fn dedup_keys_are_stable(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("keys").await?;
    let keys =
        |payments: Vec<Payment>| -> Vec<_> { payments.iter().map(Payment::dedup_key).collect() };
    let first = keys(account.list(&checkout).await?);
    let second = keys(account.list(&checkout).await?);
    ensure!(first == second, "one payment is listed with two dedup keys");
    Ok(())
}
