//! A host books from the list of payments.

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
        "a checkout that nobody paid has no payments, and that is no error",
        none_yet
    ),
    case!(
        "payments.single-payment-is-listed",
        contract::PAYMENTS,
        [StatusInquiry],
        "a payment is listed once, by the gateway's own id and to the last unit",
        one_is_listed
    ),
    case!(
        "payments.failed-attempt-is-not-success",
        contract::PAYMENTS,
        [StatusInquiry],
        "a failed attempt is not told as money received",
        failed_is_no_money
    ),
    case!(
        "payments.all-instalments-are-listed",
        contract::PAYMENTS,
        [StatusInquiry, PartialPayments],
        "each instalment is listed, with its own amount",
        instalments_are_all_listed
    ),
    case!(
        "payments.all-pages-are-read",
        contract::PAYMENTS,
        [StatusInquiry],
        "a list that the gateway tells page by page is read to its end, each payment once",
        many_are_all_listed
    ),
    case!(
        "payments.other-checkouts-are-excluded",
        contract::PAYMENTS,
        [StatusInquiry],
        "payments of another checkout are not listed",
        of_this_checkout_only
    ),
    case!(
        "payments.dedup-keys-are-stable",
        contract::PAYMENTS,
        [StatusInquiry],
        "listing twice gives the same effect keys",
        listed_the_same
    ),
];

fn succeeded(payments: &[Payment]) -> Vec<&Payment> {
    let received = |payment: &&Payment| payment.status == PaymentStatus::Succeeded;
    payments.iter().filter(received).collect()
}

async fn none_yet(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let made = account
        .create(&fixture.prepared("none")?)
        .await?
        .into_checkout();
    let payments = account.list(&made.locator()).await?;
    ensure!(
        payments.is_empty(),
        "{} payments are listed, nobody paid",
        payments.len()
    );
    Ok(())
}

async fn one_is_listed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, id) = fixture.create_paid("one").await?;
    let payments = account.list(&checkout).await?;
    let received = succeeded(&payments);
    let count = received.len();
    ensure!(count == 1, "{count} payments succeeded, one was made");
    for payment in received {
        ensure!(
            payment.id == id,
            "the payment {id} is listed as {}",
            payment.id
        );
        let (made, told) = (fixture.amount(), payment.amount);
        ensure!(made == told, "a payment of {made} is told as {told}");
    }
    Ok(())
}

async fn failed_is_no_money(fixture: Fixture) -> CaseResult {
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
        "a failed attempt is listed as money received"
    );
    let paid = account
        .gateway
        .pay(&prepared.reference, prepared.amount)
        .await?;
    let payments = account.list(&made.locator()).await?;
    let received = succeeded(&payments);
    ensure!(
        received.len() == 1,
        "{} payments succeeded, one did",
        received.len()
    );
    ensure!(
        received.iter().all(|payment| payment.id == paid),
        "another payment succeeded"
    );
    let kept = payments.iter().any(|payment| payment.id == failed);
    ensure!(kept, "the failed attempt is not listed");
    Ok(())
}

async fn instalments_are_all_listed(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let amount = fixture.amount();
    let request = fixture
        .request("instalments")
        .with_partial_payments(PartialPayments::any());
    let prepared = account.prepare(&request)?;
    let made = account.create(&prepared).await?.into_checkout();
    let instalments = [half(amount), crate::fixture::rest(amount, half(amount))];
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

async fn many_are_all_listed(fixture: Fixture) -> CaseResult {
    /// More than gateways put on one page.
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
        "after {ATTEMPTS} failed attempts one payment succeeded, {} are listed: are there more pages?",
        received.len()
    );
    let listed = payments.len();
    let found: BTreeSet<_> = payments.into_iter().map(|payment| payment.id).collect();
    let distinct = found.len();
    ensure!(
        listed == distinct,
        "{listed} payments are listed, {distinct} of them are different ones"
    );
    Ok(())
}

async fn of_this_checkout_only(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (_, other) = fixture.create_paid("other").await?;
    let (checkout, own) = fixture.create_paid("own").await?;
    let payments = account.list(&checkout).await?;
    let foreign = payments.iter().any(|payment| payment.id == other);
    ensure!(!foreign, "the payment of another checkout is listed");
    ensure!(
        payments.iter().any(|payment| payment.id == own),
        "its own payment is not listed"
    );
    Ok(())
}

async fn listed_the_same(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("keys").await?;
    let keys =
        |payments: Vec<Payment>| -> Vec<_> { payments.iter().map(Payment::dedup_key).collect() };
    let first = keys(account.list(&checkout).await?);
    let second = keys(account.list(&checkout).await?);
    ensure!(
        first == second,
        "the same payment is listed under two effect keys"
    );
    Ok(())
}
