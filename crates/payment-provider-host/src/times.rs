//! Points in time as the store keeps them: whole milliseconds since 1970-01-01 UTC.

use payment_provider_core::reexport::jiff::Timestamp;

/// Returns the milliseconds since 1970-01-01 UTC, without what is smaller.
pub(crate) fn to_millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Returns the point in time, or 1970-01-01 UTC if a [`Timestamp`] cannot express it.
pub(crate) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}
