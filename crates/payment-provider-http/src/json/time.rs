use jiff::Timestamp;

use super::{Raw, optional_text};

/// A time that says its offset, as in RFC 3339. Gateways also send times without one, whose zone is
/// documented nowhere: those tell nothing.
pub fn with_offset(raw: Raw<'_>) -> Option<Timestamp> {
    let text = optional_text(raw)?;
    text.parse().ok()
}

/// A time in whole seconds since 1970, from a JSON number or from text. Where a gateway has none it
/// sends `0`; less than that is no time either.
pub fn unix_seconds(raw: Raw<'_>) -> Option<Timestamp> {
    let seconds: i64 = optional_text(raw)?.parse().ok()?;
    (seconds > 0)
        .then(|| Timestamp::from_second(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn read(json: &str) -> Option<Timestamp> {
        with_offset(serde_json::from_str::<Option<&RawValue>>(json).unwrap())
    }

    #[test]
    fn only_times_with_an_offset_are_believed() {
        let expected = "2021-08-18T12:55:06+05:30".parse().unwrap();
        assert_eq!(read("\"2021-08-18T12:55:06+05:30\""), Some(expected));
        assert_eq!(read("\"2021-08-18T07:25:06Z\""), Some(expected));
        for odd in [
            "\"2021-08-18T07:13:41\"",
            "\"2023-06-15T21: 50: 04+05: 30\"",
            "\"\"",
            "null",
            "1629271506000",
            "{}",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn seconds_are_whole_and_since_1970() {
        let read = |json| unix_seconds(serde_json::from_str::<Option<&RawValue>>(json).unwrap());
        let expected = "2026-11-21T20:53:49Z".parse().unwrap();
        assert_eq!(read("1795294429"), Some(expected));
        assert_eq!(read("\"1795294429\""), Some(expected));
        for odd in [
            "0",
            "-1",
            "1795294429.5",
            "1.795294429e9",
            "9223372036854775807",
            "9223372036854775808",
            "\"\"",
            "null",
            "{}",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
