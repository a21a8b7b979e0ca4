//! Times as a person reads them.

use payment_provider_core::reexport::jiff::Timestamp;

use crate::timestamp;

/// A moment: for programs, and for people where no script turns it into their own time zone.
pub(super) struct Moment {
    pub(super) exact: String,
    pub(super) shown: String,
}

impl Moment {
    pub(super) fn of(at: Timestamp) -> Self {
        Self {
            exact: at.to_string(),
            shown: at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string(),
        }
    }

    /// A moment so many milliseconds after 1970-01-01 UTC.
    pub(super) fn of_millis(millis: i64) -> Self {
        Self::of(timestamp::of_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}
