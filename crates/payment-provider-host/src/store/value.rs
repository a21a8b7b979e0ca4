//! Values of parameters.

use std::borrow::Cow;

use payment_provider_core::{
    CheckoutReference, ConnectionCode, CustomerId, DedupKey, DisputeId, OrderId, OrganizationId,
    PaymentId, ProviderId, RefundId,
};

use super::nul_escape::{escaped_key, without_nul};
use crate::payable_id::PayableId;

/// The value of a parameter.
#[derive(Debug)]
pub(in crate::store) enum Value<'v> {
    Number(Option<i64>),
    Flag(bool),
    /// Contains no NUL.
    Text(Option<Cow<'v, str>>),
    Bytes(&'v [u8]),
    /// For `{any $1}`.
    Numbers(&'v [i64]),
    /// For `{any $1}`. None contains NUL.
    Texts(Vec<Cow<'v, str>>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Some(without_nul(text)))
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::Text(text.map(without_nul))
    }
}

impl<'v> From<&'v Option<String>> for Value<'v> {
    fn from(text: &'v Option<String>) -> Self {
        text.as_deref().into()
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        let text = match without_nul(&text) {
            Cow::Owned(replaced) => replaced,
            Cow::Borrowed(_) => text,
        };
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'v> From<&'v [i64]> for Value<'v> {
    fn from(numbers: &'v [i64]) -> Self {
        Self::Numbers(numbers)
    }
}

impl<'v> From<Vec<Cow<'v, str>>> for Value<'v> {
    fn from(texts: Vec<Cow<'v, str>>) -> Self {
        let stored = texts.into_iter().map(|text| match without_nul(&text) {
            Cow::Owned(replaced) => Cow::Owned(replaced),
            Cow::Borrowed(_) => text,
        });
        Self::Texts(stored.collect())
    }
}

impl<'v> From<&'v DedupKey> for Value<'v> {
    fn from(key: &'v DedupKey) -> Self {
        Self::Text(Some(escaped_key(key.as_str())))
    }
}

macro_rules! identifiers {
    ($($identifier:ty),+) => {$(
        impl<'v> From<&'v $identifier> for Value<'v> {
            fn from(identifier: &'v $identifier) -> Self {
                identifier.as_str().into()
            }
        }

        impl<'v> From<Option<&'v $identifier>> for Value<'v> {
            fn from(identifier: Option<&'v $identifier>) -> Self {
                identifier.map(<$identifier>::as_str).into()
            }
        }
    )+};
}

identifiers!(
    CheckoutReference,
    ConnectionCode,
    CustomerId,
    DisputeId,
    OrderId,
    OrganizationId,
    PayableId,
    PaymentId,
    ProviderId,
    RefundId
);
