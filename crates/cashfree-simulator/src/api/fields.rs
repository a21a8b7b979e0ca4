//! Reads the fields of a JSON object one at a time. Each error names its field.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::{Host, Url};

use super::error::ApiError;
use crate::money::Paise;

/// Returns the error for an invalid value.
pub(super) fn invalid(field: &str, problem: &str) -> ApiError {
    ApiError::request(
        400,
        format!("{}_invalid", leaf(field)),
        format!("{field}: {problem}"),
    )
}

/// Returns the error for a missing field.
pub(super) fn missing(field: &str) -> ApiError {
    ApiError::request(
        400,
        format!("{}_missing", leaf(field)),
        format!("{field}: is missing"),
    )
}

fn leaf(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

/// The fields of one object. A null counts as absent.
pub(super) struct Fields<'a> {
    path: &'a str,
    values: BTreeMap<String, Box<RawValue>>,
}

impl Fields<'_> {
    /// Parses a request body.
    pub(super) fn parse(body: &[u8]) -> Result<Fields<'static>, ApiError> {
        let values = serde_json::from_slice(body).map_err(|_| {
            ApiError::request(
                400,
                "request_failed",
                "the request body is not a JSON object",
            )
        })?;
        Ok(Fields { path: "", values })
    }

    /// Reads a field that holds an object.
    pub(super) fn object<'b>(&self, name: &'b str) -> Result<Option<Fields<'b>>, ApiError> {
        let values: Option<BTreeMap<String, Box<RawValue>>> =
            self.value(name, "must be an object")?;
        Ok(values.map(|values| Fields { path: name, values }))
    }

    /// Returns the full name of a field, such as `customer_details.customer_phone`.
    pub(super) fn name(&self, field: &str) -> String {
        if self.path.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.path)
        }
    }

    /// Returns the JSON text of a field.
    pub(super) fn raw(&self, field: &str) -> Option<&RawValue> {
        self.values
            .get(field)
            .map(|value| &**value)
            .filter(|value| value.get() != "null")
    }

    /// Reads a field of a given type.
    pub(super) fn value<T: DeserializeOwned>(
        &self,
        field: &str,
        must: &str,
    ) -> Result<Option<T>, ApiError> {
        self.raw(field)
            .map(|value| {
                serde_json::from_str(value.get()).map_err(|_| invalid(&self.name(field), must))
            })
            .transpose()
    }

    /// Reads a string.
    pub(super) fn text(&self, field: &str) -> Result<Option<String>, ApiError> {
        self.value(field, "must be a string")
    }

    /// Reads a string that must be present and not blank.
    pub(super) fn required_text(&self, field: &str) -> Result<String, ApiError> {
        let text = self
            .text(field)?
            .ok_or_else(|| missing(&self.name(field)))?;
        if text.trim().is_empty() {
            Err(missing(&self.name(field)))
        } else {
            Ok(text)
        }
    }

    /// Reads a boolean.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, ApiError> {
        self.value(field, "must be true or false")
    }

    /// Reads an amount: a plain JSON number above zero with at most two decimals.
    pub(super) fn amount(&self, field: &str) -> Result<Option<Paise>, ApiError> {
        let Some(raw) = self.raw(field) else {
            return Ok(None);
        };
        let amount: Paise = raw.get().parse().map_err(|problem| {
            invalid(
                &self.name(field),
                &format!("must be a number with at most two decimals ({problem})"),
            )
        })?;
        if amount.is_positive() {
            Ok(Some(amount))
        } else {
            Err(invalid(&self.name(field), "must be greater than zero"))
        }
    }

    /// Reads a web address of at most `max_length` characters. Plain http is accepted on loopback only, or everywhere
    /// if `http_anywhere` is set.
    pub(super) fn web_address(
        &self,
        field: &str,
        max_length: usize,
        http_anywhere: bool,
    ) -> Result<Option<String>, ApiError> {
        let Some(text) = self.text(field)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.chars().count() > max_length {
            return Err(invalid(
                &self.name(field),
                &format!("must have at most {max_length} characters"),
            ));
        }
        let url =
            Url::parse(&text).map_err(|_| invalid(&self.name(field), "must be a web address"))?;
        match url.scheme() {
            "https" => Ok(Some(text)),
            "http" if http_anywhere || is_loopback(&url) => Ok(Some(text)),
            "http" => Err(invalid(&self.name(field), "must be an https address")),
            _ => Err(invalid(&self.name(field), "must be a web address")),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
