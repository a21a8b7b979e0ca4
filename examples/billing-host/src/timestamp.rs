//! How times are written.

use payment_provider_core::reexport::time::OffsetDateTime;
use payment_provider_core::reexport::time::format_description::well_known::Rfc3339;

/// RFC 3339; `None` for a moment its four-digit years cannot express.
pub(crate) fn written(at: OffsetDateTime) -> Option<String> {
    at.format(&Rfc3339).ok()
}

/// The moment so many milliseconds after 1970-01-01 UTC.
pub(crate) fn of_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

/// The same, written.
pub(crate) fn from_millis(millis: i64) -> Option<String> {
    of_millis(millis).and_then(written)
}
