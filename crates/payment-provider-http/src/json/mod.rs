//! Reading what gateways really send: the same field comes as a string here and as a number there,
//! is null or missing, and carries words that no list holds.
//!
//! A field is first taken as it stands in the body ([`Raw`]) and read only when it is needed, so that
//! an odd value in one field never costs the others. No number ever becomes a float.
//!
//! ```
//! use payment_provider_core::{Currency, Money, PaymentId};
//! use payment_provider_http::json::{self, Raw, Unreadable};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Payment<'a> {
//!     #[serde(borrow, default)]
//!     id: Raw<'a>,
//!     #[serde(borrow, default)]
//!     amount: Raw<'a>,
//!     #[serde(borrow, default)]
//!     bank_reference: Raw<'a>,
//! }
//!
//! let payment: Payment<'_> = json::body(br#"{"id":7,"amount":"20012","bank_reference":"NA"}"#)?;
//! let id: Option<PaymentId> = json::gateway_identifier(payment.id);
//! assert_eq!(id.unwrap().as_str(), "7");
//! let amount = json::minor_units("amount", payment.amount, Currency::INR)?;
//! assert_eq!(amount, Money::from_minor_units(20_012, Currency::INR));
//! assert_eq!(json::stated(payment.bank_reference), None);
//! # Ok::<(), Unreadable>(())
//! ```

mod amount;
mod nested;
mod repair;
mod text;
mod time;

pub use amount::{amount, currency, minor_units};
#[doc(hidden)]
pub use nested::{FieldName, object as object_in_place};
pub use nested::{Fields, Nested, body_in_place};
pub use repair::RepairedBody;
pub use text::{
    gateway_identifier, identifier, optional_text, says_nothing, stated, stated_whole, stated_word,
    text, word,
};
pub use time::{unix_seconds, with_offset};

use serde::Deserialize;
use serde_json::value::RawValue;

/// The text of one JSON value; `None` if the field is missing or null.
pub type Raw<'a> = Option<&'a RawValue>;

/// A field that is needed is missing, or its value cannot be read. Names the field, and never
/// repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is missing or cannot be read")]
pub struct Unreadable(pub &'static str);

/// Reads a body that is an object; the field that an error names is `body`.
pub fn body<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    let raw = serde_json::from_slice(body).map_err(|_| Unreadable("body"))?;
    object("body", raw)
}

/// Reads an object, or names the field it stands in.
pub fn object<'a, T: Deserialize<'a>>(field: &'static str, raw: Raw<'a>) -> Result<T, Unreadable> {
    optional_object(raw).ok_or(Unreadable(field))
}

/// Reads an object if there is one of the expected form.
pub fn optional_object<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Option<T> {
    let text = raw?.get();
    // A derived reader would also take an array, field by field.
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// Reads the elements of a body that is an array; null is an empty one.
pub fn elements<'a>(field: &'static str, body: &'a [u8]) -> Result<Vec<&'a RawValue>, Unreadable> {
    let read: Result<Option<Vec<&'a RawValue>>, _> = serde_json::from_slice(body);
    read.map(Option::unwrap_or_default)
        .map_err(|_| Unreadable(field))
}

/// Reads the elements of an array that stands in a field. One that is missing or null is no empty
/// one: a list of payments that is not there must not look like no payments.
pub fn array<'a>(field: &'static str, raw: Raw<'a>) -> Result<Vec<&'a RawValue>, Unreadable> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .ok_or(Unreadable(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Entity<'a> {
        #[serde(borrow, default)]
        items: Raw<'a>,
        #[serde(borrow, default)]
        notes: Raw<'a>,
    }

    fn entity(json: &str) -> Result<Entity<'_>, Unreadable> {
        body(json.as_bytes())
    }

    #[test]
    fn a_body_is_an_object_and_nothing_else() {
        assert!(entity("{}").is_ok());
        assert!(entity(" {\"other\":1}\n").is_ok());
        for odd in [
            "",
            "null",
            "[]",
            "[1,2]",
            "\"{}\"",
            "7",
            "{",
            "{}x",
            "\u{feff}{}",
        ] {
            assert_eq!(entity(odd).unwrap_err(), Unreadable("body"), "{odd}");
        }
        assert!(body::<Entity<'_>>(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn an_odd_field_does_not_cost_the_others() {
        let entity = entity(r#"{"items":[1,"a",null],"notes":[]}"#).unwrap();
        assert_eq!(array("items", entity.items).unwrap().len(), 3);
        assert!(optional_object::<Entity<'_>>(entity.notes).is_none());
        let error = object::<Entity<'_>>("notes", entity.notes).unwrap_err();
        assert_eq!(error.to_string(), "`notes` is missing or cannot be read");
    }

    #[test]
    fn a_list_that_is_not_there_is_not_empty() {
        for json in [
            "{}",
            r#"{"items":null}"#,
            r#"{"items":{}}"#,
            r#"{"items":"[]"}"#,
        ] {
            let entity = entity(json).unwrap();
            let error = array("items", entity.items).unwrap_err();
            assert_eq!(error, Unreadable("items"), "{json}");
        }
        let entity = entity(r#"{"items":[]}"#).unwrap();
        assert!(array("items", entity.items).unwrap().is_empty());
    }

    #[test]
    fn a_body_that_is_a_list_may_be_null() {
        assert_eq!(elements("items", b"[{},[]]").unwrap().len(), 2);
        assert!(elements("items", b"null").unwrap().is_empty());
        assert!(elements("items", b"{}").is_err());
        assert!(elements("items", b"[1").is_err());
    }
}
