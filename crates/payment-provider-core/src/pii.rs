use std::fmt;

use serde::{Deserialize, Serialize};

/// Text about a person (a name, an address, a phone number) that must not reach a log.
///
/// `Debug` prints a fixed word; there is no `Display`. Serialising writes the text itself, since
/// storing it and sending it to the gateway is what it is for.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii(String);

impl Pii {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that sends or stores it.
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
