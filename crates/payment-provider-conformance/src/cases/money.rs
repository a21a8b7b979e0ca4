//! Amounts are exact in both directions.

use payment_provider_core::{Currency, Money};

use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure, fail};
use crate::fixture::Fixture;
use crate::harness::WireAmount;

pub(super) const CASES: &[Case] = &[
    case!(
        "money.exact-without-decimals",
        contract::MONEY,
        [Http],
        "amounts of a currency without decimals are sent exactly: 295 yen are 295",
        exact_without_decimals
    ),
    case!(
        "money.exact-with-two-decimals",
        contract::MONEY,
        [Http],
        "amounts of a currency with two decimals are sent exactly, however large",
        exact_with_two_decimals
    ),
    case!(
        "money.exact-with-three-decimals",
        contract::MONEY,
        [Http],
        "amounts of a currency with three decimals are sent exactly",
        exact_with_three_decimals
    ),
    case!(
        "money.read-back-exactly",
        contract::MONEY,
        [StatusInquiry],
        "amounts from the gateway are read exactly, however large",
        read_back_exactly
    ),
];

/// Amounts that a binary fraction, or a double of minor units, cannot represent.
const AMOUNTS: [i64; 12] = [
    100,
    101,
    115,
    295,
    1_001,
    1_015,
    20_012,
    109_999,
    256_019,
    123_456_789,
    999_999_999_999_999,
    9_007_199_254_740_993,
];

async fn exact_without_decimals(fixture: Fixture) -> CaseResult {
    exact(&fixture, &[Currency::JPY], &[1]).await
}

async fn exact_with_two_decimals(fixture: Fixture) -> CaseResult {
    let currencies = [Currency::INR, Currency::USD, Currency::EUR];
    exact(&fixture, &currencies, &[1]).await
}

async fn exact_with_three_decimals(fixture: Fixture) -> CaseResult {
    // Some gateways accept only multiples of ten minor units of these currencies. They reject other
    // amounts without rounding.
    exact(&fixture, &[Currency::KWD], &[10, 1]).await
}

async fn exact(fixture: &Fixture, currencies: &[Currency], steps: &[i64]) -> CaseResult {
    let account = &fixture.first;
    for &currency in currencies {
        if !fixture.descriptor().currencies.allows(currency) {
            continue;
        }
        let mut accepted = 0;
        let odd = steps
            .iter()
            .flat_map(|step| AMOUNTS.map(|minor| minor * step));
        for (number, minor) in odd.enumerate() {
            let amount = Money::from_minor_units(minor, currency);
            let name = format!("{}-{number}", currency.code());
            let request = fixture.request_for(&name, amount);
            let prepared = match account.provider.prepare(&request)? {
                Ok(prepared) => prepared,
                Err(violations) => {
                    let named = violations.names("amount");
                    ensure!(
                        named,
                        "{amount} is rejected for another reason: {violations}"
                    );
                    continue;
                }
            };
            account.server.clear();
            let made = account.create(&prepared).await?.into_checkout();
            for creation in account.creations()? {
                on_the_wire(amount, &account.gateway.requested_amount(&creation)?)?;
            }
            ensure!(
                made.amount == amount,
                "{amount} was requested, the response says {}",
                made.amount
            );
            accepted += 1;
        }
        ensure!(
            accepted >= AMOUNTS.len() / 2,
            "only {accepted} ordinary amounts of {} are accepted",
            currency.code()
        );
    }
    Ok(())
}

fn on_the_wire(amount: Money, wire: &WireAmount) -> CaseResult {
    let (text, expected) = match wire {
        WireAmount::Minor(text) => (text, amount.minor_units().to_string()),
        WireAmount::Major(text) => (text, amount.decimal().to_string()),
    };
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    let exact = match wire {
        WireAmount::Minor(_) => *text == expected,
        WireAmount::Major(_) => trimmed(text) == trimmed(&expected),
    };
    if !exact {
        fail!("{amount} is sent as `{text}`, expected `{expected}`");
    }
    Ok(())
}

async fn read_back_exactly(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let currency = fixture.currency();
    let mut accepted = 0;
    for (number, minor) in AMOUNTS.into_iter().enumerate() {
        let amount = Money::from_minor_units(minor, currency);
        let request = fixture.request_for(&format!("back-{number}"), amount);
        let Ok(prepared) = account.provider.prepare(&request)? else {
            continue;
        };
        let made = account.create(&prepared).await?.into_checkout();
        account.gateway.pay(&prepared.reference, amount).await?;
        let found = account.fetch(&made.locator()).await?;
        ensure!(
            found.amount == amount,
            "{amount} was requested, but is reported as {}",
            found.amount
        );
        let paid = found.amount_paid;
        ensure!(paid == amount, "{amount} was paid, but {paid} is reported");
        let payments = account.list(&made.locator()).await?;
        let listed = payments.iter().any(|payment| payment.amount == amount);
        ensure!(
            listed,
            "the payment of {amount} is not listed with its amount"
        );
        accepted += 1;
    }
    ensure!(
        accepted >= AMOUNTS.len() / 2,
        "only {accepted} ordinary amounts of {} are accepted",
        currency.code()
    );
    Ok(())
}
