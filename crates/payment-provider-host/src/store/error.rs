use crate::error::{Error, ErrorKind};
use crate::transient::LostRace;

/// A failure of the store. The transaction in which it happened has changed nothing.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {action}")]
pub(crate) struct StoreError {
    action: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub(crate) fn new(
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            source: source.into(),
        }
    }

    /// Another transaction wrote first what this one had found missing.
    pub(crate) fn lost_race(action: &'static str) -> Self {
        Self::new(action, LostRace)
    }

    /// Returns true if the same step may succeed later: the database is busy or unreachable, or
    /// another transaction was in the way.
    #[cfg(test)]
    pub(crate) fn is_transient(&self) -> bool {
        crate::transient::is_transient(self)
    }

    /// Returns true if the database aborted this transaction so that another one could go on. The
    /// transaction is rolled back, so the step can be repeated at once.
    pub(crate) fn is_conflict(&self) -> bool {
        match self.source.downcast_ref::<sqlx::Error>() {
            Some(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| matches!(&*code, "40001" | "40P01")),
            _ => self.source.is::<LostRace>(),
        }
    }

    /// The error that the database reported.
    pub(crate) fn reason(&self) -> &dyn std::error::Error {
        &*self.source
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::with_source(ErrorKind::Storage, error)
    }
}
