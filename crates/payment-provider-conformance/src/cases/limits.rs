//! The declared limits of checkouts are the actual ones.

use std::time::Duration;

use payment_provider_core::{CheckoutReference, CheckoutRequest, Currency, CurrencySupport, Money};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] = &[
    case!(
        "limits.longest-reference-is-accepted",
        contract::LIMITS,
        [],
        "a reference of the declared length with every kind of allowed character creates a checkout",
        longest_reference_is_accepted
    ),
    case!(
        "limits.too-long-reference-is-rejected",
        contract::LIMITS,
        [ShortReferences],
        "a longer reference is rejected before anything is sent",
        too_long_reference_is_rejected
    ),
    case!(
        "limits.lifetime-is-checked",
        contract::LIMITS,
        [LimitedLife],
        "a lifetime outside the limits is rejected, and one within them is accepted",
        lifetime_is_checked
    ),
    case!(
        "limits.undeclared-currencies-are-rejected",
        contract::CURRENCIES,
        [CurrencyList],
        "a currency that is not declared is rejected before anything is sent",
        undeclared_currencies_are_rejected
    ),
    case!(
        "limits.declared-currencies-are-accepted",
        contract::CURRENCIES,
        [CurrencyList],
        "every declared currency is accepted",
        declared_currencies_are_accepted
    ),
];

fn with_reference(
    fixture: &Fixture,
    length: usize,
) -> Result<CheckoutRequest, crate::failure::CaseFailure> {
    let text: String = "Kit-ref_09zZ".chars().cycle().take(length).collect();
    match CheckoutReference::new(text) {
        Ok(reference) => {
            let (amount, end) = (fixture.amount(), fixture.expires_at());
            Ok(fixture.under_test.request(reference, amount, end))
        }
        Err(error) => fail!("{error}"),
    }
}

async fn longest_reference_is_accepted(fixture: Fixture) -> CaseResult {
    let length = fixture.descriptor().limits.reference_length;
    ensure!(
        (1..=50).contains(&length),
        "references of {length} characters are declared"
    );
    let request = with_reference(&fixture, length)?;
    let prepared = fixture.first.prepare(&request)?;
    let made = fixture.first.create(&prepared).await?.into_checkout();
    ensure!(
        made.reference == request.reference,
        "the checkout has a different reference"
    );
    Ok(())
}

async fn too_long_reference_is_rejected(fixture: Fixture) -> CaseResult {
    let length = fixture.descriptor().limits.reference_length + 1;
    rejected(&fixture, &with_reference(&fixture, length)?, "reference")
}

async fn lifetime_is_checked(fixture: Fixture) -> CaseResult {
    const MINUTE: Duration = Duration::from_mins(1);
    let now = fixture.clock.now();
    let limits = fixture.descriptor().limits;
    let mut request = fixture.request("life");
    if let Some(shortest) = limits.shortest_life {
        request.expires_at = now + shortest.saturating_sub(MINUTE);
        rejected(&fixture, &request, "expires_at")?;
        request.expires_at = now + shortest + MINUTE;
        fixture.first.prepare(&request)?;
    }
    if let Some(longest) = limits.longest_life {
        request.expires_at = now + longest + MINUTE;
        rejected(&fixture, &request, "expires_at")?;
        request.expires_at = now + longest.saturating_sub(MINUTE);
        fixture.first.prepare(&request)?;
    }
    Ok(())
}

async fn undeclared_currencies_are_rejected(fixture: Fixture) -> CaseResult {
    let all = [
        Currency::INR,
        Currency::USD,
        Currency::JPY,
        Currency::KWD,
        Currency::EUR,
    ];
    for currency in all {
        if !fixture.descriptor().currencies.allows(currency) {
            let amount = Money::from_minor_units(1_000_000, currency);
            rejected(&fixture, &fixture.request_for("currency", amount), "amount")?;
        }
    }
    Ok(())
}

async fn declared_currencies_are_accepted(fixture: Fixture) -> CaseResult {
    let CurrencySupport::Only(list) = fixture.descriptor().currencies.clone() else {
        return Ok(());
    };
    ensure!(!list.is_empty(), "the list of currencies is empty");
    for currency in list {
        let unit = 10_i64.pow(u32::from(currency.exponent()));
        let amount = Money::from_minor_units(2_500 * unit, currency);
        fixture
            .first
            .prepare(&fixture.request_for("currency", amount))?;
    }
    Ok(())
}

fn rejected(fixture: &Fixture, request: &CheckoutRequest, field: &str) -> CaseResult {
    match fixture.first.provider.prepare(request)? {
        Ok(_) => fail!("a {field} outside the declared limits is accepted"),
        Err(violations) => {
            let named = violations.names(field);
            ensure!(named, "the violation does not name {field}: {violations}");
            Ok(())
        }
    }
}
