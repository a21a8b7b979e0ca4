//! What is wrong is found before anything is sent, all of it, and what is sent is known before.

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
        "checking a request is not asking",
        sends_nothing
    ),
    case!(
        "prepare.same-request-same-bytes",
        contract::PREPARE,
        [],
        "the same request gives the same bytes, now and in a minute",
        same_request_same_bytes
    ),
    case!(
        "prepare.keeps-the-request",
        contract::PREPARE,
        [],
        "a prepared checkout repeats reference, amount, end and environment",
        repeats_the_request
    ),
    case!(
        "prepare.rejects-non-positive-amounts",
        contract::PREPARE,
        [],
        "nothing, or less than nothing, cannot be asked for",
        refuses_no_money
    ),
    case!(
        "prepare.rejects-past-expiry",
        contract::PREPARE,
        [],
        "a checkout that has ended before it begins is refused",
        refuses_the_past
    ),
    case!(
        "prepare.reports-all-violations",
        contract::PREPARE,
        [],
        "everything that is wrong is told at once, each with its field",
        tells_all_violations
    ),
    case!(
        "prepare.never-echoes-the-customer",
        contract::PREPARE,
        [],
        "neither a prepared checkout nor a violation shows who is asked",
        never_echoes_the_customer
    ),
];

async fn sends_nothing(fixture: Fixture) -> CaseResult {
    let before = fixture.first.call_count().await;
    fixture.prepared("plain")?;
    let _ = fixture.first.provider.prepare(&none(&fixture))?;
    fixture
        .first
        .expect_no_calls_since(before, "in preflight")
        .await
}

async fn same_request_same_bytes(fixture: Fixture) -> CaseResult {
    let request = fixture.request("same");
    let first = fixture.first.prepare(&request)?;
    fixture.clock.advance(Duration::from_mins(1));
    let second = fixture.first.prepare(&request)?;
    ensure!(
        first.body == second.body,
        "the same request gives other bytes a minute later"
    );
    let same = first.fingerprint == second.fingerprint;
    ensure!(
        same,
        "the same request gives another fingerprint a minute later"
    );
    Ok(())
}

async fn repeats_the_request(fixture: Fixture) -> CaseResult {
    let request = fixture.request("repeated");
    let prepared = fixture.first.prepare(&request)?;
    let provider = &fixture.first.provider;
    ensure!(
        prepared.reference == request.reference,
        "the reference is another"
    );
    ensure!(
        prepared.amount == request.amount,
        "the amount became {}",
        prepared.amount
    );
    ensure!(
        prepared.expires_at == request.expires_at,
        "it ends at another time"
    );
    ensure!(
        prepared.environment == provider.environment(),
        "it is for the other environment"
    );
    ensure!(
        prepared.provider == provider.descriptor().id,
        "it names another provider"
    );
    Ok(())
}

fn none(fixture: &Fixture) -> CheckoutRequest {
    fixture.request_for("none", Money::zero(fixture.currency()))
}

async fn refuses_no_money(fixture: Fixture) -> CaseResult {
    let currency = fixture.currency();
    for minor in [0, -1, -250_000, i64::MIN] {
        let amount = Money::from_minor_units(minor, currency);
        let violations = refused(&fixture, &fixture.request_for("none", amount), "no money")?;
        ensure!(
            violations.names("amount"),
            "the violation does not name amount: {violations}"
        );
    }
    Ok(())
}

async fn refuses_the_past(fixture: Fixture) -> CaseResult {
    let mut request = fixture.request("past");
    for ago in [
        Duration::ZERO,
        Duration::from_secs(1),
        Duration::from_hours(24 * 400),
    ] {
        request.expires_at = fixture.clock.now() - ago;
        let violations = refused(&fixture, &request, "a checkout that is over")?;
        let named = violations.names("expires_at");
        ensure!(
            named,
            "the violation does not name expires_at: {violations}"
        );
    }
    Ok(())
}

async fn tells_all_violations(fixture: Fixture) -> CaseResult {
    let mut request = none(&fixture);
    request.expires_at = fixture.clock.now() - Duration::from_hours(1);
    let mut fields = vec!["amount", "expires_at"];
    if !fixture.descriptor().capabilities.notify_url {
        request.notify_url = Some(Fixture::unused_address()?);
        fields.push("notify_url");
    }
    let violations = refused(&fixture, &request, "a request with nothing right")?;
    for field in fields {
        let named = violations.names(field);
        ensure!(
            named,
            "{field} is wrong too and is not among the violations: {violations}"
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
    let refused = fixture.first.provider.prepare(&wrong)?;
    let told = refused.as_ref().err().map(Violations::to_string);
    let shown = format!("{prepared:?} {refused:?} {told:?}");
    for text in texts {
        ensure!(!shown.contains(&text), "a value of the customer is shown");
    }
    for customer in odd_customers(&request.customer) {
        let mut wrong = request.clone();
        wrong.customer = customer;
        let shown = match fixture.first.provider.prepare(&wrong)? {
            Ok(prepared) => format!("{prepared:?}"),
            Err(violations) => format!("{violations:?} {violations}"),
        };
        ensure!(
            !shown.contains("canary"),
            "a value of the customer that is not accepted is shown: name the field and the rule"
        );
    }
    Ok(())
}

/// The same customer with one thing about them that hardly any gateway accepts.
fn odd_customers(customer: &Customer) -> [Customer; 4] {
    const ODD: &str = "canary\u{1} <nobody>";
    let long = format!("canary{}", "9".repeat(5_000));
    [
        customer.clone().with_name(ODD),
        customer.clone().with_email(ODD),
        customer.clone().with_phone(ODD),
        customer.clone().with_phone(long),
    ]
}

fn refused(
    fixture: &Fixture,
    request: &CheckoutRequest,
    what: &str,
) -> Result<Violations, CaseFailure> {
    match fixture.first.provider.prepare(request)? {
        Ok(_) => fail!("preflight accepts {what}"),
        Err(violations) => Ok(violations),
    }
}
