//! Parsing of JSON request bodies. All invalid fields are reported together.
//!
//! Messages never repeat a value: any field may hold a secret, even one sent in the wrong place.

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
use crate::validation;

/// Fields of a JSON object, each with its raw JSON value.
pub(super) struct Fields {
    raw: BTreeMap<&'static str, Box<RawValue>>,
    violations: Violations,
}

impl Fields {
    /// Parses an object with the `known` fields and passes it to `read`, which returns `None` if a field it
    /// requires is missing or invalid.
    pub(super) fn parse<T>(
        body: &Bytes,
        known: &'static [&'static str],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let starts_as_object = body.trim_ascii_start().first() == Some(&b'{');
        let parsed = if starts_as_object {
            KnownFields(known).deserialize(&mut json).map(Some)
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

    /// Records a violation.
    pub(super) fn reject(
        &mut self,
        field: &'static str,
        code: ViolationCode,
        message: impl Into<String>,
    ) {
        self.violations.push(field, code, message.into());
    }

    /// Reads a required string.
    pub(super) fn text(&mut self, field: &'static str) -> Option<String> {
        self.require(field);
        self.optional_text(field)
    }

    /// Reads an optional string. `null` means absent.
    pub(super) fn optional_text(&mut self, field: &'static str) -> Option<String> {
        if self.is_absent(field) {
            return None;
        }
        let text = serde_json::from_str(self.raw.get(field)?.get());
        if text.is_err() {
            self.reject(field, ViolationCode::Invalid, "must be a string");
        }
        text.ok()
    }

    /// Reads a required text of at most `max_chars` characters, without surrounding whitespace.
    pub(super) fn display_text(&mut self, field: &'static str, max_chars: usize) -> Option<String> {
        let text = self.text(field)?;
        validation::display_text(field, &text, max_chars, &mut self.violations)
    }

    /// Reads an optional text with personal data of at most `max_chars` characters.
    pub(super) fn pii(&mut self, field: &'static str, max_chars: usize) -> Option<Pii> {
        let text = self.optional_text(field)?;
        validation::display_text(field, &text, max_chars, &mut self.violations).map(Pii::from)
    }

    /// Reads a required identifier.
    pub(super) fn identifier<T>(
        &mut self,
        field: &'static str,
        parse: fn(String) -> Result<T, InvalidIdentifier>,
    ) -> Option<T> {
        let text = self.text(field)?;
        validation::identifier(field, text, parse, &mut self.violations)
    }

    /// Reads an optional identifier. `null` means absent.
    pub(super) fn optional_identifier<T>(
        &mut self,
        field: &'static str,
        parse: fn(String) -> Result<T, InvalidIdentifier>,
    ) -> Option<T> {
        let text = self.optional_text(field)?;
        validation::identifier(field, text, parse, &mut self.violations)
    }

    /// Reads a required positive amount in minor units, written with digits only.
    pub(super) fn amount(&mut self, field: &'static str) -> Option<i64> {
        let raw = &*self.require(field)?;
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (code, message) = match raw.parse::<i64>() {
            Ok(amount) if whole && amount > 0 => return Some(amount),
            _ if !whole => (
                ViolationCode::Invalid,
                "must be a whole number of minor units, written with digits only",
            ),
            Err(_) if !raw.starts_with('-') => (
                ViolationCode::TooLarge,
                "must be at most 9223372036854775807",
            ),
            _ => (ViolationCode::TooSmall, "must be greater than 0"),
        };
        self.reject(field, code, message);
        None
    }

    /// Reads a required ISO 4217 code.
    pub(super) fn currency(&mut self, field: &'static str) -> Option<Currency> {
        let currency = self.text(field)?.parse();
        if currency.is_err() {
            let message = "must be an ISO 4217 code in upper case, such as INR";
            self.reject(field, ViolationCode::Invalid, message);
        }
        currency.ok()
    }

    /// Reads the required settings of a connection. Secrets are parsed directly into the type that protects
    /// them.
    pub(super) fn settings(&mut self, field: &'static str) -> Option<ConnectionSettings> {
        let raw = &*self.require(field)?;
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

    /// Returns the raw JSON of a required field. Records a violation if it is missing or null.
    fn require(&mut self, field: &'static str) -> Option<Box<str>> {
        if self.is_absent(field) {
            self.reject(field, ViolationCode::Missing, "is required");
            return None;
        }
        self.raw.get(field).map(|raw| raw.get().into())
    }

    /// Returns true if a field is missing or null.
    pub(super) fn is_absent(&self, field: &str) -> bool {
        self.raw.get(field).is_none_or(|raw| raw.get() == "null")
    }
}

/// Reports the position at which a body is not valid JSON, without its content.
fn malformed(error: &serde_json::Error) -> Problem {
    let detail = if error.is_eof() {
        "the body is not valid JSON: unexpected end".to_owned()
    } else {
        format!(
            "the body is not valid JSON at line {}, column {}",
            error.line(),
            error.column()
        )
    };
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
}

/// Deserializes an object with these field names.
struct KnownFields(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KnownFields {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for KnownFields {
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
                    .push(printable_name(name), ViolationCode::Unknown, message);
                continue;
            };
            if fields.raw.insert(known, map.next_value()?).is_some() {
                fields.reject(known, ViolationCode::Invalid, "must occur once only");
            }
        }
        Ok(fields)
    }
}

/// Returns a name for an error message. A short lower-case name is probably a typing error and is shown;
/// anything else may be a secret in the wrong place and is replaced.
pub(super) fn printable_name(name: String) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if name.len() <= 32 && !name.is_empty() && name.bytes().all(plain) {
        name
    } else {
        "(unknown field)".to_owned()
    }
}
