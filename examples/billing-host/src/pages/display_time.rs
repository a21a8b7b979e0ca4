//! Times for display.

use payment_provider_core::reexport::jiff::Timestamp;

use crate::timestamp;

/// A time as RFC 3339 for the script, which shows it in the local time zone, and as text in UTC for
/// browsers without scripts.
pub(super) struct DisplayTime {
    pub(super) rfc3339: String,
    pub(super) text: String,
}

impl DisplayTime {
    pub(super) fn of(at: Timestamp) -> Self {
        Self {
            rfc3339: at.to_string(),
            text: at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string(),
        }
    }

    /// Returns the time at this many milliseconds since the Unix epoch.
    pub(super) fn from_millis(millis: i64) -> Self {
        Self::of(timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}
