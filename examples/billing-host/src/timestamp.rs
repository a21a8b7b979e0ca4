//! Times in milliseconds, as the database stores them.

use payment_provider_core::reexport::jiff::Timestamp;

/// Returns the time at this many milliseconds since the Unix epoch, or `None` if it is out of range.
pub(crate) fn from_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

/// Returns the same time as RFC 3339 text.
pub(crate) fn rfc3339_from_millis(millis: i64) -> Option<String> {
    from_millis(millis).map(|at| at.to_string())
}
