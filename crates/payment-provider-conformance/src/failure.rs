use std::fmt;

use crate::harness::NotImplemented;

/// The result of a case.
pub(crate) type CaseResult = Result<(), CaseFailure>;

/// The reason why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseFailure {
    /// The provider does not meet the requirement.
    Broken(String),
    /// The provider panicked.
    Panicked(String),
    /// The [`GatewayModel`](crate::GatewayModel) does not implement what the case needs, so the
    /// case was not run to its end.
    NotImplemented(String),
    /// The kit or the [`GatewayModel`](crate::GatewayModel) panicked.
    Crashed(String),
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => f.write_str(what),
            Self::Panicked(what) => write!(f, "the provider panicked: {what}"),
            Self::NotImplemented(what) => write!(f, "not implemented: {what}"),
            Self::Crashed(what) => write!(f, "the kit or the gateway model panicked: {what}"),
        }
    }
}

impl From<NotImplemented> for CaseFailure {
    fn from(not_implemented: NotImplemented) -> Self {
        Self::NotImplemented(not_implemented.what().to_owned())
    }
}

/// Ends the case with [`CaseFailure::Broken`].
macro_rules! fail {
    ($($text:tt)*) => {
        return Err($crate::failure::CaseFailure::Broken(format!($($text)*)))
    };
}
pub(crate) use fail;

/// Ends the case with [`CaseFailure::Broken`] unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            $crate::failure::fail!($($text)*);
        }
    };
}
pub(crate) use ensure;
