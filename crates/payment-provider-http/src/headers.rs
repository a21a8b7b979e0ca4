use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The longest wait accepted from a header: one hour. Longer waits are cut to it.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Reads the form in which dates are sent today.
const CURRENT_FORM: DateTimeParser = DateTimeParser::new();

/// Longest id that is kept.
const MAX_ID: usize = 128;

/// Longest word that is kept.
const MAX_WORD: usize = 32;

/// The headers of a response, read with care: what is not of the expected form says nothing.
///
/// Names are given in lower case. Of a header that comes several times the first counts.
#[derive(Clone, Copy)]
pub struct Headers<'a>(&'a HeaderMap);

impl<'a> Headers<'a> {
    /// Reads these headers.
    pub const fn new(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }

    /// The value as it is, if it is visible ASCII and blanks.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    /// An id: 1 to 128 visible ASCII characters.
    pub fn id(self, name: &str) -> Option<String> {
        self.plain(name, MAX_ID)
    }

    /// A short word: 1 to 32 visible ASCII characters.
    pub fn word(self, name: &str) -> Option<String> {
        self.plain(name, MAX_WORD)
    }

    /// Returns true if the value is `true`, in any letter case.
    pub fn flag(self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|flag| flag.trim().eq_ignore_ascii_case("true"))
    }

    /// A whole number that is not negative.
    pub fn number(self, name: &str) -> Option<u64> {
        self.text(name).and_then(|text| text.trim().parse().ok())
    }

    /// A wait in whole seconds, more than none; what is longer than [`MAX_RETRY_AFTER`] counts as that.
    pub fn seconds(self, name: &str) -> Option<Duration> {
        self.number(name)
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
    }

    /// The wait that the header `retry-after` states: a number of seconds, or the time until a date.
    /// `None` without the header, and for a wait of zero or less.
    ///
    /// The standard knows whole seconds only
    /// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>); a decimal number, as some
    /// gateways send it, is rounded up. A date counts from the gateway's own clock in the header
    /// `date`, or from `now` if there is none. A wait longer than [`MAX_RETRY_AFTER`] counts as that.
    pub fn retry_after(self, now: Timestamp) -> Option<Duration> {
        let text = self.text("retry-after")?.trim();
        let wait = if let Some(seconds) = whole_seconds(text) {
            Duration::from_secs(seconds)
        } else {
            let until = http_date(text)?;
            let from = self.date().unwrap_or(now);
            Duration::try_from(until.duration_since(from)).ok()?
        };
        (!wait.is_zero()).then(|| wait.min(MAX_RETRY_AFTER))
    }

    /// The gateway's clock, from the header `date`.
    pub fn date(self) -> Option<Timestamp> {
        self.text("date").and_then(http_date)
    }

    fn plain(self, name: &str, most: usize) -> Option<String> {
        let plain = |text: &&str| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        self.text(name).filter(plain).map(str::to_owned)
    }
}

/// Reads a date in the current form, or in one of the two obsolete ones that a recipient has to accept
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>).
fn http_date(text: &str) -> Option<Timestamp> {
    let obsolete = || {
        let date = httpdate::parse_http_date(text).ok()?;
        Timestamp::try_from(date).ok()
    };
    CURRENT_FORM.parse_timestamp(text).ok().or_else(obsolete)
}

/// Reads a number of seconds, rounded up. A number that is too large counts as the largest one.
fn whole_seconds(text: &str) -> Option<u64> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let more = fraction.bytes().any(|digit| digit != b'0');
    let seconds: u64 = whole.parse().unwrap_or(u64::MAX);
    Some(seconds.saturating_add(u64::from(more)))
}

impl fmt::Debug for Headers<'_> {
    /// Names alone: a value may be anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn map(value: &'static str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert("x", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        map
    }

    #[test]
    fn ids_and_words_are_plain_and_short() {
        let long: &'static str = Box::leak("i".repeat(129).into_boxed_str());
        for (value, id, word) in [
            ("r-1", true, true),
            (&long[..32], true, true),
            (&long[..33], true, false),
            (&long[..128], true, false),
            (long, false, false),
            ("", false, false),
            ("with blank", false, false),
            ("\u{e9}", false, false),
        ] {
            let map = map(value);
            let headers = Headers::new(&map);
            assert_eq!(headers.id("x").is_some(), id, "{value}");
            assert_eq!(headers.word("x").is_some(), word, "{value}");
            assert_eq!(headers.id("y"), None);
        }
    }

    #[test]
    fn numbers_are_whole_and_waits_are_bounded() {
        for (value, number, seconds) in [
            ("17", Some(17), Some(17)),
            (" 17 ", Some(17), Some(17)),
            ("0", Some(0), None),
            ("3601", Some(3601), Some(3600)),
            ("18446744073709551615", Some(u64::MAX), Some(3600)),
            ("18446744073709551616", None, None),
            ("-5", None, None),
            ("1.5", None, None),
            ("1e3", None, None),
            ("Sat, 21 Nov 2026 20:53:49 GMT", None, None),
            ("", None, None),
        ] {
            let map = map(value);
            let headers = Headers::new(&map);
            assert_eq!(headers.number("x"), number, "{value}");
            let read = headers.seconds("x");
            assert_eq!(read, seconds.map(Duration::from_secs), "{value}");
        }
    }

    const NOON: &str = "Sat, 21 Nov 2026 12:00:00 GMT";

    /// Reads a wait, with the gateway's clock and another one.
    fn wait(value: &'static str, date: Option<&'static str>, now: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert("date", HeaderValue::from_static(date));
        }
        let read = Headers::new(&headers).retry_after(now.parse().unwrap());
        assert!(read.is_none_or(|wait| wait.subsec_nanos() == 0));
        read.map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_in_seconds_is_rounded_up_to_whole_ones() {
        for (value, expected) in [
            ("17", Some(17)),
            (" 17 ", Some(17)),
            ("1.5", Some(2)),
            ("1.0", Some(1)),
            ("0.001", Some(1)),
            ("0", None),
            ("0.0", None),
            ("-5", None),
            ("+5", None),
            ("1e3", None),
            ("1.", None),
            (".5", None),
            ("1.5.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                wait(value, Some(NOON), "2026-11-21T12:00:00Z"),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn a_wait_until_a_date_counts_from_the_gateways_clock() {
        let until = "Sat, 21 Nov 2026 12:00:30 GMT";
        let slow = "2026-11-21T11:00:00Z";
        assert_eq!(wait(until, Some(NOON), slow), Some(30));
        // Without the gateway's clock it counts from ours.
        assert_eq!(wait(until, None, "2026-11-21T12:00:10Z"), Some(20));
        assert_eq!(
            wait(until, Some("yesterday"), "2026-11-21T12:00:10Z"),
            Some(20)
        );
        // A date that has passed is no wait.
        assert_eq!(wait(NOON, Some(NOON), slow), None);
        assert_eq!(wait(NOON, Some(until), slow), None);
        assert_eq!(wait("Sat, 21 Nov 2026", Some(NOON), slow), None);
    }

    #[test]
    fn a_date_may_have_an_obsolete_form() {
        for half_past in [
            "Sat, 21 Nov 2026 12:00:30 GMT",
            "Saturday, 21-Nov-26 12:00:30 GMT",
            "Sat Nov 21 12:00:30 2026",
        ] {
            let clock = "2026-11-21T12:00:10Z";
            assert_eq!(wait(half_past, Some(NOON), clock), Some(30), "{half_past}");
            assert_eq!(wait(half_past, None, clock), Some(20), "{half_past}");
        }
        let single_digit = "Sun Nov  1 12:00:30 2026";
        assert_eq!(wait(single_digit, None, "2026-11-01T12:00:00Z"), Some(30));
        for noon in [
            "Saturday, 21-Nov-26 12:00:00 GMT",
            "Sat Nov 21 12:00:00 2026",
        ] {
            let until = "Sat, 21 Nov 2026 12:00:30 GMT";
            let slow = "2026-11-21T11:00:00Z";
            assert_eq!(wait(until, Some(noon), slow), Some(30), "{noon}");
        }
        for odd in [
            "Saturday, 21-Nov-26",
            "Sat Nov 21 12:00:30",
            "21-Nov-26 12:00:30 GMT",
        ] {
            assert_eq!(wait(odd, None, "2026-11-21T12:00:00Z"), None, "{odd}");
        }
    }

    #[test]
    fn no_wait_is_longer_than_an_hour() {
        for value in [
            "3600",
            "3600.1",
            "86400",
            "18446744073709551616",
            "Sat, 21 Nov 2026 13:00:01 GMT",
            "Fri, 01 Jan 2100 00:00:00 GMT",
        ] {
            assert_eq!(
                wait(value, Some(NOON), "2026-11-21T12:00:00Z"),
                Some(3600),
                "{value}"
            );
        }
    }

    #[test]
    fn a_flag_is_the_word_true_alone() {
        for (value, expected) in [
            ("true", true),
            (" True ", true),
            ("1", false),
            ("false", false),
            ("truely", false),
            ("", false),
        ] {
            assert_eq!(Headers::new(&map(value)).flag("x"), expected, "{value}");
        }
    }

    #[test]
    fn the_date_is_that_of_http() {
        let read = |value| {
            let mut map = HeaderMap::new();
            map.insert("date", HeaderValue::from_static(value));
            Headers::new(&map).date()
        };
        let expected = "2026-11-21T20:53:49Z".parse().unwrap();
        assert_eq!(read("Sat, 21 Nov 2026 20:53:49 GMT"), Some(expected));
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("99999999999"), None);
    }

    #[test]
    fn debug_shows_names_alone() {
        let map = map("canary");
        assert_eq!(format!("{:?}", Headers::new(&map)), "[\"x\"]");
    }
}
