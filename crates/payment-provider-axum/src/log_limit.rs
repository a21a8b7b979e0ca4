//! A limit of log lines about deliveries that are refused, which anyone can send who finds the address.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::ConnectionRef;

/// The time between two lines about the same, in seconds.
const LOGGED_FOR: i64 = 60;

/// The number of connections that are remembered, each with an outcome.
const KEPT: usize = 10_000;

/// The subject of a log line: an outcome and, if it exists, the connection.
pub(crate) type Subject = (&'static str, Option<ConnectionRef>);

/// The latest line about each subject, and the number of lines left out since.
///
/// Each line that is left out is counted once, in a later line about its subject, or in what
/// [`overdue`](Self::overdue) and [`rest`](Self::rest) return.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    latest: HashMap<Subject, Latest>,
    /// The time at which overdue numbers were looked for last.
    looked_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Latest {
    at: Timestamp,
    left_out: u64,
}

impl Latest {
    fn is_recent(&self, now: Timestamp) -> bool {
        is_recent(self.at, now)
    }
}

/// Returns true if less than [`LOGGED_FOR`] is between two times; the clock may have been set back.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    (now.as_second() - at.as_second()).abs() < LOGGED_FOR
}

impl LogLimit {
    /// Returns the number of lines left out since the latest one about the subject, or `None` if this one
    /// is to be left out as well.
    ///
    /// If too many connections are remembered, the line is left out and counted for the outcome alone.
    pub(crate) fn pass(&self, subject: Subject, now: Timestamp) -> Option<u64> {
        let mut state = self.state();
        let latest = &mut state.latest;
        if let Some(known) = latest.get_mut(&subject) {
            if known.is_recent(now) {
                known.left_out += 1;
                return None;
            }
            known.at = now;
            return Some(std::mem::take(&mut known.left_out));
        }
        if latest.len() >= KEPT && subject.1.is_some() {
            // The number of lines left out is kept, and printed as overdue.
            latest.retain(|_, known| known.is_recent(now) || known.left_out > 0);
        }
        let first = Latest {
            at: now,
            left_out: 0,
        };
        if latest.len() < KEPT || subject.1.is_none() {
            latest.insert(subject, first);
            return Some(0);
        }
        latest.entry((subject.0, None)).or_insert(first).left_out += 1;
        None
    }

    /// Returns the subjects of which lines were left out, and whose latest line is a minute old, each with
    /// the number of these lines. Looks for them at most once a minute.
    pub(crate) fn overdue(&self, now: Timestamp) -> Vec<(Subject, u64)> {
        let mut state = self.state();
        if state.looked_at.is_some_and(|at| is_recent(at, now)) {
            return Vec::new();
        }
        state.looked_at = Some(now);
        let old = state.latest.extract_if(|_, known| !known.is_recent(now));
        counted(old)
    }

    /// Returns all subjects of which lines were left out, each with the number of these lines.
    pub(crate) fn rest(&self) -> Vec<(Subject, u64)> {
        counted(self.state().latest.drain())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the numbers of lines that were left out.
fn counted(latest: impl Iterator<Item = (Subject, Latest)>) -> Vec<(Subject, u64)> {
    latest
        .map(|(subject, known)| (subject, known.left_out))
        .filter(|(_, left_out)| *left_out > 0)
        .collect()
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
        assert_eq!(limit.state().latest.len(), KEPT + 1);
        assert_eq!(limit.pass(of("later"), at(60)), Some(0));
    }

    #[test]
    fn lines_left_out_of_a_connection_that_is_silent_afterwards_are_counted_a_minute_later() {
        let limit = LogLimit::default();
        assert_eq!(limit.overdue(at(0)), []);
        limit.pass(of("a"), at(1));
        limit.pass(of("a"), at(2));
        limit.pass(of("a"), at(3));
        limit.pass(of("quiet"), at(3));
        assert_eq!(limit.overdue(at(60)), [], "its latest line is recent");
        assert_eq!(limit.overdue(at(120)), [(of("a"), 2)]);
        assert_eq!(limit.overdue(at(180)), []);
        assert_eq!(limit.pass(of("a"), at(181)), Some(0));
        limit.pass(of("a"), at(182));
        assert_eq!(limit.rest(), [(of("a"), 1)]);
        assert_eq!(limit.rest(), []);
    }

    #[test]
    fn each_line_is_printed_or_counted_once_however_many_connections_there_are() {
        let limit = LogLimit::default();
        let (mut lines, mut counted) = (0, 0);
        let mut sent = 0;
        for step in 0..12 {
            let now = at(step * 25);
            counted += limit.overdue(now).iter().map(|(_, left)| left).sum::<u64>();
            for number in 0..12_000 {
                for _ in 0..2 {
                    sent += 1;
                    let code = format!("c{}", number + step * 3_000);
                    if let Some(left_out) = limit.pass(of(&code), now) {
                        lines += 1;
                        counted += left_out;
                    }
                }
            }
        }
        counted += limit.rest().iter().map(|(_, left)| left).sum::<u64>();
        assert_eq!(lines + counted, sent);
    }
}
