//! How points in time are written on the wire.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};

const LOCAL: &[time::format_description::FormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// Indian standard time with its offset, as in API answers and `event_time`.
pub(crate) fn ist(at: OffsetDateTime) -> String {
    let mut text = written(at.to_offset(offset!(+5:30)));
    text.push_str("+05:30");
    text
}

/// UTC without a zone, as the link fields of a link event are written.
pub(crate) fn zoneless_utc(at: OffsetDateTime) -> String {
    written(at.to_offset(offset!(UTC)))
}

/// UTC with a zone and milliseconds, for the control API.
pub(crate) fn control(at: OffsetDateTime) -> String {
    at.replace_nanosecond(u32::from(at.millisecond()) * 1_000_000)
        .unwrap_or(at)
        .to_offset(offset!(UTC))
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Milliseconds since the epoch, as a decimal text.
pub(crate) fn epoch_millis(at: OffsetDateTime) -> String {
    (at.unix_timestamp_nanos() / 1_000_000).to_string()
}

/// Reads an RFC 3339 text with an explicit offset.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

fn written(at: OffsetDateTime) -> String {
    at.format(LOCAL).unwrap_or_default()
}

/// Serialises a time the way the control API shows it.
pub(crate) fn serialize_control<S: serde::Serializer>(
    at: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&control(*at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn one_instant_in_its_wire_forms() {
        let at = datetime!(2021-08-18 07:25:06.789 UTC);
        assert_eq!(ist(at), "2021-08-18T12:55:06+05:30");
        assert_eq!(zoneless_utc(at), "2021-08-18T07:25:06");
        assert_eq!(control(at), "2021-08-18T07:25:06.789Z");
        assert_eq!(epoch_millis(at), "1629271506789");
        assert_eq!(parse("2021-08-18T12:55:06.789+05:30"), Some(at));
        assert_eq!(parse("2021-08-18T12:55:06"), None);
    }
}
