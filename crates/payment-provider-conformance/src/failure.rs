use std::fmt;

use crate::harness::NotImplemented;

/// What became of a case.
pub(crate) type CaseResult = Result<(), CaseFailure>;

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseFailure {
    /// The provider does not do what the contract asks.
    Broken(String),
    /// The provider panicked.
    Panicked(String),
    /// The gateway at hand cannot be made to do what the case needs, so it was not tried.
    NotImplemented(String),
    /// The kit itself panicked, or the code of the [`GatewayModel`](crate::GatewayModel) did.
    Crashed(String),
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => f.write_str(what),
            Self::Panicked(what) => write!(f, "the provider panicked: {what}"),
            Self::NotImplemented(what) => write!(f, "not staged: {what}"),
            Self::Crashed(what) => write!(f, "the test itself panicked: {what}"),
        }
    }
}

impl From<NotImplemented> for CaseFailure {
    fn from(not_staged: NotImplemented) -> Self {
        Self::NotImplemented(not_staged.what().to_owned())
    }
}

/// Ends the case: the provider is broken.
macro_rules! fail {
    ($($text:tt)*) => {
        return Err($crate::failure::CaseFailure::Broken(format!($($text)*)))
    };
}
pub(crate) use fail;

/// Ends the case if this does not hold.
macro_rules! ensure {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            $crate::failure::fail!($($text)*);
        }
    };
}
pub(crate) use ensure;
