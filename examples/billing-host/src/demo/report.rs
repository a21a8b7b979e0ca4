//! What the demo tells, and how it finds out that something is not as told.

use std::io::{self, Write};

use payment_provider_core::Money;
use serde_json::Value;

/// Something is not as it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unexpected(String);

impl Unexpected {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Goes on only if it is so.
pub(super) fn expect(holds: bool, otherwise: impl Into<String>) -> Result<(), Unexpected> {
    if holds {
        Ok(())
    } else {
        Err(Unexpected::new(otherwise))
    }
}

/// The account in the terminal: numbered chapters with a few lines each.
#[derive(Debug)]
pub(super) struct Story {
    chapters: u32,
}

impl Story {
    pub(super) const fn new() -> Self {
        Self { chapters: 0 }
    }

    pub(super) fn chapter(&mut self, title: &str) -> io::Result<()> {
        self.chapters += 1;
        writeln!(io::stdout(), "{}. {title}", self.chapters)
    }

    #[expect(
        clippy::unused_self,
        reason = "lines belong to the story that is being told"
    )]
    pub(super) fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout(), "   {text}")
    }
}

/// The text at a path of names and positions, such as `/checkouts/0/reference`.
pub(super) fn text<'a>(json: &'a Value, path: &str) -> Result<&'a str, Unexpected> {
    let found = json.pointer(path).and_then(Value::as_str);
    found.ok_or_else(|| Unexpected::new(format!("the answer has no text at {path}: {json}")))
}

/// The whole number at a path.
pub(super) fn number(json: &Value, path: &str) -> Result<i64, Unexpected> {
    let found = json.pointer(path).and_then(Value::as_i64);
    found.ok_or_else(|| Unexpected::new(format!("the answer has no number at {path}: {json}")))
}

/// The list at a path.
pub(super) fn list<'a>(json: &'a Value, path: &str) -> Result<&'a [Value], Unexpected> {
    let found = json.pointer(path).and_then(Value::as_array);
    let found = found.map(Vec::as_slice);
    found.ok_or_else(|| Unexpected::new(format!("the answer has no list at {path}: {json}")))
}

/// An amount of an invoice, in its currency.
pub(super) fn money(invoice: &Value, field: &str) -> Result<Money, Unexpected> {
    let currency = text(invoice, "/currency")?.parse();
    let currency = currency.map_err(|_| Unexpected::new("the answer has no currency"))?;
    Ok(Money::from_minor_units(
        number(invoice, &format!("/{field}"))?,
        currency,
    ))
}

/// An invoice in one line.
pub(super) fn standing(invoice: &Value) -> Result<String, Unexpected> {
    Ok(format!(
        "invoice: {}, payment {}, paid {} of {}, due {}, surplus {}",
        text(invoice, "/status")?,
        text(invoice, "/payment_status")?,
        money(invoice, "amount_paid_cents")?,
        money(invoice, "amount_cents")?,
        money(invoice, "amount_due_cents")?,
        money(invoice, "surplus_cents")?,
    ))
}
