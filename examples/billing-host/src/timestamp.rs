//! Times of the database and of JSON answers.

use payment_provider_core::reexport::jiff::Timestamp;

/// Returns the moment this many milliseconds after 1970-01-01 UTC, if it can be expressed.
pub(crate) fn of_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

/// Returns the same moment as RFC 3339 text.
pub(crate) fn from_millis(millis: i64) -> Option<String> {
    of_millis(millis).map(|at| at.to_string())
}
