//! A limit of log lines about deliveries that are refused, which anyone can send who finds the address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::ConnectionRef;

/// The time between two lines about the same, in seconds.
const LOGGED_FOR: i64 = 60;

/// The number of subjects that are remembered.
const KEPT: usize = 10_000;

/// The subject of a log line: an outcome and, if it exists, the connection.
pub(crate) type Subject = (&'static str, Option<ConnectionRef>);

/// The latest line about each subject.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    latest: Mutex<HashMap<Subject, Latest>>,
}

#[derive(Debug)]
struct Latest {
    at: Timestamp,
    left_out: u64,
}

impl LogLimit {
    /// Returns the number of lines left out since the latest one about the subject, or `None` if this one
    /// is to be left out as well.
    pub(crate) fn pass(&self, subject: Subject, now: Timestamp) -> Option<u64> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent =
            |latest: &Latest| (now.as_second() - latest.at.as_second()).abs() < LOGGED_FOR;
        if let Some(known) = latest.get_mut(&subject) {
            if is_recent(known) {
                known.left_out += 1;
                return None;
            }
            known.at = now;
            return Some(std::mem::take(&mut known.left_out));
        }
        if latest.len() >= KEPT {
            latest.retain(|_, known| is_recent(known));
        }
        if latest.len() >= KEPT {
            return None;
        }
        latest.insert(
            subject,
            Latest {
                at: now,
                left_out: 0,
            },
        );
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use payment_provider_core::{ConnectionCode, OrganizationId};

    use super::*;

    fn of(code: &str) -> Subject {
        let organization = OrganizationId::new("org").unwrap();
        let connection = ConnectionRef::new(organization, ConnectionCode::new(code).unwrap());
        ("refused", Some(connection))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn one_line_a_minute_is_logged_about_each_connection() {
        let limit = LogLimit::default();
        assert_eq!(limit.pass(of("a"), at(0)), Some(0));
        assert_eq!(limit.pass(of("a"), at(1)), None);
        assert_eq!(limit.pass(of("b"), at(1)), Some(0));
        assert_eq!(limit.pass(of("a"), at(59)), None);
        assert_eq!(limit.pass(of("a"), at(60)), Some(2));
        assert_eq!(limit.pass(of("a"), at(119)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_stops_no_lines() {
        let limit = LogLimit::default();
        assert_eq!(limit.pass(of("a"), at(10_000)), Some(0));
        assert_eq!(limit.pass(of("a"), at(0)), Some(0));
    }

    #[test]
    fn the_memory_is_limited() {
        let limit = LogLimit::default();
        for number in 0..20_000 {
            limit.pass(of(&format!("c{number}")), at(0));
        }
        assert_eq!(limit.latest.lock().unwrap().len(), KEPT);
        assert_eq!(limit.pass(of("later"), at(60)), Some(0));
    }
}
