//! Values of JSON responses.

use payment_provider_core::Money;
use serde_json::Value;

use super::report::DemoError;

/// Returns the string at a JSON pointer, such as `/checkouts/0/reference`.
pub(super) fn text<'a>(json: &'a Value, pointer: &str) -> Result<&'a str, DemoError> {
    let found = json.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| missing("string", pointer, json))
}

/// Returns the integer at a JSON pointer.
pub(super) fn number(json: &Value, pointer: &str) -> Result<i64, DemoError> {
    let found = json.pointer(pointer).and_then(Value::as_i64);
    found.ok_or_else(|| missing("integer", pointer, json))
}

/// Returns the array at a JSON pointer.
pub(super) fn list<'a>(json: &'a Value, pointer: &str) -> Result<&'a [Value], DemoError> {
    let found = json.pointer(pointer).and_then(Value::as_array);
    let found = found.map(Vec::as_slice);
    found.ok_or_else(|| missing("array", pointer, json))
}

fn missing(kind: &str, pointer: &str, json: &Value) -> DemoError {
    DemoError::new(format!("the response has no {kind} at {pointer}: {json}"))
}

/// Returns an amount of an invoice in the currency of the invoice.
pub(super) fn money(invoice: &Value, field: &str) -> Result<Money, DemoError> {
    let currency = text(invoice, "/currency")?.parse();
    let currency = currency.map_err(|_| DemoError::new("the response has no currency"))?;
    Ok(Money::from_minor_units(
        number(invoice, &format!("/{field}"))?,
        currency,
    ))
}

/// Describes an invoice in one line.
pub(super) fn invoice_line(invoice: &Value) -> Result<String, DemoError> {
    Ok(format!(
        "invoice: {}, payment {}, paid {} of {}, due {}, overpaid {}",
        text(invoice, "/status")?,
        text(invoice, "/payment_status")?,
        money(invoice, "amount_paid_cents")?,
        money(invoice, "amount_cents")?,
        money(invoice, "amount_due_cents")?,
        money(invoice, "surplus_cents")?,
    ))
}
