//! What is wrong is found before anything is sent, all of it, and what is sent is known before.

use std::time::Duration;

use payment_provider_core::{CheckoutRequest, Customer, Money, Violations};

use crate::bench::Bench;
use crate::case::{Case, Failure, PREFLIGHT, Verdict, case, ensure, fail};

pub(super) const CASES: &[Case] = &[
    case!(
        "preflight.sends-nothing",
        PREFLIGHT,
        [Http],
        "checking a request is not asking",
        sends_nothing
    ),
    case!(
        "preflight.same-request-same-bytes",
        PREFLIGHT,
        [],
        "the same request gives the same bytes, now and in a minute",
        same_request_same_bytes
    ),
    case!(
        "preflight.what-is-prepared-is-what-was-asked",
        PREFLIGHT,
        [],
        "a prepared checkout repeats reference, amount, end and environment",
        repeats_the_request
    ),
    case!(
        "preflight.refuses-no-money",
        PREFLIGHT,
        [],
        "nothing, or less than nothing, cannot be asked for",
        refuses_no_money
    ),
    case!(
        "preflight.refuses-the-past",
        PREFLIGHT,
        [],
        "a checkout that has ended before it begins is refused",
        refuses_the_past
    ),
    case!(
        "preflight.tells-all-violations",
        PREFLIGHT,
        [],
        "everything that is wrong is told at once, each with its field",
        tells_all_violations
    ),
    case!(
        "preflight.never-echoes-the-customer",
        PREFLIGHT,
        [],
        "neither a prepared checkout nor a violation shows who is asked",
        never_echoes_the_customer
    ),
];

async fn sends_nothing(bench: Bench) -> Verdict {
    let before = bench.first.calls().await;
    bench.prepared("plain")?;
    let _ = bench.first.provider.preflight(&none(&bench))?;
    bench.first.quiet_since(before, "in preflight").await
}

async fn same_request_same_bytes(bench: Bench) -> Verdict {
    let request = bench.request("same");
    let first = bench.first.prepare(&request)?;
    bench.clock.leap(Duration::from_mins(1));
    let second = bench.first.prepare(&request)?;
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

async fn repeats_the_request(bench: Bench) -> Verdict {
    let request = bench.request("repeated");
    let prepared = bench.first.prepare(&request)?;
    let provider = &bench.first.provider;
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

fn none(bench: &Bench) -> CheckoutRequest {
    bench.request_of("none", Money::zero(bench.currency()))
}

async fn refuses_no_money(bench: Bench) -> Verdict {
    let currency = bench.currency();
    for minor in [0, -1, -250_000, i64::MIN] {
        let amount = Money::from_minor_units(minor, currency);
        let violations = refused(&bench, &bench.request_of("none", amount), "no money")?;
        ensure!(
            violations.names("amount"),
            "the violation does not name amount: {violations}"
        );
    }
    Ok(())
}

async fn refuses_the_past(bench: Bench) -> Verdict {
    let mut request = bench.request("past");
    for ago in [
        Duration::ZERO,
        Duration::from_secs(1),
        Duration::from_hours(24 * 400),
    ] {
        request.expires_at = bench.clock.at() - ago;
        let violations = refused(&bench, &request, "a checkout that is over")?;
        let named = violations.names("expires_at");
        ensure!(
            named,
            "the violation does not name expires_at: {violations}"
        );
    }
    Ok(())
}

async fn tells_all_violations(bench: Bench) -> Verdict {
    let mut request = none(&bench);
    request.expires_at = bench.clock.at() - Duration::from_hours(1);
    let mut fields = vec!["amount", "expires_at"];
    if !bench.descriptor().capabilities.notify_url {
        request.notify_url = Some(Bench::unused_address()?);
        fields.push("notify_url");
    }
    let violations = refused(&bench, &request, "a request with nothing right")?;
    for field in fields {
        let named = violations.names(field);
        ensure!(
            named,
            "{field} is wrong too and is not among the violations: {violations}"
        );
    }
    Ok(())
}

async fn never_echoes_the_customer(bench: Bench) -> Verdict {
    let request = bench.request("customer");
    let customer = &request.customer;
    let texts: Vec<_> = [&customer.name, &customer.email, &customer.phone]
        .into_iter()
        .flatten()
        .map(|personal| personal.expose().to_owned())
        .collect();
    let prepared = bench.first.prepare(&request)?;
    let mut wrong = request.clone();
    wrong.amount = Money::zero(bench.currency());
    let refused = bench.first.provider.preflight(&wrong)?;
    let told = refused.as_ref().err().map(Violations::to_string);
    let shown = format!("{prepared:?} {refused:?} {told:?}");
    for text in texts {
        ensure!(!shown.contains(&text), "a value of the customer is shown");
    }
    for customer in odd_customers(&request.customer) {
        let mut wrong = request.clone();
        wrong.customer = customer;
        let shown = match bench.first.provider.preflight(&wrong)? {
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

fn refused(bench: &Bench, request: &CheckoutRequest, what: &str) -> Result<Violations, Failure> {
    match bench.first.provider.preflight(request)? {
        Ok(_) => fail!("preflight accepts {what}"),
        Err(violations) => Ok(violations),
    }
}
