//! What the descriptor says of a checkout's limits is so.

use std::time::Duration;

use payment_provider_core::{CheckoutReference, CheckoutRequest, Currency, CurrencySupport, Money};

use crate::bench::Bench;
use crate::case::{CURRENCIES, Case, LIMITS, Verdict, case, ensure, fail};

pub(super) const CASES: &[Case] = &[
    case!(
        "limits.longest-reference-is-accepted",
        LIMITS,
        [],
        "a reference as long as declared, of every character there is, makes a checkout",
        longest_reference_is_accepted
    ),
    case!(
        "limits.longer-reference-is-refused",
        LIMITS,
        [ShortReferences],
        "a longer one is refused before anything is sent",
        longer_reference_is_refused
    ),
    case!(
        "limits.life-is-checked",
        LIMITS,
        [LimitedLife],
        "a checkout that would live too short or too long is refused, one within is not",
        life_is_checked
    ),
    case!(
        "limits.other-currencies-are-refused",
        CURRENCIES,
        [CurrencyList],
        "a currency that is not declared is refused before anything is sent",
        other_currencies_are_refused
    ),
    case!(
        "limits.declared-currencies-are-accepted",
        CURRENCIES,
        [CurrencyList],
        "each currency that is declared can be asked for",
        declared_currencies_are_accepted
    ),
];

fn with_reference(bench: &Bench, length: usize) -> Result<CheckoutRequest, crate::case::Failure> {
    let text: String = "Kit-ref_09zZ".chars().cycle().take(length).collect();
    match CheckoutReference::new(text) {
        Ok(reference) => {
            let (amount, end) = (bench.amount(), bench.expires_at());
            Ok(bench.subject.request(reference, amount, end))
        }
        Err(error) => fail!("{error}"),
    }
}

async fn longest_reference_is_accepted(bench: Bench) -> Verdict {
    let length = bench.descriptor().limits.reference_length;
    ensure!(
        (1..=50).contains(&length),
        "references of {length} characters are declared"
    );
    let request = with_reference(&bench, length)?;
    let prepared = bench.first.prepare(&request)?;
    let made = bench.first.make(&prepared).await?.into_checkout();
    ensure!(
        made.reference == request.reference,
        "the reference comes back changed"
    );
    Ok(())
}

async fn longer_reference_is_refused(bench: Bench) -> Verdict {
    let length = bench.descriptor().limits.reference_length + 1;
    refused(&bench, &with_reference(&bench, length)?, "reference")
}

async fn life_is_checked(bench: Bench) -> Verdict {
    const MINUTE: Duration = Duration::from_mins(1);
    let now = bench.clock.at();
    let limits = bench.descriptor().limits;
    let mut request = bench.request("life");
    if let Some(shortest) = limits.shortest_life {
        request.expires_at = now + shortest.saturating_sub(MINUTE);
        refused(&bench, &request, "expires_at")?;
        request.expires_at = now + shortest + MINUTE;
        bench.first.prepare(&request)?;
    }
    if let Some(longest) = limits.longest_life {
        request.expires_at = now + longest + MINUTE;
        refused(&bench, &request, "expires_at")?;
        request.expires_at = now + longest.saturating_sub(MINUTE);
        bench.first.prepare(&request)?;
    }
    Ok(())
}

async fn other_currencies_are_refused(bench: Bench) -> Verdict {
    let all = [
        Currency::INR,
        Currency::USD,
        Currency::JPY,
        Currency::KWD,
        Currency::EUR,
    ];
    for currency in all {
        if !bench.descriptor().currencies.allows(currency) {
            let amount = Money::from_minor_units(1_000_000, currency);
            refused(&bench, &bench.request_of("currency", amount), "amount")?;
        }
    }
    Ok(())
}

async fn declared_currencies_are_accepted(bench: Bench) -> Verdict {
    let CurrencySupport::Only(list) = bench.descriptor().currencies.clone() else {
        return Ok(());
    };
    ensure!(!list.is_empty(), "the list of currencies is empty");
    for currency in list {
        let unit = 10_i64.pow(u32::from(currency.exponent()));
        let amount = Money::from_minor_units(2_500 * unit, currency);
        bench.first.prepare(&bench.request_of("currency", amount))?;
    }
    Ok(())
}

fn refused(bench: &Bench, request: &CheckoutRequest, field: &str) -> Verdict {
    match bench.first.provider.preflight(request)? {
        Ok(_) => fail!("a {field} outside the declared limits is accepted"),
        Err(violations) => {
            let named = violations.names(field);
            ensure!(named, "the violation does not name {field}: {violations}");
            Ok(())
        }
    }
}
