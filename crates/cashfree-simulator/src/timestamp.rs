//! Text forms of points in time on the wire.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use crate::clock::later;

/// The first moment of the simulator's time.
const FIRST_NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// The last moment of the simulator's time, 9000-01-01. Links and orders made then still end well before [`LAST`].
pub(crate) const LAST_NOW: Timestamp = Timestamp::constant(221_845_392_000, 0);

/// The last moment accepted from a caller, 9999-12-30: later ones have no year of four digits in every zone.
pub(crate) const LAST: Timestamp = Timestamp::constant(253_402_128_000, 0);

/// Offset of Indian standard time, in seconds.
const IST: i32 = (5 * 60 + 30) * 60;

/// Returns a clock's time moved forward by `offset`, clamped to the simulator's time.
pub(crate) fn now(clock: Timestamp, offset: Duration) -> Timestamp {
    later(clock, offset).clamp(FIRST_NOW, LAST_NOW)
}

/// Writes Indian standard time with its offset, as in API answers and `event_time`.
pub(crate) fn ist(at: Timestamp) -> String {
    in_india(at).strftime("%Y-%m-%dT%H:%M:%S+05:30").to_string()
}

/// Writes UTC without a zone, the form of the link fields of a link event.
pub(crate) fn zoneless_utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Writes Indian standard time without a zone and with a blank, the form of `payment_from` and `payment_till` of a
/// settlement event.
pub(crate) fn zoneless_ist(at: Timestamp) -> String {
    in_india(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes UTC with a zone and milliseconds, for the control API. Trailing zeros of the fraction are left out.
pub(crate) fn control(at: Timestamp) -> String {
    // The truncated time lies between the original and the epoch, so it is representable.
    Timestamp::from_millisecond(at.as_millisecond())
        .unwrap_or(at)
        .to_string()
}

/// Writes milliseconds since the epoch in decimal.
pub(crate) fn epoch_millis(at: Timestamp) -> String {
    at.as_millisecond().to_string()
}

/// Parses an RFC 3339 text with an explicit offset. A time beyond the representable range becomes the last one in it,
/// which is after [`LAST`].
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if !is_rfc3339(text) {
        return None;
    }
    let pieces = Pieces::parse(text).ok()?;
    let local = DateTime::from_parts(pieces.date(), pieces.time()?);
    let at = pieces.to_numeric_offset()?.to_timestamp(local);
    Some(at.unwrap_or(Timestamp::MAX))
}

/// Returns true if the text has the shape `2030-01-31T18:00:00[.123](Z|+05:30)`. The `jiff` parser also accepts
/// shorter forms, which the gateway is not known to accept.
fn is_rfc3339(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    let fits = |text: &str, shape: &str| {
        text.len() == shape.len()
            && std::iter::zip(text.bytes(), shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'+' => matches!(byte, b'+' | b'-'),
                wanted => byte.eq_ignore_ascii_case(&wanted),
            })
    };
    fits(seconds, "0000-00-00T00:00:00") && (fits(zone, "Z") || fits(zone, "+00:00"))
}

/// Serializes a time in the form of the control API.
pub(crate) fn serialize_control<S: serde::Serializer>(
    at: &Timestamp,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&control(*at))
}

/// Serializes a time in the form of the control API, or null.
#[allow(clippy::ref_option)] // the form serde calls
pub(crate) fn serialize_control_option<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize_control(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// Writes Indian standard time for people, such as `18 Aug 2021, 12:55:06 IST`.
pub(crate) fn readable(at: Timestamp) -> String {
    in_india(at).strftime("%-d %b %Y, %H:%M:%S IST").to_string()
}

fn in_india(at: Timestamp) -> DateTime {
    // The offset is well within the representable range.
    Offset::from_seconds(IST)
        .unwrap_or(Offset::UTC)
        .to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_in_all_wire_forms() {
        let at: Timestamp = "2021-08-18T07:25:06.789Z".parse().unwrap();
        assert_eq!(ist(at), "2021-08-18T12:55:06+05:30");
        assert_eq!(zoneless_utc(at), "2021-08-18T07:25:06");
        assert_eq!(zoneless_ist(at), "2021-08-18 12:55:06");
        assert_eq!(control(at), "2021-08-18T07:25:06.789Z");
        assert_eq!(epoch_millis(at), "1629271506789");
        assert_eq!(readable(at), "18 Aug 2021, 12:55:06 IST");
        assert_eq!(parse("2021-08-18T12:55:06.789+05:30"), Some(at));
    }

    #[test]
    fn control_times_are_cut_to_milliseconds_without_trailing_zeros() {
        for (text, written) in [
            ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z"),
            ("2026-01-15T10:00:00.250Z", "2026-01-15T10:00:00.25Z"),
            ("2026-01-15T10:00:00.000999Z", "2026-01-15T10:00:00Z"),
            ("2026-01-05T04:03:02.123456789Z", "2026-01-05T04:03:02.123Z"),
        ] {
            assert_eq!(control(text.parse().unwrap()), written);
        }
    }

    #[test]
    fn only_full_rfc_3339_times_are_read() {
        let at = parse("2030-01-31T18:00:00+05:30");
        assert!(at.is_some());
        for same in [
            "2030-01-31T12:30:00Z",
            "2030-01-31t12:30:00z",
            "2030-01-31T12:30:00.000Z",
            "2030-01-31T04:30:00-08:00",
        ] {
            assert_eq!(parse(same), at, "{same}");
        }
        for none in [
            "",
            "tomorrow",
            "2030-01-31",
            "2030-01-31T18:00:00",
            "2030-01-31 18:00:00Z",
            "2030-01-31T18:00Z",
            "20300131T180000Z",
            "2030-01-31T18:00:00+05",
            "2030-01-31T18:00:00+0530",
            "2030-01-31T18:00:00.Z",
            "2030-01-31T18:00:00,5Z",
            "2030-01-31T18:00:00+05:30[Asia/Kolkata]",
            "2030-02-31T18:00:00Z",
            "2030-01-31T24:00:00Z",
            "203\u{e9}-01-31T18:00:00Z",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn extreme_times_are_formatted_without_panic() {
        for at in [Timestamp::MIN, Timestamp::MAX] {
            for text in [ist(at), zoneless_utc(at), control(at)] {
                assert!(text.contains('T'), "{at}: {text}");
            }
            assert!(epoch_millis(at).parse::<i64>().is_ok());
            for offset in [Duration::ZERO, Duration::MAX] {
                assert!((FIRST_NOW..=LAST_NOW).contains(&now(at, offset)));
            }
        }
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:30"] {
            assert_eq!(parse(text), Some(Timestamp::MAX));
        }
        assert_eq!(LAST_NOW.to_string(), "9000-01-01T00:00:00Z");
        assert_eq!(LAST.to_string(), "9999-12-30T00:00:00Z");
    }
}
