//! Not a unit is lost or gained between the host and the wire, and back.

use payment_provider_core::{Currency, Money};

use crate::bench::Bench;
use crate::case::{Case, MONEY, Verdict, case, ensure, fail};
use crate::subject::WireAmount;

pub(super) const CASES: &[Case] = &[
    case!(
        "money.exact-without-decimals",
        MONEY,
        [Http],
        "a currency without decimals is asked for to the unit: 295 yen are 295",
        exact_without_decimals
    ),
    case!(
        "money.exact-with-two-decimals",
        MONEY,
        [Http],
        "a currency with two decimals is asked for to the unit, however large the amount",
        exact_with_two_decimals
    ),
    case!(
        "money.exact-with-three-decimals",
        MONEY,
        [Http],
        "a currency with three decimals is asked for to the unit",
        exact_with_three_decimals
    ),
    case!(
        "money.read-back-exactly",
        MONEY,
        [StatusInquiry],
        "what the gateway says is read to the unit, however large the amount",
        read_back_exactly
    ),
];

/// Amounts that a binary fraction cannot hold, or that a double of the smallest unit cannot.
const ODD: [i64; 12] = [
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

async fn exact_without_decimals(bench: Bench) -> Verdict {
    exact(&bench, &[Currency::JPY], &[1]).await
}

async fn exact_with_two_decimals(bench: Bench) -> Verdict {
    let currencies = [Currency::INR, Currency::USD, Currency::EUR];
    exact(&bench, &currencies, &[1]).await
}

async fn exact_with_three_decimals(bench: Bench) -> Verdict {
    // Some gateways take only whole hundredths of these currencies: they refuse the rest, and round
    // nothing.
    exact(&bench, &[Currency::KWD], &[10, 1]).await
}

async fn exact(bench: &Bench, currencies: &[Currency], steps: &[i64]) -> Verdict {
    let party = &bench.first;
    for &currency in currencies {
        if !bench.descriptor().currencies.allows(currency) {
            continue;
        }
        let mut asked = 0;
        let odd = steps.iter().flat_map(|step| ODD.map(|minor| minor * step));
        for (number, minor) in odd.enumerate() {
            let amount = Money::from_minor_units(minor, currency);
            let name = format!("{}-{number}", currency.code());
            let request = bench.request_of(&name, amount);
            let prepared = match party.provider.preflight(&request)? {
                Ok(prepared) => prepared,
                Err(violations) => {
                    let named = violations.names("amount");
                    ensure!(
                        named,
                        "{amount} is refused for another reason: {violations}"
                    );
                    continue;
                }
            };
            party.server.clear();
            let made = party.make(&prepared).await?.into_checkout();
            for creation in party.creations()? {
                on_the_wire(amount, &party.gateway.asked_amount(&creation)?)?;
            }
            ensure!(
                made.amount == amount,
                "asked for {amount}, the answer says {}",
                made.amount
            );
            asked += 1;
        }
        ensure!(
            asked >= ODD.len() / 2,
            "only {asked} ordinary amounts of {} pass",
            currency.code()
        );
    }
    Ok(())
}

fn on_the_wire(amount: Money, wire: &WireAmount) -> Verdict {
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
        fail!("{amount} is `{text}` on the wire, expected `{expected}`");
    }
    Ok(())
}

async fn read_back_exactly(bench: Bench) -> Verdict {
    let party = &bench.first;
    let currency = bench.currency();
    let mut asked = 0;
    for (number, minor) in ODD.into_iter().enumerate() {
        let amount = Money::from_minor_units(minor, currency);
        let request = bench.request_of(&format!("back-{number}"), amount);
        let Ok(prepared) = party.provider.preflight(&request)? else {
            continue;
        };
        let made = party.make(&prepared).await?.into_checkout();
        party.gateway.pay(&prepared.reference, amount).await?;
        let found = party.look(&made.locator()).await?;
        ensure!(
            found.amount == amount,
            "asked for {amount}, told as {}",
            found.amount
        );
        let paid = found.amount_paid;
        ensure!(paid == amount, "{amount} was paid, told as {paid}");
        let payments = party.list(&made.locator()).await?;
        let listed = payments.iter().any(|payment| payment.amount == amount);
        ensure!(
            listed,
            "the payment of {amount} is not listed with its amount"
        );
        asked += 1;
    }
    ensure!(
        asked >= ODD.len() / 2,
        "only {asked} ordinary amounts of {} pass",
        currency.code()
    );
    Ok(())
}
