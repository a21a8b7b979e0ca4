//! `prepare_checkout` finds all violations before anything is sent, and its result is
//! deterministic.

use std::time::Duration;

use payment_provider_core::{CheckoutRequest, Customer, Money, Violations};

use crate::case::{Case, case, contract};
use crate::failure::{CaseFailure, CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "prepare.sends-nothing",
        contract::PREPARE,
        [Http],
        "preparing a checkout sends nothing",
        sends_nothing
    ),
    case!(
        "prepare.same-request-same-bytes",
        contract::PREPARE,
        [],
        "the same request gives the same bytes, also a minute later",
        same_request_same_bytes
    ),
    case!(
        "prepare.keeps-the-request",
        contract::PREPARE,
        [],
        "a prepared checkout has the reference, amount, expiry and environment of its request",
        keeps_the_request
    ),
    case!(
        "prepare.rejects-non-positive-amounts",
        contract::PREPARE,
        [],
        "an amount of zero or less is rejected",
        rejects_non_positive_amounts
    ),
    case!(
        "prepare.rejects-past-expiry",
        contract::PREPARE,
        [],
        "an expiry in the past is rejected",
        rejects_past_expiry
    ),
    case!(
        "prepare.reports-all-violations",
        contract::PREPARE,
        [],
        "all violations are reported at once, each with its field",
        reports_all_violations
    ),
    case!(
        "prepare.never-echoes-the-customer",
        contract::PREPARE,
        [],
        "neither a prepared checkout nor a violation contains data of the customer",
        never_echoes_the_customer
    ),
];

async fn sends_nothing(fixture: Fixture) -> CaseResult {
    let before = fixture.first.call_count().await;
    fixture.prepared("plain")?;
    let _ = fixture.first.provider.prepare(&zero_amount(&fixture))?;
    fixture
        .first
        .expect_no_calls_since(before, "in prepare_checkout")
        .await
}

async fn same_request_same_bytes(fixture: Fixture) -> CaseResult {
    let request = fixture.request("same");
    let first = fixture.first.prepare(&request)?;
    fixture.clock.advance(Duration::from_mins(1));
    let second = fixture.first.prepare(&request)?;
    ensure!(
        first.body == second.body,
        "the same request gives different bytes a minute later"
    );
    let same = first.fingerprint == second.fingerprint;
    ensure!(
        same,
        "the same request gives a different fingerprint a minute later"
    );
    Ok(())
}

async fn keeps_the_request(fixture: Fixture) -> CaseResult {
    let request = fixture.request("repeated");
    let prepared = fixture.first.prepare(&request)?;
    let provider = &fixture.first.provider;
    ensure!(
        prepared.reference == request.reference,
        "the reference differs"
    );
    ensure!(
        prepared.amount == request.amount,
        "the amount changes to {}",
        prepared.amount
    );
    ensure!(
        prepared.expires_at == request.expires_at,
        "the expiry differs"
    );
    ensure!(
        prepared.environment == provider.environment(),
        "the environment differs"
    );
    ensure!(
        prepared.provider == provider.descriptor().id,
        "the provider id differs"
    );
    Ok(())
}

fn zero_amount(fixture: &Fixture) -> CheckoutRequest {
    fixture.request_for("zero", Money::zero(fixture.currency()))
}

async fn rejects_non_positive_amounts(fixture: Fixture) -> CaseResult {
    let currency = fixture.currency();
    for minor in [0, -1, -250_000, i64::MIN] {
        let amount = Money::from_minor_units(minor, currency);
        let violations = rejected(
            &fixture,
            &fixture.request_for("zero", amount),
            "an amount of zero or less",
        )?;
        ensure!(
            violations.names("amount"),
            "the violation does not name amount: {violations}"
        );
    }
    Ok(())
}

async fn rejects_past_expiry(fixture: Fixture) -> CaseResult {
    let mut request = fixture.request("past");
    for ago in [
        Duration::ZERO,
        Duration::from_secs(1),
        Duration::from_hours(24 * 400),
    ] {
        request.expires_at = fixture.clock.now() - ago;
        let violations = rejected(&fixture, &request, "an expiry in the past")?;
        let named = violations.names("expires_at");
        ensure!(
            named,
            "the violation does not name expires_at: {violations}"
        );
    }
    Ok(())
}

async fn reports_all_violations(fixture: Fixture) -> CaseResult {
    let mut request = zero_amount(&fixture);
    request.expires_at = fixture.clock.now() - Duration::from_hours(1);
    let mut fields = vec!["amount", "expires_at"];
    if !fixture.descriptor().capabilities.notify_url {
        request.notify_url = Some(Fixture::unused_address()?);
        fields.push("notify_url");
    }
    let violations = rejected(&fixture, &request, "a request with several violations")?;
    for field in fields {
        let named = violations.names(field);
        ensure!(
            named,
            "{field} is invalid too, but is not among the violations: {violations}"
        );
    }
    Ok(())
}

async fn never_echoes_the_customer(fixture: Fixture) -> CaseResult {
    let request = fixture.request("customer");
    let customer = &request.customer;
    let texts: Vec<_> = [&customer.name, &customer.email, &customer.phone]
        .into_iter()
        .flatten()
        .map(|personal| personal.expose().to_owned())
        .collect();
    let prepared = fixture.first.prepare(&request)?;
    let mut wrong = request.clone();
    wrong.amount = Money::zero(fixture.currency());
    let rejected = fixture.first.provider.prepare(&wrong)?;
    let message = rejected.as_ref().err().map(Violations::to_string);
    let shown = format!("{prepared:?} {rejected:?} {message:?}");
    for text in texts {
        ensure!(
            !shown.contains(&text),
            "the output contains data of the customer"
        );
    }
    for customer in malformed_customers(&request.customer) {
        let mut wrong = request.clone();
        wrong.customer = customer;
        let shown = match fixture.first.provider.prepare(&wrong)? {
            Ok(prepared) => format!("{prepared:?}"),
            Err(violations) => format!("{violations:?} {violations}"),
        };
        ensure!(
            !shown.contains("canary"),
            "the output contains a rejected value of the customer: name the field and the rule instead"
        );
    }
    Ok(())
}

/// Returns copies of the customer, each with one value that hardly any gateway accepts.
fn malformed_customers(customer: &Customer) -> [Customer; 4] {
    const MALFORMED: &str = "canary\u{1} <none>";
    let long = format!("canary{}", "9".repeat(5_000));
    [
        customer.clone().with_name(MALFORMED),
        customer.clone().with_email(MALFORMED),
        customer.clone().with_phone(MALFORMED),
        customer.clone().with_phone(long),
    ]
}

fn rejected(
    fixture: &Fixture,
    request: &CheckoutRequest,
    what: &str,
) -> Result<Violations, CaseFailure> {
    match fixture.first.provider.prepare(request)? {
        Ok(_) => fail!("prepare_checkout accepts {what}"),
        Err(violations) => Ok(violations),
    }
}
