//! How the gateway writes things down.

use payment_provider_core::{Currency, Money};
use serde_json::{Value, json};

use super::state::{Attempt, Checkout, Outcome, State};
use crate::flaw::Flavour;

pub(super) fn amount(flavour: Flavour, amount: Money) -> Value {
    match flavour {
        Flavour::Rich => amount.decimal().to_string().into(),
        Flavour::Plain | Flavour::Local => amount.minor_units().into(),
    }
}

/// An amount that was sent; `None` if it is not one.
pub(super) fn read_amount(flavour: Flavour, value: &Value, currency: &Value) -> Option<Money> {
    let currency: Currency = currency.as_str()?.parse().ok()?;
    match flavour {
        Flavour::Rich => Money::from_decimal(value.as_str()?, currency).ok(),
        Flavour::Plain | Flavour::Local => Some(Money::from_minor_units(value.as_i64()?, currency)),
    }
}

pub(super) fn checkout(flavour: Flavour, state: &State, checkout: &Checkout) -> Value {
    let status = state.status(checkout);
    let open = !matches!(status.as_str(), "settled" | "void" | "lapsed");
    let page = open.then(|| format!("https://pay.acorn.example/c/{}", checkout.id));
    json!({
        "id": checkout.id,
        "reference": checkout.reference,
        "status": status,
        "amount": amount(flavour, checkout.amount),
        "settled": amount(flavour, state.paid(checkout)),
        "currency": checkout.amount.currency().code(),
        "tag": checkout.tag,
        "page": page,
        "ends": checkout.ends,
    })
}

pub(super) fn payment(flavour: Flavour, attempt: &Attempt) -> Value {
    let declined = attempt.outcome == Outcome::Declined;
    let failure = json!({"code": "no_funds", "text": "the bank said no"});
    json!({
        "id": attempt.id,
        "reference": attempt.reference,
        "state": if declined { "declined" } else { "captured" },
        "amount": amount(flavour, attempt.amount),
        "currency": attempt.amount.currency().code(),
        "method": "upi",
        "failure": if declined { failure } else { Value::Null },
    })
}
