//! What was typed into a form of the overview, as the JSON the control API reads.

use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use serde_json::Value;

use crate::control_error::ControlError;

/// A submitted form.
#[derive(Debug, Default)]
pub(super) struct FormData(Vec<(String, String)>);

impl FormData {
    /// Reads a body. One that cannot be read is an empty form.
    pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Self {
        let body = body.unwrap_or_default();
        let pairs = url::form_urlencoded::parse(&body);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// All values of a field.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a field, if the form has the field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().rev();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a field. What the form lacks is empty.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// A whole number as JSON. Anything else stays a text, for the reader to refuse by name.
pub(super) fn whole(text: &str) -> Value {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<u64>()
            .map_or_else(|_| Value::from(text), Value::from)
    } else {
        Value::from(text)
    }
}

/// The parts of a text between commas and blanks.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|part| !part.is_empty())
}

/// A body for a reader of the control API.
pub(super) fn body(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// What was refused, in which part of the page, and what had been typed.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) section: &'static str,
    pub(super) refusal: ControlError,
    pub(super) form_data: FormData,
}

impl Problem {
    /// What was typed into a part of the page that was refused.
    pub(super) fn data_in<'a>(problem: Option<&'a Self>, section: &str) -> Option<&'a FormData> {
        problem
            .filter(|problem| problem.section == section)
            .map(|problem| &problem.form_data)
    }

    /// What is wrong with a field of a part of the page.
    pub(super) fn of_field(problem: Option<&Self>, section: &str, field: &str) -> Option<String> {
        problem
            .filter(|problem| problem.section == section)
            .filter(|problem| problem.refusal.field.as_deref() == Some(field))
            .map(|problem| problem.refusal.message.clone())
    }
}
