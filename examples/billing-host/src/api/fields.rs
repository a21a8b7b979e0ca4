//! Reads the fields of a JSON object, and names all that cannot be accepted at once.
//!
//! Values are never repeated: a field may hold a secret, and so may one in its place.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::Bytes;
use axum::http::StatusCode;
use payment_provider_core::{
    ConnectionSettings, Currency, InvalidIdentifier, Pii, ViolationCode, Violations,
};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// The fields of an object as they came, each still in JSON.
pub(super) struct Fields {
    raw: BTreeMap<&'static str, Box<RawValue>>,
    violations: Violations,
}

impl Fields {
    /// Reads an object that has these fields and no others, by `read`, which returns `None` if
    /// something it needs is not there.
    pub(super) fn parse<T>(
        body: &Bytes,
        known: &'static [&'static str],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let starts_as_object = body.trim_ascii_start().first() == Some(&b'{');
        let parsed = if starts_as_object {
            Known(known).deserialize(&mut json).map(Some)
        } else {
            serde::Deserialize::deserialize(&mut json).map(|_: IgnoredAny| None)
        };
        let parsed = parsed.and_then(|fields| json.end().map(|()| fields));
        let mut fields = parsed.map_err(|error| malformed(&error))?.ok_or_else(|| {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(
                status,
                "validation_errors",
                "the body must be a JSON object",
            )
        })?;
        let read = read(&mut fields);
        fields
            .violations
            .into_result(())
            .map_err(Problem::invalid)?;
        read.ok_or_else(Problem::unavailable)
    }

    pub(super) fn reject(
        &mut self,
        field: &'static str,
        code: ViolationCode,
        message: impl Into<String>,
    ) {
        self.violations.push(field, code, message.into());
    }

    /// A text that has to be there.
    pub(super) fn text(&mut self, field: &'static str) -> Option<String> {
        if self.is_absent(field) {
            self.reject(field, ViolationCode::Missing, "is required");
        }
        self.optional_text(field)
    }

    /// A text that may be absent or null.
    pub(super) fn optional_text(&mut self, field: &'static str) -> Option<String> {
        if self.is_absent(field) {
            return None;
        }
        let text = serde_json::from_str(self.raw.get(field)?.get());
        if text.is_err() {
            self.reject(field, ViolationCode::Invalid, "must be a text");
        }
        text.ok()
    }

    /// A text for people, of at most so many characters; leading and trailing blanks are dropped.
    pub(super) fn words(&mut self, field: &'static str, most: usize) -> Option<String> {
        let text = self.text(field)?;
        self.checked_words(field, &text, most)
    }

    /// What is known of a person.
    pub(super) fn personal(&mut self, field: &'static str, most: usize) -> Option<Pii> {
        let text = self.optional_text(field)?;
        self.checked_words(field, &text, most).map(Pii::from)
    }

    fn checked_words(&mut self, field: &'static str, text: &str, most: usize) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            self.reject(field, ViolationCode::TooSmall, "must not be blank");
        } else if text.chars().count() > most {
            let message = format!("must be at most {most} characters");
            self.reject(field, ViolationCode::TooLarge, message);
        } else if text.chars().any(char::is_control) {
            self.reject(
                field,
                ViolationCode::Invalid,
                "must not hold control characters",
            );
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// A checked identifier that has to be there.
    pub(super) fn identifier<T>(
        &mut self,
        field: &'static str,
        check: fn(String) -> Result<T, InvalidIdentifier>,
    ) -> Option<T> {
        let text = self.text(field)?;
        self.checked_identifier(field, text, check)
    }

    /// A checked identifier that may be absent or null.
    pub(super) fn optional_identifier<T>(
        &mut self,
        field: &'static str,
        check: fn(String) -> Result<T, InvalidIdentifier>,
    ) -> Option<T> {
        let text = self.optional_text(field)?;
        self.checked_identifier(field, text, check)
    }

    fn checked_identifier<T>(
        &mut self,
        field: &'static str,
        text: String,
        check: fn(String) -> Result<T, InvalidIdentifier>,
    ) -> Option<T> {
        let checked = check(text);
        if let Err(error) = &checked {
            self.reject(
                field,
                ViolationCode::Invalid,
                format!("must be {}", error.rule),
            );
        }
        checked.ok()
    }

    /// A whole number of smallest units, more than nothing.
    pub(super) fn amount(&mut self, field: &'static str) -> Option<i64> {
        if self.is_absent(field) {
            self.reject(field, ViolationCode::Missing, "is required");
            return None;
        }
        let raw = self.raw.get(field)?.get();
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (code, message) = match raw.parse::<i64>() {
            Ok(amount) if whole && amount > 0 => return Some(amount),
            _ if !whole => (
                ViolationCode::Invalid,
                "must be a whole number of the currency's smallest unit, written with digits only",
            ),
            Err(_) if !raw.starts_with('-') => (
                ViolationCode::TooLarge,
                "must be at most 9223372036854775807",
            ),
            _ => (ViolationCode::TooSmall, "must be more than 0"),
        };
        self.reject(field, code, message);
        None
    }

    /// An ISO 4217 code.
    pub(super) fn currency(&mut self, field: &'static str) -> Option<Currency> {
        let currency = self.text(field)?.parse();
        if currency.is_err() {
            let message = "must be an ISO 4217 code in capitals, such as INR";
            self.reject(field, ViolationCode::Invalid, message);
        }
        currency.ok()
    }

    /// The settings of a connection, read straight into the type that keeps them.
    pub(super) fn settings(&mut self, field: &'static str) -> Option<ConnectionSettings> {
        if self.is_absent(field) {
            self.reject(field, ViolationCode::Missing, "is required");
            return None;
        }
        let raw = self.raw.get(field)?.get();
        let settings = if raw.starts_with('{') {
            serde_json::from_str(raw).ok()
        } else {
            None
        };
        if settings.is_none() {
            self.reject(
                field,
                ViolationCode::Invalid,
                "must be an object of settings",
            );
        }
        settings
    }

    /// Whether a field is not there, or null.
    pub(super) fn is_absent(&self, field: &str) -> bool {
        self.raw.get(field).is_none_or(|raw| raw.get() == "null")
    }
}

/// Where a body stops being JSON; what stands there is not said.
fn malformed(error: &serde_json::Error) -> Problem {
    let detail = if error.is_eof() {
        "the body is not JSON: it ends too early".to_owned()
    } else {
        format!(
            "the body is not JSON: line {}, column {}",
            error.line(),
            error.column()
        )
    };
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
}

/// Reads an object whose fields have these names.
struct Known(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Known {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Known {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields {
            raw: BTreeMap::new(),
            violations: Violations::none(),
        };
        while let Some(name) = map.next_key::<String>()? {
            let Some(known) = self.0.iter().find(|known| **known == name) else {
                map.next_value::<IgnoredAny>()?;
                let message = "is not a field of this request";
                fields
                    .violations
                    .push(shown(name), ViolationCode::Unknown, message);
                continue;
            };
            if fields.raw.insert(known, map.next_value()?).is_some() {
                fields.reject(known, ViolationCode::Invalid, "must be there once");
            }
        }
        Ok(fields)
    }
}

/// A short plain name is most likely a typing mistake and is repeated; anything else might be a
/// secret in the wrong place.
pub(super) fn shown(name: String) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if name.len() <= 32 && !name.is_empty() && name.bytes().all(plain) {
        name
    } else {
        "(unknown field)".to_owned()
    }
}
