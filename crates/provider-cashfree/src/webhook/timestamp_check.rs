use std::time::Duration;

use jiff::Timestamp;
use payment_provider_core::TimestampCheck;

/// The acceptance window: the maximum distance between the signed timestamp of a delivery and its
/// arrival for its content to be trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    past: i128,
    future: i128,
}

impl Window {
    pub(crate) fn new(past: Duration, future: Duration) -> Self {
        let nanoseconds = |limit: Duration| i128::try_from(limit.as_nanos()).unwrap_or(i128::MAX);
        Self {
            past: nanoseconds(past),
            future: nanoseconds(future),
        }
    }

    /// Compares the timestamp with the arrival. A timestamp that cannot be read counts as stale:
    /// the delivery is genuine, but of unknown age.
    pub(super) fn judge(
        self,
        sent_at: Option<Timestamp>,
        received_at: Timestamp,
    ) -> TimestampCheck {
        let Some(sent_at) = sent_at else {
            return TimestampCheck::Stale;
        };
        let received = received_at.as_nanosecond();
        let age = received.saturating_sub(sent_at.as_nanosecond());
        if age > self.past {
            TimestampCheck::Stale
        } else if age.saturating_neg() > self.future {
            TimestampCheck::FromFuture
        } else {
            TimestampCheck::Fresh
        }
    }
}

/// Reads a timestamp: 13 digits are milliseconds, the documented form; 10 digits are seconds.
pub(super) fn sent_at(timestamp: &str) -> Option<Timestamp> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match timestamp.len() {
        10 => Timestamp::from_second(timestamp.parse().ok()?).ok(),
        13 => Timestamp::from_millisecond(timestamp.parse().ok()?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn stamps_of_seconds_and_of_milliseconds_are_read() {
        let expected = "2021-08-18T07:25:06Z".parse().unwrap();
        assert_eq!(sent_at("1629271506"), Some(expected));
        assert_eq!(sent_at("1629271506000"), Some(expected));
        assert!(sent_at("9999999999999").is_some());
        assert!(sent_at("0000000000").is_some());
        let odd = [
            "",
            "-1",
            "+1629271506",
            "1629271506.0",
            " 1629271506",
            "16292715060",
            "162927150600000",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999999999999999999999999",
            "now",
            "12345678\u{0669}",
        ];
        for odd in odd {
            assert_eq!(sent_at(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn the_window_includes_its_borders() {
        let window = Window::new(Duration::from_hours(24), Duration::from_mins(10));
        let sent = "2026-01-01T00:00:00Z".parse().unwrap();
        let nanosecond = jiff::SignedDuration::from_nanos(1);
        let judged = |received| window.judge(Some(sent), received);
        assert_eq!(judged(sent), TimestampCheck::Fresh);
        assert_eq!(
            judged(sent + jiff::SignedDuration::from_hours(24)),
            TimestampCheck::Fresh
        );
        let after = sent + jiff::SignedDuration::from_hours(24) + nanosecond;
        assert_eq!(judged(after), TimestampCheck::Stale);
        assert_eq!(
            judged(sent - jiff::SignedDuration::from_mins(10)),
            TimestampCheck::Fresh
        );
        let before = sent - jiff::SignedDuration::from_mins(10) - nanosecond;
        assert_eq!(judged(before), TimestampCheck::FromFuture);
        assert_eq!(window.judge(None, sent), TimestampCheck::Stale);
    }

    #[test]
    fn the_widest_window_and_the_farthest_times_do_no_harm() {
        let window = Window::new(Duration::MAX, Duration::MAX);
        let first = Timestamp::MIN;
        let last = Timestamp::MAX;
        assert_eq!(window.judge(Some(first), last), TimestampCheck::Fresh);
        assert_eq!(window.judge(Some(last), first), TimestampCheck::Fresh);
        let none = Window::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(none.judge(Some(first), last), TimestampCheck::Stale);
        assert_eq!(none.judge(Some(last), first), TimestampCheck::FromFuture);
        assert_eq!(none.judge(Some(last), last), TimestampCheck::Fresh);
    }
}
