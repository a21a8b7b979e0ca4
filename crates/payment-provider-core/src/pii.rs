use std::fmt;

use serde::{Deserialize, Serialize};

/// Personal text (a name, an address, a phone number) that must not reach a log.
///
/// `Debug` prints a fixed placeholder; there is no `Display`. Serialization writes the text itself,
/// because it has to be stored and sent to the gateway.
///
/// # Examples
/// ```
/// use payment_provider_core::Pii;
///
/// let name = Pii::new("A. Customer");
/// assert_eq!(format!("{name:?}"), "[personal]");
/// assert_eq!(name.expose(), "A. Customer");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii(String);

impl Pii {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text. Call it only in the code that sends or stores the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Pii {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Pii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}
