//! The JSON of the gateway's objects.

use payment_provider_core::{Currency, Money};
use serde_json::{Value, json};

use super::state::{Attempt, Checkout, Outcome, Refund, State};
use crate::flaw::FeatureSet;

pub(super) fn amount(features: FeatureSet, amount: Money) -> Value {
    match features {
        FeatureSet::Full => amount.decimal().to_string().into(),
        FeatureSet::Minimal | FeatureSet::InProcess => amount.minor_units().into(),
    }
}

/// Parses an amount of a request.
pub(super) fn read_amount(features: FeatureSet, value: &Value, currency: &Value) -> Option<Money> {
    let currency: Currency = currency.as_str()?.parse().ok()?;
    match features {
        FeatureSet::Full => Money::from_decimal(value.as_str()?, currency).ok(),
        FeatureSet::Minimal | FeatureSet::InProcess => {
            Some(Money::from_minor_units(value.as_i64()?, currency))
        }
    }
}

pub(super) fn checkout(features: FeatureSet, state: &State, checkout: &Checkout) -> Value {
    let status = state.status(checkout);
    let open = !matches!(status.as_str(), "paid" | "void" | "lapsed");
    let page = open.then(|| format!("https://pay.acme.example/c/{}", checkout.id));
    json!({
        "id": checkout.id,
        "reference": checkout.reference,
        "status": status,
        "amount": amount(features, checkout.amount),
        "amount_paid": amount(features, state.paid(checkout)),
        "currency": checkout.amount.currency().code(),
        "tag": checkout.tag,
        "page": page,
        "ends": checkout.ends,
    })
}

pub(super) fn payment(features: FeatureSet, attempt: &Attempt) -> Value {
    let declined = attempt.outcome == Outcome::Declined;
    let failure = json!({"code": "no_funds", "text": "declined by the bank"});
    json!({
        "id": attempt.id,
        "reference": attempt.reference,
        "state": if declined { "declined" } else { "captured" },
        "amount": amount(features, attempt.amount),
        "currency": attempt.amount.currency().code(),
        "method": "upi",
        "failure": if declined { failure } else { Value::Null },
    })
}

pub(super) fn refund(features: FeatureSet, refund: &Refund) -> Value {
    json!({
        "id": refund.id,
        "payment": refund.payment,
        "state": "returned",
        "amount": amount(features, refund.amount),
        "currency": refund.amount.currency().code(),
    })
}
