use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The distinction between real and test money. Part of every connection and of every stored
/// reference: the two environments never mix.
///
/// # Examples
/// ```
/// use payment_provider_core::Environment;
///
/// let environment: Environment = "sandbox".parse()?;
/// assert_eq!(environment, Environment::Sandbox);
/// assert_eq!(environment.as_str(), "sandbox");
/// assert!("test".parse::<Environment>().is_err());
/// # Ok::<(), payment_provider_core::InvalidEnvironment>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The gateway's test mode; no money moves.
    Sandbox,
    /// Real money.
    Production,
}

impl Environment {
    /// Returns the lower-case name used in settings and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = InvalidEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            _ => Err(InvalidEnvironment),
        }
    }
}

/// An error that reports a text that is neither `sandbox` nor `production`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("environment must be `sandbox` or `production`")]
#[non_exhaustive]
pub struct InvalidEnvironment;
