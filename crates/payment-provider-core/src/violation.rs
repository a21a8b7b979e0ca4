use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// What is wrong with a field, in a form a program can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ViolationCode {
    /// The field is required and absent or empty.
    Missing,
    /// The field's form or value is not accepted.
    Invalid,
    /// The text, list or number is above the limit.
    TooLarge,
    /// The text, list or number is below the limit.
    TooSmall,
    /// The gateway or this connection does not offer what the field asks for.
    Unsupported,
    /// No such field exists.
    Unknown,
}

impl<'de> Deserialize<'de> for ViolationCode {
    /// Reads the word. One that another version may have written counts as
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

/// One field that cannot be accepted, and why. Never repeats the field's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// Dotted path of the field, for example `customer.phone`.
    pub field: Cow<'static, str>,
    /// What kind of defect it is.
    pub code: ViolationCode,
    /// For people: lower case, no full stop, without the value.
    pub message: Cow<'static, str>,
}

impl Violation {
    /// Names the field, the kind of defect and the reason.
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

/// Everything that is wrong with an input, reported together.
///
/// As an error value it holds at least one violation; [`Violations::into_result`] is how a check
/// ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing found yet.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Exactly one violation.
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

    /// Adds all of another check's violations.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the field of this path is among them.
    pub fn names(&self, field: &str) -> bool {
        self.0.iter().any(|violation| violation.field == field)
    }

    /// The violations in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// `Ok(value)` if nothing was found, all violations otherwise.
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
