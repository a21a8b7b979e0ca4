//! Reading what Cashfree really sends: the same field comes as a string here and as a number
//! there, is null or missing, and carries words that no list holds.
//!
//! A field is first taken as it stands in the body ([`Raw`]) and read only when it is needed, so
//! that an odd value in one field never costs the others.

mod amount;
mod status;
mod text;
mod time;

pub(crate) use amount::{amount, currency};
pub(crate) use status::{
    checkout_status, dispute_stage, dispute_status, payment_status, refund_origin, refund_status,
    settlement_status,
};
pub(crate) use text::{
    gateway_identifier, identifier, optional_text, says_nothing, text, told, told_word, word,
};
pub(crate) use time::with_offset;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The text of one JSON value; `None` if the field is missing or null.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// A field that is needed is missing, or its value cannot be read. Never repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is missing or cannot be read")]
pub(crate) struct Unreadable(pub(crate) &'static str);

/// Reads an object, or names the field it stands in.
pub(crate) fn object<'a, T: Deserialize<'a>>(
    field: &'static str,
    raw: Raw<'a>,
) -> Result<T, Unreadable> {
    optional_object(raw).ok_or(Unreadable(field))
}

/// Reads an object if there is one of the expected form.
pub(crate) fn optional_object<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Option<T> {
    let text = raw?.get();
    // A derived reader would also take an array, field by field.
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// Reads the elements of an array; null is an empty one.
pub(crate) fn elements<'a>(
    field: &'static str,
    body: &'a [u8],
) -> Result<Vec<&'a RawValue>, Unreadable> {
    let read: Result<Option<Vec<&'a RawValue>>, _> = serde_json::from_slice(body);
    read.map(Option::unwrap_or_default)
        .map_err(|_| Unreadable(field))
}
