//! Settings that are not secret.

use serde::{Deserialize, Serialize};

/// The value of a setting that is not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PlainSetting {
    /// A yes-or-no setting.
    Flag(bool),
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}
