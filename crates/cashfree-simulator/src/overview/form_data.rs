//! Submitted form data, converted to the JSON of the control API.

use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use serde_json::Value;

use crate::control_error::ControlError;

/// The data of a submitted form.
#[derive(Debug, Default)]
pub(super) struct FormData(Vec<(String, String)>);

impl FormData {
    /// Parses a body. An unreadable one is an empty form.
    pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Self {
        let body = body.unwrap_or_default();
        let pairs = url::form_urlencoded::parse(&body);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
                .collect(),
        )
    }

    /// Returns all values of a field.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the value of a field, if the form has it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().rev();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the value of a field, or an empty string.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// Converts a whole number to JSON. Other text stays a string, so that the control API's error names the field.
pub(super) fn whole(text: &str) -> Value {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<u64>()
            .map_or_else(|_| Value::from(text), Value::from)
    } else {
        Value::from(text)
    }
}

/// Splits a text at commas and blanks.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|part| !part.is_empty())
}

/// Serializes a body for the control API.
pub(super) fn body(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// A refused form: its section, the error, and the submitted data.
#[derive(Debug)]
pub(super) struct FormError {
    pub(super) section: &'static str,
    pub(super) refusal: ControlError,
    pub(super) form_data: FormData,
}

impl FormError {
    /// Returns the submitted data if the refused form belongs to the section.
    pub(super) fn data_in<'a>(problem: Option<&'a Self>, section: &str) -> Option<&'a FormData> {
        problem
            .filter(|problem| problem.section == section)
            .map(|problem| &problem.form_data)
    }

    /// Returns the error of a field of a section.
    pub(super) fn of_field(problem: Option<&Self>, section: &str, field: &str) -> Option<String> {
        problem
            .filter(|problem| problem.section == section)
            .filter(|problem| problem.refusal.field.as_deref() == Some(field))
            .map(|problem| problem.refusal.message.clone())
    }
}
