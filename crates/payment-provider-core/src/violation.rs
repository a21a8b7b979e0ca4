use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The kind of defect of a field, in machine-readable form.
///
/// # Examples
/// ```
/// use payment_provider_core::{Violation, ViolationCode};
///
/// let violation = Violation::new("amount", ViolationCode::TooSmall, "must be at least INR 1.00");
/// assert_eq!(violation.to_string(), "amount: must be at least INR 1.00");
/// assert_eq!(serde_json::to_string(&violation.code)?, r#""too_small""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationCode {
    /// The field is required and absent or empty.
    Missing,
    /// The field's format or value is not accepted.
    Invalid,
    /// The text, list or number is above the limit.
    TooLarge,
    /// The text, list or number is below the limit.
    TooSmall,
    /// The gateway or this connection does not support the field's value.
    Unsupported,
    /// The field does not exist.
    Unknown,
}

impl<'de> Deserialize<'de> for ViolationCode {
    /// Reads the code. An unknown code, possibly written by another version, is read as
    /// [`Invalid`](Self::Invalid), which is true of every violation.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<'_, str>::deserialize(deserializer)?;
        Ok(match &*word {
            "missing" => Self::Missing,
            "too_large" => Self::TooLarge,
            "too_small" => Self::TooSmall,
            "unsupported" => Self::Unsupported,
            "unknown" => Self::Unknown,
            _ => Self::Invalid,
        })
    }
}

/// One field that cannot be accepted, with the reason. Never repeats the field's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// Dotted path of the field, for example `customer.phone`.
    pub field: Cow<'static, str>,
    /// The kind of defect.
    pub code: ViolationCode,
    /// A message for people: lower case, no full stop, without the value.
    pub message: Cow<'static, str>,
}

impl Violation {
    /// Creates a violation from the field, the kind of defect and the reason.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// All violations of an input, reported together.
///
/// An error value holds at least one violation; a check ends with [`Violations::into_result`].
///
/// # Examples
/// ```
/// use payment_provider_core::{ViolationCode, Violations};
///
/// let mut violations = Violations::none();
/// violations.push("customer.phone", ViolationCode::Missing, "is required");
/// violations.push("purpose", ViolationCode::TooLarge, "must be at most 500 characters");
/// let error = violations.into_result(()).unwrap_err();
/// assert!(error.names("customer.phone"));
/// assert_eq!(error.iter().count(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Creates an empty collection.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Creates a collection with one violation.
    pub fn one(violation: Violation) -> Self {
        Self(vec![violation])
    }

    /// Adds a violation.
    pub fn push(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(Violation::new(field, code, message));
    }

    /// Adds all violations of another check.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns `true` if there are no violations.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if there is a violation of the field with this path.
    pub fn names(&self, field: &str) -> bool {
        self.0.iter().any(|violation| violation.field == field)
    }

    /// Returns an iterator over the violations, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// Returns `Ok(value)` if there are no violations, all violations otherwise.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, violation) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        use ViolationCode::{Invalid, Missing, TooLarge, TooSmall, Unknown, Unsupported};
        let mut violations = Violations::none();
        for code in [Missing, Invalid, TooLarge, TooSmall, Unsupported, Unknown] {
            violations.push(format!("field.{code:?}"), code, "is \"so\"");
        }
        let text = serde_json::to_string(&violations).unwrap();
        assert_eq!(
            serde_json::from_str::<Violations>(&text).unwrap(),
            violations
        );
    }

    #[test]
    fn a_code_of_another_version_counts_as_invalid() {
        let text = r#"[{"field":"phone","code":"too_foreign","message":"is foreign","why":1}]"#;
        let expected = Violation::new("phone", ViolationCode::Invalid, "is foreign");
        let read: Violations = serde_json::from_str(text).unwrap();
        assert_eq!(read, Violations::one(expected));
    }
}
