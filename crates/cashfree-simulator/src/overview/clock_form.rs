//! The form that advances the clock.

use serde_json::{Value, json};

use super::field::{Field, Form};
use super::form_data::{FormData, FormError, whole};

pub(super) const SECTION: &str = "clock";

/// Unit, label, seconds.
const UNITS: [(&str, &str, u64); 4] = [
    ("seconds", "seconds", 1),
    ("minutes", "minutes", 60),
    ("hours", "hours", 60 * 60),
    ("days", "days", 24 * 60 * 60),
];

pub(super) fn fields(problem: Option<&FormError>) -> Vec<Field> {
    let form = Form {
        section: SECTION,
        problem,
    };
    let units = UNITS.map(|(unit, label, _)| (unit, label.to_owned()));
    vec![
        form.number(
            "advance_seconds",
            "Forward by",
            "Overdue links expire. The clock cannot go back.",
            "10",
        ),
        form.select("unit", "Unit", "The unit of the number.", units, "minutes"),
    ]
}

/// Builds the control API's body.
pub(super) fn body(form_data: &FormData) -> Value {
    let unit = form_data.text("unit");
    let seconds = UNITS
        .iter()
        .find(|(known, ..)| *known == unit)
        .map_or(1, |(.., seconds)| *seconds);
    let count = whole(form_data.text("advance_seconds"));
    let by = match count.as_u64() {
        Some(count) => Value::from(count.saturating_mul(seconds)),
        None => count,
    };
    json!({ "advance_seconds": by })
}
