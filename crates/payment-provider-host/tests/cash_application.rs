//! The tables of the documentation are the test's own data: each row is carried out.

use payment_provider_core::{Currency, Money, Refund, RefundId, RefundStatus};
use payment_provider_host::CheckoutState;
use payment_provider_host::cash::{Account, Closed, Incoming, progress, supersedes};
use proptest::prelude::*;

const DOCUMENT: &str = include_str!("../docs/cash-application.md");

/// The body rows of the table below a heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = DOCUMENT
        .split(&format!("# {heading}\n"))
        .nth(1)
        .expect("the heading exists");
    let section = section.split("\n# ").next().unwrap_or(section);
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cell = |cell: &str| cell.replace('`', "").trim().to_owned();
    rows.map(|row| row.trim_matches('|').split('|').map(cell).collect())
        .collect()
}

fn inr(text: &str) -> Money {
    Money::from_decimal(text, Currency::INR).expect("an amount")
}

/// What is told of a refund takes its place among what is known.
fn tell(account: &mut Account, known: &mut Vec<Refund>, words: &[&str]) {
    let (id, status, amount) = match *words {
        ["refund", id, status, amount] => (id, status, inr(amount)),
        ["refund", id, status, currency, amount] => {
            let amount = Money::from_decimal(amount, currency.parse().unwrap());
            (id, status, amount.unwrap())
        }
        _ => panic!("unknown step {words:?}"),
    };
    let status: RefundStatus = serde_json::from_value(status.into()).expect("a status");
    let news = Refund::new(RefundId::new(id).unwrap(), status, amount);
    match known.iter_mut().find(|refund| refund.id == news.id) {
        Some(refund) if supersedes(&news, refund) => *refund = news,
        Some(_) => {}
        None => known.push(news),
    }
    account.set_refunds(&*known).unwrap();
}

/// Carries out one step of a history; a payment gives its verdict.
fn step(account: &mut Account, asked: Money, text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (amount, partial_allowed) = match words[..] {
        ["void"] => {
            account.close(Closed::Voided);
            return None;
        }
        ["settle"] => {
            account.close(Closed::Settled);
            return None;
        }
        ["pay", amount] => (inr(amount), false),
        ["instalment", amount] => (inr(amount), true),
        ["pay", currency, amount] => (
            Money::from_decimal(amount, currency.parse().unwrap()).unwrap(),
            false,
        ),
        _ => panic!("unknown step {text:?}"),
    };
    let booking = account
        .book(Incoming {
            amount,
            asked,
            partial_allowed,
        })
        .unwrap();
    assert_eq!(
        booking.credited.checked_add(booking.surplus),
        Ok(amount),
        "{text}"
    );
    Some(booking.verdict.to_string())
}

#[test]
fn every_history_comes_to_what_the_table_says() {
    let rows = table("Verdicts");
    assert!(rows.len() >= 14, "the table was not found");
    for row in rows {
        let [case, asked, history, verdicts, received, credited, surplus] = &row[..] else {
            panic!("a row has other columns: {row:?}");
        };
        let asked = inr(asked);
        let mut account = Account::open(asked);
        let found: Vec<_> = history
            .split(", ")
            .filter_map(|text| step(&mut account, asked, text))
            .collect();
        assert_eq!(found.join(", "), *verdicts, "{case}");
        assert_eq!(account.received(), inr(received), "{case}: received");
        assert_eq!(account.credited(), inr(credited), "{case}: credited");
        assert_eq!(account.surplus(), inr(surplus), "{case}: surplus");
    }
}

#[test]
fn every_event_leads_to_the_status_of_the_table() {
    let rows = table("Payment status");
    assert!(rows.len() >= 18, "the table was not found");
    for row in rows {
        let [event, asked, history, latest, status] = &row[..] else {
            panic!("a row has other columns: {row:?}");
        };
        let latest: Option<CheckoutState> = match latest.as_str() {
            "none" => None,
            word => Some(serde_json::from_value(word.into()).expect("a checkout state")),
        };
        let mut account = Account::open(inr(asked));
        for text in history.split(", ").filter(|text| !text.is_empty()) {
            step(&mut account, inr(asked), text);
        }
        let found = progress(inr(asked).minor_units(), &account, latest);
        assert_eq!(found.as_str(), status, "{event}");
    }
}

#[test]
fn every_refund_comes_to_what_the_table_says() {
    let rows = table("Refunds");
    assert!(rows.len() >= 22, "the table was not found");
    for row in rows {
        let [
            case,
            asked,
            history,
            received,
            credited,
            surplus,
            refunded,
            beyond,
            status,
        ] = &row[..]
        else {
            panic!("a row has other columns: {row:?}");
        };
        let mut account = Account::open(inr(asked));
        let mut refunds = Vec::new();
        for text in history.split(", ") {
            let words: Vec<_> = text.split_whitespace().collect();
            match words[0] {
                "dispute" => {}
                "refund" => tell(&mut account, &mut refunds, &words),
                _ => {
                    step(&mut account, inr(asked), text);
                }
            }
        }
        assert_eq!(account.received(), inr(received), "{case}: received");
        assert_eq!(account.credited(), inr(credited), "{case}: credited");
        assert_eq!(account.surplus(), inr(surplus), "{case}: surplus");
        assert_eq!(account.refunded(), inr(refunded), "{case}: refunded");
        assert_eq!(account.over_refunded(), inr(beyond), "{case}: beyond");
        let found = progress(inr(asked).minor_units(), &account, None);
        assert_eq!(found.as_str(), status, "{case}");
    }
}

#[test]
fn refunds_beyond_the_range_are_an_error_and_change_nothing() {
    let most = Money::from_minor_units(i64::MAX, Currency::INR);
    let refund = |id: &str| Refund::new(RefundId::new(id).unwrap(), RefundStatus::Succeeded, most);
    let mut account = Account::open(inr("1.00"));
    account.set_refunds(&[refund("r1")]).unwrap();
    let before = account;
    let both = [refund("r1"), refund("r2")];
    assert!(account.set_refunds(&both).is_err());
    assert_eq!(account, before);
}

#[test]
fn a_total_beyond_the_range_is_an_error_and_changes_nothing() {
    let asked = Money::from_minor_units(100, Currency::INR);
    let most = Money::from_minor_units(i64::MAX, Currency::INR);
    let incoming = Incoming {
        amount: most,
        asked,
        partial_allowed: false,
    };
    let mut account = Account::open(asked);
    account.book(incoming).unwrap();
    let before = account;
    assert!(account.book(incoming).is_err());
    assert_eq!(account, before);
}

proptest! {
    /// The same payments in any order end in the same totals.
    #[test]
    fn order_does_not_change_the_totals(
        (amounts, shuffled) in prop::collection::vec(1_i64..50_000, 1..6)
            .prop_flat_map(|amounts| (Just(amounts.clone()), Just(amounts).prop_shuffle())),
        asked in 1_i64..100_000,
    ) {
        let asked = Money::from_minor_units(asked, Currency::INR);
        let totals = |amounts: &[i64]| {
            let mut account = Account::open(asked);
            for &amount in amounts {
                let amount = Money::from_minor_units(amount, Currency::INR);
                account.book(Incoming { amount, asked, partial_allowed: true }).unwrap();
            }
            (account.received(), account.credited(), account.surplus(), account.due())
        };
        prop_assert_eq!(totals(&amounts), totals(&shuffled));
    }
}
