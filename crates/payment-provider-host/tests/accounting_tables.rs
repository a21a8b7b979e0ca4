//! The tables of the documentation are the test's own data: each row is carried out.

use payment_provider_core::{Currency, Money, Refund, RefundId, RefundStatus};
use payment_provider_host::accounting::{
    Balance, CheckoutState, CloseReason, Incoming, progress, supersedes,
};
use proptest::prelude::*;

const DOCUMENT: &str = include_str!("../docs/accounting.md");

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

/// Records a report of a refund among the known ones.
fn record_refund(balance: &mut Balance, known: &mut Vec<Refund>, words: &[&str]) {
    let (id, status, amount) = match *words {
        ["refund", id, status, amount] => (id, status, inr(amount)),
        ["refund", id, status, currency, amount] => {
            let amount = Money::from_decimal(amount, currency.parse().unwrap());
            (id, status, amount.unwrap())
        }
        _ => panic!("unknown step {words:?}"),
    };
    let status: RefundStatus = serde_json::from_value(status.into()).expect("a status");
    let report = Refund::new(RefundId::new(id).unwrap(), status, amount);
    match known.iter_mut().find(|refund| refund.id == report.id) {
        Some(refund) if supersedes(&report, refund) => *refund = report,
        Some(_) => {}
        None => known.push(report),
    }
    balance.set_refunds(&*known).unwrap();
}

/// Carries out one step of a history; a payment gives its outcome.
fn step(balance: &mut Balance, asked: Money, text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (amount, partial_allowed) = match words[..] {
        ["void"] => {
            balance.close(CloseReason::Voided);
            return None;
        }
        ["close"] => {
            balance.close(CloseReason::PaidElsewhere);
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
    let allocation = balance
        .post(Incoming {
            amount,
            asked,
            partial_allowed,
        })
        .unwrap();
    assert_eq!(
        allocation.applied.checked_add(allocation.overpaid),
        Ok(amount),
        "{text}"
    );
    Some(allocation.outcome.to_string())
}

#[test]
fn every_history_comes_to_what_the_table_says() {
    let rows = table("Allocation outcomes");
    assert!(rows.len() >= 14, "the table was not found");
    for row in rows {
        let [case, asked, history, outcomes, received, applied, overpaid] = &row[..] else {
            panic!("a row has other columns: {row:?}");
        };
        let asked = inr(asked);
        let mut balance = Balance::open(asked);
        let found: Vec<_> = history
            .split(", ")
            .filter_map(|text| step(&mut balance, asked, text))
            .collect();
        assert_eq!(found.join(", "), *outcomes, "{case}");
        assert_eq!(balance.received(), inr(received), "{case}: received");
        assert_eq!(balance.applied(), inr(applied), "{case}: applied");
        assert_eq!(balance.overpaid(), inr(overpaid), "{case}: overpaid");
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
        let mut balance = Balance::open(inr(asked));
        for text in history.split(", ").filter(|text| !text.is_empty()) {
            step(&mut balance, inr(asked), text);
        }
        let found = progress(inr(asked).minor_units(), &balance, latest);
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
            applied,
            overpaid,
            refunded,
            beyond,
            status,
        ] = &row[..]
        else {
            panic!("a row has other columns: {row:?}");
        };
        let mut balance = Balance::open(inr(asked));
        let mut refunds = Vec::new();
        for text in history.split(", ") {
            let words: Vec<_> = text.split_whitespace().collect();
            match words[0] {
                "dispute" => {}
                "refund" => record_refund(&mut balance, &mut refunds, &words),
                _ => {
                    step(&mut balance, inr(asked), text);
                }
            }
        }
        assert_eq!(balance.received(), inr(received), "{case}: received");
        assert_eq!(balance.applied(), inr(applied), "{case}: applied");
        assert_eq!(balance.overpaid(), inr(overpaid), "{case}: overpaid");
        assert_eq!(balance.refunded(), inr(refunded), "{case}: refunded");
        assert_eq!(balance.over_refunded(), inr(beyond), "{case}: beyond");
        let found = progress(inr(asked).minor_units(), &balance, None);
        assert_eq!(found.as_str(), status, "{case}");
    }
}

#[test]
fn refunds_beyond_the_range_are_an_error_and_change_nothing() {
    let most = Money::from_minor_units(i64::MAX, Currency::INR);
    let refund = |id: &str| Refund::new(RefundId::new(id).unwrap(), RefundStatus::Succeeded, most);
    let mut balance = Balance::open(inr("1.00"));
    balance.set_refunds(&[refund("r1")]).unwrap();
    let before = balance;
    let both = [refund("r1"), refund("r2")];
    assert!(balance.set_refunds(&both).is_err());
    assert_eq!(balance, before);
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
    let mut balance = Balance::open(asked);
    balance.post(incoming).unwrap();
    let before = balance;
    assert!(balance.post(incoming).is_err());
    assert_eq!(balance, before);
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
            let mut balance = Balance::open(asked);
            for &amount in amounts {
                let amount = Money::from_minor_units(amount, Currency::INR);
                balance.post(Incoming { amount, asked, partial_allowed: true }).unwrap();
            }
            (balance.received(), balance.applied(), balance.overpaid(), balance.due())
        };
        prop_assert_eq!(totals(&amounts), totals(&shuffled));
    }
}
