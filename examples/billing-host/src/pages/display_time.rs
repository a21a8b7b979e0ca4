//! Times as a person reads them.

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::time::macros::format_description;

use crate::timestamp;

/// A moment: for programs, and for people where no script turns it into their own time zone.
pub(super) struct Moment {
    pub(super) exact: String,
    pub(super) shown: String,
}

impl Moment {
    pub(super) fn of(at: OffsetDateTime) -> Self {
        let format = format_description!(
            "[day padding:none] [month repr:short] [year], [hour]:[minute]:[second] UTC"
        );
        let at = at.to_offset(payment_provider_core::reexport::time::UtcOffset::UTC);
        Self {
            exact: timestamp::written(at).unwrap_or_default(),
            shown: at.format(format).unwrap_or_default(),
        }
    }

    /// A moment so many milliseconds after 1970-01-01 UTC.
    pub(super) fn of_millis(millis: i64) -> Self {
        Self::of(timestamp::of_millis(millis).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
}
