//! How points in time are written on the wire.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::{datetime, format_description, offset};
use time::{Duration, UtcOffset};

const LOCAL: &[time::format_description::FormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

const READABLE: &[time::format_description::FormatItem<'static>] =
    format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute]:[second]");

/// The first moment the simulator's time may show.
const FIRST_NOW: OffsetDateTime = datetime!(1970-01-01 00:00 UTC);

/// The last moment the simulator's time may show. A link or an order made then still ends well before [`LAST`].
pub(crate) const LAST_NOW: OffsetDateTime = datetime!(9000-01-01 00:00 UTC);

/// The last moment that may be given: from here on a moment has no year of four digits in every zone.
pub(crate) const LAST: OffsetDateTime = datetime!(9999-12-30 00:00 UTC);

/// A clock's time in UTC, moved by `offset`, within what the simulator's time may show.
pub(crate) fn now(clock: OffsetDateTime, offset: Duration) -> OffsetDateTime {
    utc(clock).saturating_add(offset).clamp(FIRST_NOW, LAST_NOW)
}

/// Indian standard time with its offset, as in API answers and `event_time`.
pub(crate) fn ist(at: OffsetDateTime) -> String {
    let mut text = written(in_zone(at, offset!(+5:30)));
    text.push_str("+05:30");
    text
}

/// UTC without a zone, as the link fields of a link event are written.
pub(crate) fn zoneless_utc(at: OffsetDateTime) -> String {
    written(utc(at))
}

/// Indian standard time without a zone and with a blank, as the payments a settlement is about are bounded.
pub(crate) fn zoneless_ist(at: OffsetDateTime) -> String {
    written(in_zone(at, offset!(+5:30))).replace('T', " ")
}

/// UTC with a zone and milliseconds, for the control API.
pub(crate) fn control(at: OffsetDateTime) -> String {
    let at = utc(at);
    at.replace_nanosecond(u32::from(at.millisecond()) * 1_000_000)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Milliseconds since the epoch, as a decimal text.
pub(crate) fn epoch_millis(at: OffsetDateTime) -> String {
    (at.unix_timestamp_nanos() / 1_000_000).to_string()
}

/// Reads an RFC 3339 text with an explicit offset, as UTC. A moment that has no year in UTC is none.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_to_offset(UtcOffset::UTC)
}

fn utc(at: OffsetDateTime) -> OffsetDateTime {
    in_zone(at, UtcOffset::UTC)
}

/// A moment in a zone. What has no year there is moved to the nearest moment that has.
fn in_zone(at: OffsetDateTime, zone: UtcOffset) -> OffsetDateTime {
    let nearest = if at.year() > 0 { LAST } else { FIRST_NOW };
    at.checked_to_offset(zone)
        .or_else(|| nearest.checked_to_offset(zone))
        .unwrap_or(nearest)
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

/// Serialises a time that may still be to come.
#[allow(clippy::ref_option)] // the form serde calls
pub(crate) fn serialize_control_option<S: serde::Serializer>(
    at: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize_control(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// Indian standard time for people, such as `18 Aug 2021, 12:55:06 IST`.
pub(crate) fn readable(at: OffsetDateTime) -> String {
    let mut text = in_zone(at, offset!(+5:30))
        .format(READABLE)
        .unwrap_or_default();
    text.push_str(" IST");
    text
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
        assert_eq!(zoneless_ist(at), "2021-08-18 12:55:06");
        assert_eq!(control(at), "2021-08-18T07:25:06.789Z");
        assert_eq!(epoch_millis(at), "1629271506789");
        assert_eq!(readable(at), "18 Aug 2021, 12:55:06 IST");
        assert_eq!(parse("2021-08-18T12:55:06.789+05:30"), Some(at));
        assert_eq!(parse("2021-08-18T12:55:06"), None);
    }

    #[test]
    fn the_ends_of_time_are_written_and_do_no_harm() {
        let last = datetime!(9999-12-31 23:59:59 UTC);
        let beyond = datetime!(9999-12-31 23:59:59 -23:59);
        let before = datetime!(-9999-01-01 00:00 +23:59);
        for at in [last, beyond, before] {
            for text in [ist(at), zoneless_utc(at), control(at)] {
                assert!(text.contains('T'), "{at}: {text}");
            }
            assert!(epoch_millis(at).parse::<i64>().is_ok());
            assert!((FIRST_NOW..=LAST_NOW).contains(&now(at, Duration::MAX)));
            assert!((FIRST_NOW..=LAST_NOW).contains(&now(at, Duration::MIN)));
        }
        assert_eq!(parse("9999-12-31T23:59:59-05:30"), None);
        assert_eq!(parse("9999-12-31T23:59:59Z"), Some(last));
    }
}
