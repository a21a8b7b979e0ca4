//! Reads the JSON bodies of control calls. Each error names its field.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::control_error::ControlError;
use crate::money::Paise;

/// Longest delay: ten minutes.
const MAX_DELAY_MS: u64 = 600_000;

/// A body as the framework passes it.
pub(crate) type Body = Result<Bytes, BytesRejection>;

/// A path segment as the framework passes it.
pub(super) type Segment = Result<Path<String>, PathRejection>;

/// Returns the text of a path segment.
pub(super) fn segment(segment: Segment) -> Result<String, ControlError> {
    segment
        .map(|Path(text)| text)
        .map_err(|_| ControlError::malformed("the address is not valid UTF-8"))
}

/// Parses a path segment that is a number.
pub(super) fn number(path: Segment) -> Result<u64, ControlError> {
    segment(path)?
        .parse()
        .map_err(|_| ControlError::invalid("id", "must be a whole number"))
}

/// Returns the merchant in the query parameter `merchant`.
pub(super) fn merchant_in_query(query: Option<&str>) -> Option<String> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs
        .filter(|(name, _)| name == "merchant")
        .last()
        .map(|(_, value)| value.into_owned())
}

/// Sets `target` if there is a value.
pub(super) fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// The fields of a JSON object that have not been read yet.
#[derive(Debug)]
pub(super) struct Input {
    path: &'static str,
    values: BTreeMap<String, Box<RawValue>>,
}

impl Input {
    /// Parses a body. An empty one is an empty object.
    pub(super) fn parse(body: Body) -> Result<Self, ControlError> {
        let body = body
            .map_err(|_| ControlError::malformed("the body could not be read or is too large"))?;
        if body.trim_ascii().is_empty() {
            return Ok(Self {
                path: "",
                values: BTreeMap::new(),
            });
        }
        let values = serde_json::from_slice(&body)
            .map_err(|_| ControlError::malformed("the body is not a JSON object"))?;
        Ok(Self { path: "", values })
    }

    /// Returns the full name of a field, such as `webhooks.drop`.
    pub(super) fn name(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.path)
        }
    }

    /// Takes the JSON text of a field. A null counts as absent.
    pub(super) fn raw(&mut self, field: &str) -> Option<Box<RawValue>> {
        self.values
            .remove(field)
            .filter(|value| value.get() != "null")
    }

    /// Takes a field of a given type.
    pub(super) fn value<T: DeserializeOwned>(
        &mut self,
        field: &str,
        must: &str,
    ) -> Result<Option<T>, ControlError> {
        let name = self.name(field);
        self.raw(field)
            .map(|value| {
                serde_json::from_str(value.get()).map_err(|_| ControlError::invalid(&name, must))
            })
            .transpose()
    }

    /// Takes a string.
    pub(super) fn text(&mut self, field: &str) -> Result<Option<String>, ControlError> {
        self.value(field, "must be a string")
    }

    /// Takes a boolean.
    pub(super) fn flag(&mut self, field: &str) -> Result<Option<bool>, ControlError> {
        self.value(field, "must be true or false")
    }

    /// Takes a string and parses it.
    pub(super) fn named<T: FromStr<Err: Display>>(
        &mut self,
        field: &str,
    ) -> Result<Option<T>, ControlError> {
        let name = self.name(field);
        self.text(field)?
            .map(|text| {
                text.parse()
                    .map_err(|problem| ControlError::invalid(&name, problem))
            })
            .transpose()
    }

    /// Takes a decimal, as a string or as a number.
    pub(super) fn decimal<T: FromStr<Err: Display>>(
        &mut self,
        field: &str,
    ) -> Result<Option<T>, ControlError> {
        let name = self.name(field);
        let Some(raw) = self.raw(field) else {
            return Ok(None);
        };
        let text = if raw.get().starts_with('"') {
            serde_json::from_str(raw.get()).unwrap_or_default()
        } else {
            raw.get().to_owned()
        };
        text.parse()
            .map(Some)
            .map_err(|problem| ControlError::invalid(&name, problem))
    }

    /// Takes an amount above zero.
    pub(super) fn amount(&mut self, field: &str) -> Result<Option<Paise>, ControlError> {
        let amount: Option<Paise> = self.decimal(field)?;
        if amount.is_some_and(|amount| !amount.is_positive()) {
            return Err(ControlError::invalid(
                &self.name(field),
                "must be greater than zero",
            ));
        }
        Ok(amount)
    }

    /// Takes a delay in milliseconds.
    pub(super) fn milliseconds(&mut self, field: &str) -> Result<Option<u64>, ControlError> {
        const MUST: &str = "must be a whole number of milliseconds up to 600000";
        let value = self.value::<u64>(field, MUST)?;
        if value.is_some_and(|value| value > MAX_DELAY_MS) {
            Err(ControlError::invalid(&self.name(field), MUST))
        } else {
            Ok(value)
        }
    }

    /// Returns true if the field is present and has not been taken.
    pub(super) fn has(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    /// Returns true if the field is present and null. Taking it returns nothing.
    pub(super) fn is_null(&self, field: &str) -> bool {
        self.values
            .get(field)
            .is_some_and(|raw| raw.get() == "null")
    }

    /// Takes an object.
    pub(super) fn object(&mut self, field: &'static str) -> Result<Option<Self>, ControlError> {
        let values = self.value(field, "must be an object")?;
        Ok(values.map(|values| Self {
            path: field,
            values,
        }))
    }

    /// Refuses the fields that were not taken.
    pub(super) fn finish(self) -> Result<(), ControlError> {
        match self.values.keys().next() {
            Some(field) => Err(ControlError::invalid(&self.name(field), "is unknown")),
            None => Ok(()),
        }
    }
}
