//! Objects read in place, in one pass over the body.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};

use super::Unreadable;

/// An object in a field of another one, read in the same pass as the object around it.
///
/// An odd value costs no other field: one that is not an object is [`Odd`](Self::Odd), and so is an
/// object with the same field twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nested<T> {
    /// The field is missing or null.
    #[default]
    Absent,
    /// The object.
    Object(T),
    /// Another value than an object, or an object that cannot be read.
    Odd,
}

impl<T> Nested<T> {
    /// Returns the object, if there is one of the expected form.
    pub const fn object(&self) -> Option<&T> {
        match self {
            Self::Object(object) => Some(object),
            Self::Absent | Self::Odd => None,
        }
    }

    /// Returns the object, or names the field it stands in.
    ///
    /// # Errors
    /// The field is missing, null, or another value than an object.
    pub fn required(&self, field: &'static str) -> Result<&T, Unreadable> {
        self.object().ok_or(Unreadable(field))
    }

    /// Returns true if the field is missing or null.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// The fields of an object that is read in place. Implemented by [`json_fields!`](crate::json_fields).
pub trait Fields<'a>: Sized {
    /// Reads all fields; `None` if one of them stands there twice.
    ///
    /// # Errors
    /// The body is not JSON.
    fn read<A: MapAccess<'a>>(map: A) -> Result<Option<Self>, A::Error>;
}

/// Reads a body that is an object in one pass; the field that an error names is `body`.
///
/// # Errors
/// The body is not JSON in UTF-8, is not an object, or has one of the fields twice.
pub fn body_in_place<'a, T: Fields<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    const FIELD: &str = "body";
    // Checked once for all: a reader of text does not check each string again.
    let text = std::str::from_utf8(body).map_err(|_| Unreadable(FIELD))?;
    match serde_json::from_str(text) {
        Ok(Nested::Object(object)) => Ok(object),
        _ => Err(Unreadable(FIELD)),
    }
}

impl<'de, T: Fields<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor(PhantomData))
    }
}

/// Reads an object that stands alone.
///
/// # Errors
/// The value is not an object, or has one of the fields twice.
pub fn object<'de, T: Fields<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    match Nested::deserialize(deserializer)? {
        Nested::Object(object) => Ok(object),
        Nested::Absent | Nested::Odd => Err(D::Error::custom("not an object, or a field twice")),
    }
}

struct NestedVisitor<T>(PhantomData<T>);

impl<'de, T: Fields<'de>> Visitor<'de> for NestedVisitor<T> {
    type Value = Nested<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(T::read(map)?.map_or(Nested::Odd, Nested::Object))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Nested::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Nested::Odd)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Nested::Odd)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Nested::Odd)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Nested::Odd)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Nested::Odd)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Nested::Odd)
    }
}

/// Reads the name of a field by a function, without a copy of the name.
#[derive(Debug, Clone, Copy)]
pub struct FieldName<F>(pub F);

impl<'de, F: Fn(&str) -> T, T> DeserializeSeed<'de> for FieldName<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<F: Fn(&str) -> T, T> Visitor<'_> for FieldName<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<T, E> {
        Ok((self.0)(name))
    }
}

/// Declares structs whose fields are read in place by [`body_in_place`](crate::json::body_in_place):
/// tokens ([`Raw`](crate::json::Raw)) and objects ([`Nested`](crate::json::Nested)). Other fields of
/// the JSON object are skipped. A field whose JSON name is a keyword of Rust has it after `as`. The
/// structs implement `Deserialize` as well, for an object that stands alone.
///
/// ```
/// use payment_provider_core::PaymentId;
/// use payment_provider_http::json::{self, Nested, Raw, Unreadable};
/// use payment_provider_http::json_fields;
///
/// json_fields! {
///     struct Delivery<'a> {
///         kind as "type": Raw<'a>,
///         payment: Nested<Payment<'a>>,
///     }
///
///     struct Payment<'a> {
///         id: Raw<'a>,
///     }
/// }
///
/// let body = br#"{"type":"PAID","payment":{"id":7,"payer":{"name":"Zoe"}}}"#;
/// let delivery: Delivery<'_> = json::body_in_place(body)?;
/// assert_eq!(json::word("type", delivery.kind)?, "PAID");
/// let payment = delivery.payment.required("payment")?;
/// let id: Option<PaymentId> = json::gateway_identifier(payment.id);
/// assert_eq!(id.unwrap().as_str(), "7");
/// # Ok::<(), Unreadable>(())
/// ```
#[macro_export]
macro_rules! json_fields {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<'a> {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident $(as $key:literal)?: $type:ty,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Default)]
        $vis struct $name<'a> {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl<'a> $crate::json::Fields<'a> for $name<'a> {
            fn read<A: $crate::__private::MapAccess<'a>>(
                mut map: A,
            ) -> ::core::result::Result<::core::option::Option<Self>, A::Error> {
                #[allow(non_camel_case_types)]
                #[derive(Clone, Copy)]
                enum Field {
                    $($field,)*
                    __Other,
                }

                fn field(name: &str) -> Field {
                    $(if name == $crate::json_field_name!($field $($key)?) {
                        return Field::$field;
                    })*
                    Field::__Other
                }

                let mut object = Self::default();
                let mut seen = 0_u64;
                let mut is_clear = true;
                while let Some(field) = map.next_key_seed($crate::__private::FieldName(field))? {
                    let bit = 1_u64 << field as u32;
                    match field {
                        $(Field::$field => {
                            is_clear &= seen & bit == 0;
                            seen |= bit;
                            object.$field = map.next_value()?;
                        })*
                        Field::__Other => {
                            map.next_value::<$crate::__private::IgnoredAny>()?;
                        }
                    }
                }
                Ok(is_clear.then_some(object))
            }
        }

        impl<'a> $crate::__private::Deserialize<'a> for $name<'a> {
            fn deserialize<D: $crate::__private::Deserializer<'a>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__private::object(deserializer)
            }
        }
    )*};
}

/// Returns the JSON name of a field.
#[doc(hidden)]
#[macro_export]
macro_rules! json_field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}
