//! Settings that are not secret.

use serde::{Deserialize, Serialize};

/// The value of a setting that is not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PlainSetting {
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
    /// Texts.
    List(Vec<String>),
}
