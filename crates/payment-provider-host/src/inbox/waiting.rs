use std::time::Duration;

use crate::checkouts::CheckoutError;
use crate::ledger::LedgerError;
use crate::settle::FetchError;
use crate::store::{StoreError, is_transient};

/// Why a delivery has to wait.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the gateway does not list yet what it tells of")]
    Incomplete,
    #[error("it takes a look at the gateway, which cannot be asked from here")]
    Unaskable,
    #[error("what came in is booked; another checkout is needless by it and not ended: {0}")]
    Needless(Box<CheckoutError>),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(LedgerError::Store(error))
    }
}

impl ApplyError {
    /// How long the gateway wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(FetchError::Provider(error)) => error.retry_after(),
            Self::Needless(error) => match &**error {
                CheckoutError::Provider(error) => error.retry_after(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether trying again by itself changes nothing: somebody has to look.
    pub(super) const fn is_final(&self) -> bool {
        matches!(self, Self::Unaskable)
    }

    /// Whether it says nothing about the delivery: the gateway or the database is away.
    pub(super) fn is_transient(&self) -> bool {
        let of_gateway = match self {
            Self::Fetch(FetchError::Provider(error)) => error.retry_after().is_some(),
            Self::Needless(error) => match &**error {
                CheckoutError::Busy { .. } => true,
                CheckoutError::Provider(error) => error.retry_after().is_some(),
                _ => false,
            },
            _ => false,
        };
        let inner: &(dyn std::error::Error + 'static) = match self {
            Self::Needless(error) => &**error,
            _ => self,
        };
        of_gateway || is_transient(inner)
    }

    /// For whoever looks at the delivery later: with what is behind it, where that is the store's or
    /// the host's own.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Ledger(LedgerError::Handler(error)) => format!("{self}: {error}"),
            Self::Ledger(LedgerError::Store(error)) => format!("{self}: {}", error.reason()),
            _ => self.to_string(),
        }
    }
}
