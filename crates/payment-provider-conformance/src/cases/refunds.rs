//! The list of refunds is complete and exact, since hosts record refunds from it.

use std::collections::BTreeSet;

use payment_provider_core::{
    CheckoutLocator, Money, Payment, PaymentStatus, ProviderErrorKind, Refund, RefundStatus,
};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::{Fixture, half};
use crate::harness::{GatewayRefusal, InjectedFault};

pub(super) const CASES: &[Case] = &[
    case!(
        "refunds.declared-is-present",
        contract::CAPABILITIES,
        [RefundInquiry],
        "with refund inquiry, the provider offers the queries",
        declared_is_present
    ),
    case!(
        "refunds.undeclared-is-absent",
        contract::CAPABILITIES,
        [NoRefundInquiry],
        "without refund inquiry, the provider offers no queries",
        undeclared_is_absent
    ),
    case!(
        "refunds.inquiry-needs-status-inquiry",
        contract::CAPABILITIES,
        [RefundInquiry],
        "refunds are listed for the payments of a checkout, which status inquiry lists",
        inquiry_needs_status_inquiry
    ),
    case!(
        "refunds.no-payments-sends-nothing",
        contract::REFUNDS,
        [RefundInquiry],
        "without a payment that brought money, no request is sent",
        no_payments_sends_nothing
    ),
    case!(
        "refunds.payment-without-refunds-has-none",
        contract::REFUNDS,
        [RefundInquiry],
        "a payment that was not refunded has an empty list of refunds",
        payment_without_refunds_has_none
    ),
    case!(
        "refunds.errors-are-complete",
        contract::ERRORS,
        [RefundInquiry, Gateway],
        "an error names its provider, its operation and its kind",
        errors_are_complete
    ),
    case!(
        "refunds.each-is-listed-once",
        contract::REFUNDS,
        [RefundInquiry, RefundModel],
        "each refund of each payment is listed once, with its id, payment and exact amount",
        each_is_listed_once
    ),
    case!(
        "refunds.all-pages-are-read",
        contract::REFUNDS,
        [RefundInquiry, RefundModel],
        "all pages of a list are read, and each refund is listed once",
        all_pages_are_read
    ),
    case!(
        "refunds.other-checkouts-are-excluded",
        contract::REFUNDS,
        [RefundInquiry, RefundModel],
        "refunds of other checkouts are not listed",
        other_checkouts_are_excluded
    ),
    case!(
        "refunds.dedup-keys-are-stable",
        contract::DEDUP_KEY,
        [RefundInquiry, RefundModel],
        "listing twice returns the same dedup keys",
        dedup_keys_are_stable
    ),
];

async fn declared_is_present(fixture: Fixture) -> CaseResult {
    let present = fixture.first.provider.refund_inquiry()?.is_some();
    ensure!(present, "refund_inquiry is declared but returns None");
    Ok(())
}

async fn undeclared_is_absent(fixture: Fixture) -> CaseResult {
    let absent = fixture.first.provider.refund_inquiry()?.is_none();
    ensure!(absent, "refund_inquiry is not declared but returns Some");
    Ok(())
}

async fn inquiry_needs_status_inquiry(fixture: Fixture) -> CaseResult {
    let inquiry = fixture.descriptor().capabilities.status_inquiry;
    ensure!(
        inquiry,
        "refund_inquiry is declared without status_inquiry: there would be no payments to ask for"
    );
    Ok(())
}

/// Returns a payment with this status that the gateway does not know.
fn unknown_payment(fixture: &Fixture, status: PaymentStatus) -> Result<Payment, CaseFailure> {
    match "kit-unknown-payment".parse() {
        Ok(id) => Ok(Payment::new(id, status, fixture.amount())),
        Err(error) => fail!("{error}"),
    }
}

async fn no_payments_sends_nothing(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let prepared = fixture.prepared("unpaid")?;
    let made = account.create(&prepared).await?.into_checkout();
    let unpaid = vec![
        unknown_payment(&fixture, PaymentStatus::Failed)?,
        unknown_payment(&fixture, PaymentStatus::Pending)?,
    ];
    let checkout = made.locator();
    let before = account.call_count().await;
    for payments in [Vec::new(), unpaid] {
        match account.provider.list_refunds(&checkout, &payments).await? {
            Ok(refunds) => {
                let count = refunds.len();
                ensure!(count == 0, "{count} refunds are listed without a payment");
            }
            Err(error) => fail!("listing the refunds of no payment fails: {error}"),
        }
    }
    let what = "no payment brought money";
    account.expect_no_calls_since(before, what).await
}

async fn payment_without_refunds_has_none(fixture: Fixture) -> CaseResult {
    let (checkout, _) = fixture.create_paid("kept").await?;
    let refunds = fixture.first.list_refunds(&checkout).await?;
    let count = refunds.len();
    ensure!(count == 0, "{count} refunds are listed, none was made");
    Ok(())
}

async fn errors_are_complete(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = fixture.create_paid("refused").await?;
    let payments = account.list(&checkout).await?;
    if fixture.is_http() {
        account.refuse_all(&GatewayRefusal::Credentials)?;
    } else {
        let refused = InjectedFault::Refused(GatewayRefusal::Credentials);
        account.inject_fault(refused).await?;
    }
    let listed = account.provider.list_refunds(&checkout, &payments).await?;
    let Err(error) = listed else {
        fail!("refunds are listed although the credentials were refused");
    };
    let operation = error.operation().as_str();
    ensure!(
        operation == "list_refunds",
        "the error names the operation {operation}"
    );
    let (id, named) = (&fixture.descriptor().id, error.provider());
    ensure!(named == id, "the error names the provider {named}");
    let kind = error.kind();
    ensure!(
        kind == ProviderErrorKind::Authentication,
        "refused credentials are reported as {kind:?}: {error}"
    );
    Ok(())
}

/// Creates a checkout with two payments. The first has two refunds, and the second has one.
async fn refunded(
    fixture: &Fixture,
    name: &str,
) -> Result<(CheckoutLocator, Vec<Refund>), CaseFailure> {
    let gateway = &fixture.first.gateway;
    let (checkout, first) = fixture.create_paid(name).await?;
    let amount = fixture.amount();
    let second = gateway.pay(&checkout.reference, amount).await?;
    let mut made = Vec::new();
    for (payment, amount) in [
        (&first, half(amount)),
        (&second, amount),
        (&first, half(half(amount))),
    ] {
        let id = gateway.refund(payment, amount).await?;
        let mut refund = Refund::new(id, RefundStatus::Succeeded, amount);
        refund.payment_id = Some(payment.clone());
        made.push(refund);
    }
    Ok((checkout, made))
}

async fn each_is_listed_once(fixture: Fixture) -> CaseResult {
    let (checkout, made) = refunded(&fixture, "refunded").await?;
    let listed = fixture.first.list_refunds(&checkout).await?;
    let (count, expected) = (listed.len(), made.len());
    ensure!(
        count == expected,
        "{count} refunds are listed, {expected} were made"
    );
    for refund in made {
        let Some(found) = listed.iter().find(|found| found.id == refund.id) else {
            fail!("the refund {} is not listed", refund.id);
        };
        let (amount, listed) = (refund.amount, found.amount);
        ensure!(
            amount == listed,
            "a refund of {amount} is listed as {listed}"
        );
        ensure!(
            found.payment_id == refund.payment_id,
            "the refund {} is not listed with its payment",
            refund.id
        );
    }
    Ok(())
}

async fn all_pages_are_read(fixture: Fixture) -> CaseResult {
    /// More refunds than fit on one page of any gateway.
    const REFUNDS: usize = 110;
    let account = &fixture.first;
    let (checkout, payment) = fixture.create_paid("many").await?;
    let currency = fixture.currency();
    let unit = 10_i64.pow(u32::from(currency.exponent()));
    for _ in 0..REFUNDS {
        let amount = Money::from_minor_units(unit, currency);
        account.gateway.refund(&payment, amount).await?;
    }
    let refunds = account.list_refunds(&checkout).await?;
    let listed = refunds.len();
    ensure!(
        listed == REFUNDS,
        "{listed} of {REFUNDS} refunds are listed: are there more pages?"
    );
    let distinct: BTreeSet<_> = refunds.into_iter().map(|refund| refund.id).collect();
    let distinct = distinct.len();
    ensure!(
        listed == distinct,
        "{listed} refunds are listed, but only {distinct} distinct ones"
    );
    Ok(())
}

async fn other_checkouts_are_excluded(fixture: Fixture) -> CaseResult {
    let (_, others) = refunded(&fixture, "other").await?;
    let (checkout, own) = refunded(&fixture, "own").await?;
    let listed = fixture.first.list_refunds(&checkout).await?;
    let is_listed = |refund: &Refund| listed.iter().any(|found| found.id == refund.id);
    ensure!(
        !others.iter().any(is_listed),
        "the refund of another checkout is listed"
    );
    ensure!(
        own.iter().all(is_listed),
        "the checkout's own refund is not listed"
    );
    Ok(())
}

async fn dedup_keys_are_stable(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (checkout, _) = refunded(&fixture, "keys").await?;
    let keys = |refunds: Vec<Refund>| -> Vec<_> {
        let keys = refunds.iter().map(|refund| refund.dedup_key().to_string());
        keys.collect()
    };
    let first = keys(account.list_refunds(&checkout).await?);
    let second = keys(account.list_refunds(&checkout).await?);
    ensure!(first == second, "one refund is listed with two dedup keys");
    Ok(())
}
