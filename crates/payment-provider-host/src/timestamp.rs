//! Timestamps as the store keeps them: whole milliseconds since 1970-01-01 UTC.

use std::time::Duration;

use payment_provider_core::reexport::jiff::Timestamp;

/// Returns the whole milliseconds since 1970-01-01 UTC.
pub(crate) fn to_millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Returns the point in time, or 1970-01-01 UTC if a [`Timestamp`] cannot express it.
pub(crate) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns a duration in whole milliseconds, at most `i64::MAX`.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
