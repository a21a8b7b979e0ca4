//! Correctly signed bodies with arbitrary mutations are read without a panic, and never with money
//! that the body does not state.

mod support;

use std::sync::{Arc, LazyLock};

use payment_provider_core::{Event, EventKind, Money, PaymentProvider};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use support::bodies::{files, folder};
use support::delivery::signed;
use support::{SECRET, config, connect_with, settings};
use tokio::runtime::Runtime;

static PROVIDER: LazyLock<Arc<dyn PaymentProvider>> =
    LazyLock::new(|| connect_with(config(), &settings("http://127.0.0.1:9/pg")));

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
});

static BODIES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let files = files(&folder()).into_iter();
    files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
});

fn events(body: impl Into<Vec<u8>>) -> Vec<Event> {
    let request = signed(SECRET, body);
    let handled = RUNTIME.block_on(PROVIDER.handle_webhook(&request));
    handled.unwrap().into_events()
}

/// A mutation of one value of a body.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Put(Value),
    /// Converts a string to a number where possible, and any other value to a string.
    Retype,
    /// Replaces the value by another value of the same body.
    Copy(Index),
    Nest(usize),
    AddField,
}

fn changes() -> impl Strategy<Value = (Index, Change)> {
    let unusual_values = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(-350.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(1e-300),
        json!(92_233_720_368_547_758.07),
        json!(0.001),
        json!(""),
        json!("NA"),
        json!("null"),
        json!("0"),
        json!("1e5"),
        json!("-0.00"),
        json!("92233720368547758.08"),
        json!("9".repeat(4_000)),
        json!("\u{0}\u{202e}\u{1f4b8}"),
        json!("SUCCESS"),
        json!("JPY"),
        json!("KWD"),
        json!([]),
        json!({}),
        json!([350, "INR"]),
        json!({"amount": 350}),
    ]);
    let change = prop_oneof![
        Just(Change::Remove),
        unusual_values.prop_map(Change::Put),
        any::<i64>().prop_map(|number| Change::Put(json!(number))),
        any::<f64>()
            .prop_filter("JSON has no other numbers", |number| number.is_finite())
            .prop_map(|number| Change::Put(json!(number))),
        "-?[0-9]{1,22}(\\.[0-9]{0,6})?".prop_map(|text| Change::Put(json!(text))),
        "\\PC{0,20}".prop_map(|text| Change::Put(json!(text))),
        Just(Change::Retype),
        any::<Index>().prop_map(Change::Copy),
        select(vec![1, 20, 126, 200]).prop_map(Change::Nest),
        Just(Change::AddField),
    ];
    (any::<Index>(), change)
}

/// Collects the paths of all values below this one.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, child)| (key.clone(), child))
            .collect(),
        Value::Array(items) => (0..).map(|n: usize| n.to_string()).zip(items).collect(),
        _ => return,
    };
    for (key, child) in children {
        let place = format!("{at}/{key}");
        places(child, &place, found);
        found.push(place);
    }
}

fn apply(body: &mut Value, index: Index, change: Change) {
    let mut all = Vec::new();
    places(body, "", &mut all);
    if all.is_empty() {
        return;
    }
    let place = index.get::<String>(&all);
    if matches!(change, Change::Remove) {
        let (parent, key) = place.rsplit_once('/').unwrap();
        match body.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                fields.remove(key);
            }
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
            }
            other => panic!("{other} has no children"),
        }
        return;
    }
    let copied = match &change {
        Change::Copy(from) => body.pointer(from.get::<String>(&all)).cloned(),
        _ => None,
    };
    let value = body.pointer_mut(place).unwrap();
    *value = match change {
        Change::Put(other) => other,
        Change::Copy(_) => copied.unwrap(),
        Change::Nest(depth) => (0..depth).fold(value.take(), |inner, _| json!([inner])),
        Change::AddField => match value.take() {
            Value::Object(mut fields) => {
                fields.insert("never_seen_before".to_owned(), json!(1));
                Value::Object(fields)
            }
            other => Value::Object(Map::from_iter([("inner".to_owned(), other)])),
        },
        Change::Retype => match value.take() {
            Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            other => Value::String(other.to_string()),
        },
        Change::Remove => unreachable!("done above"),
    };
}

/// Parses decimal text or a JSON number into mantissa and power of ten, independently of the
/// crate's parser.
fn decimal(text: &str) -> Option<(i128, i32)> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}").parse::<i128>().ok()?;
    Some((digits, exponent - i32::try_from(fraction.len()).ok()?))
}

/// Returns true if a value of the body states exactly this amount.
fn states(value: Option<&Value>, amount: Money) -> bool {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return false,
    };
    let Some((mut digits, mut power)) = decimal(&text) else {
        return false;
    };
    power += i32::from(amount.currency().exponent());
    while power > 0 && digits.abs() <= i128::from(i64::MAX) {
        (digits, power) = (digits * 10, power - 1);
    }
    while power < 0 && digits % 10 == 0 && digits != 0 {
        (digits, power) = (digits / 10, power + 1);
    }
    digits == i128::from(amount.minor_units()) && (power == 0 || digits == 0)
}

/// Returns true if a value is certainly the id of a payment: a positive number or a short plain text.
fn names_payment(id: &Value) -> bool {
    match id {
        Value::Number(number) => number.as_u64().is_some_and(|number| number > 0),
        Value::String(text) => {
            !matches!(text.as_str(), "" | "0" | "NA" | "null")
                && text.len() <= 32
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        _ => false,
    }
}

fn is_of_link(event: &Event) -> bool {
    event.gateway_type == "PAYMENT_LINK_EVENT"
}

/// Compares the ids by which an event reports money with its body.
fn check_ids(event: &Event, body: &Value) -> Result<(), TestCaseError> {
    // Only a payment event names a payment. A link event claims an order. A payment event without a
    // readable payment id claims an order as well.
    let of_link = is_of_link(event);
    match &event.kind {
        EventKind::Payment(_) => {
            prop_assert!(!of_link, "{event:?}");
        }
        EventKind::PaymentClaimed(claim) => {
            let id = body.pointer("/data/payment/cf_payment_id");
            if of_link {
                prop_assert!(claim.payment_id.is_none(), "{event:?}");
            } else if claim.payment_id.is_none() {
                prop_assert!(!id.is_some_and(names_payment), "{event:?} of {body}");
            }
            if claim.payment_id.is_none() {
                let complete = claim.order_id.is_some() && claim.amount.is_some();
                prop_assert!(complete, "{event:?}");
            }
        }
        EventKind::RefundClaimed(claim) => {
            prop_assert!(claim.id.is_some() || claim.reference.is_some(), "{event:?}");
        }
        _ => {}
    }
    Ok(())
}

/// Compares every amount and currency of an event with its body.
fn check(event: &Event, body: &Value) -> Result<(), TestCaseError> {
    check_ids(event, body)?;
    let automatic = event.gateway_type.starts_with("AUTO");
    let refund = |amount| -> (Money, &[&str], &[&str]) {
        if automatic {
            (
                amount,
                &["/data/auto_refund/refund_amount"],
                &["/data/auto_refund/refund_currency"],
            )
        } else {
            (
                amount,
                &["/data/refund/refund_amount"],
                &["/data/refund/refund_currency"],
            )
        }
    };
    let stated: Vec<(Money, &[&str], &[&str])> = match &event.kind {
        EventKind::PaymentClaimed(claim) => {
            let currency: &[&str] = if is_of_link(event) {
                &["/data/link_currency"]
            } else {
                &["/data/order/order_currency"]
            };
            let amount = claim.amount.into_iter();
            let stated = amount.map(|amount| (amount, &["/data/order/order_amount"][..], currency));
            stated.collect()
        }
        EventKind::Payment(payment) => vec![(
            payment.amount,
            &["/data/order/order_amount"],
            &["/data/order/order_currency"],
        )],
        EventKind::Snapshot(snapshot) => vec![
            (
                snapshot.amount,
                &["/data/link_amount"],
                &["/data/link_currency"],
            ),
            (
                snapshot.amount_paid,
                &["/data/link_amount_paid"],
                &["/data/link_currency"],
            ),
        ],
        EventKind::Refund(movement) => vec![refund(movement.amount)],
        EventKind::RefundClaimed(claim) => claim.amount.into_iter().map(refund).collect(),
        EventKind::Dispute(dispute) => vec![(
            dispute.amount,
            &["/data/dispute/dispute_amount"],
            &[
                "/data/order_details/payment_currency",
                "/data/order_details/order_currency",
            ],
        )],
        EventKind::Settlement(settlement) => vec![(
            settlement.amount,
            &[
                "/data/settlement/amount_settled",
                "/data/settlement/settlement_amount",
            ],
            &[],
        )],
        _ => vec![],
    };
    let first = |places: &[&str]| {
        let values = places.iter().filter_map(|place| body.pointer(place));
        let mut given = values.filter(|value| !value.is_null());
        given.next().cloned()
    };
    for (amount, amounts, currencies) in stated {
        prop_assert!(amount.minor_units() >= 0, "{event:?}");
        prop_assert!(
            states(first(amounts).as_ref(), amount),
            "{event:?} of {body}"
        );
        let code = amount.currency().code().to_owned();
        let named = currencies.is_empty() || first(currencies) == Some(json!(code));
        prop_assert!(named, "{event:?} of {body}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_mutated_body_never_panics_or_reports_unstated_money(
        which: Index,
        changes in prop::collection::vec(changes(), 0..5),
    ) {
        let mut body: Value = serde_json::from_str(which.get::<String>(&BODIES)).unwrap();
        for (index, change) in changes {
            apply(&mut body, index, change);
        }
        let events = events(body.to_string());
        prop_assert!(!events.is_empty());
        for event in &events {
            check(event, &body)?;
        }
    }

    #[test]
    fn mutated_bytes_never_panic(
        which: Index,
        edits in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
        cut in any::<Index>(),
        short: bool,
    ) {
        let mut bytes = which.get::<String>(&BODIES).clone().into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if short {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert!(!events(bytes).is_empty());
    }
}

#[test]
fn the_amount_parser_of_this_test_is_exact() {
    let rupees = |paise| support::inr(paise);
    for (value, paise, right) in [
        (json!(350), 35_000, true),
        (json!("350.00"), 35_000, true),
        (json!("3.5e2"), 35_000, true),
        (json!("350.01"), 35_000, false),
        (json!("0.0"), 0, true),
        (json!("35000"), 35_000, false),
        (json!("350.000000"), 35_000, true),
        (json!("350.000001"), 35_000, false),
        (json!(null), 0, false),
        (json!([350]), 35_000, false),
    ] {
        assert_eq!(states(Some(&value), rupees(paise)), right, "{value}");
    }
    let bodies = BODIES
        .iter()
        .map(|body| serde_json::from_str::<Value>(body).unwrap());
    let checked: usize = bodies
        .map(|body| {
            let events = events(body.to_string());
            for event in &events {
                check(event, &body).unwrap();
            }
            events.len()
        })
        .sum();
    assert!(checked > BODIES.len(), "{checked}");
}
