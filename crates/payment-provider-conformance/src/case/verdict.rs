use std::fmt;

use crate::subject::NotStaged;

/// What became of a case.
pub(crate) type Verdict = Result<(), Failure>;

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The provider does not do what the contract asks.
    Broken(String),
    /// The provider panicked.
    Panicked(String),
    /// The gateway at hand cannot be made to do what the case needs, so it was not tried.
    NotStaged(String),
    /// The kit itself panicked, or the code of the [`Gateway`](crate::Gateway) did.
    Crashed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => f.write_str(what),
            Self::Panicked(what) => write!(f, "the provider panicked: {what}"),
            Self::NotStaged(what) => write!(f, "not staged: {what}"),
            Self::Crashed(what) => write!(f, "the test itself panicked: {what}"),
        }
    }
}

impl From<NotStaged> for Failure {
    fn from(not_staged: NotStaged) -> Self {
        Self::NotStaged(not_staged.what().to_owned())
    }
}

/// Ends the case: the provider is broken.
macro_rules! fail {
    ($($text:tt)*) => {
        return Err($crate::case::Failure::Broken(format!($($text)*)))
    };
}
pub(crate) use fail;

/// Ends the case if this does not hold.
macro_rules! ensure {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            $crate::case::fail!($($text)*);
        }
    };
}
pub(crate) use ensure;
