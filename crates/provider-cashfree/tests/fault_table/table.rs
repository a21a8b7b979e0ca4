//! Parser of the table.

use std::fmt;
use std::str::FromStr;

use cashfree_simulator::ApiFault;

use super::wire_faults::WireFault;

/// An operation of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    Check,
    Customer,
    Create,
    Fetch,
    Cancel,
    Payments,
    Refunds,
}

impl Task {
    const ALL: [(&str, Self); 7] = [
        ("check", Self::Check),
        ("customer", Self::Customer),
        ("create", Self::Create),
        ("fetch", Self::Fetch),
        ("cancel", Self::Cancel),
        ("payments", Self::Payments),
        ("refunds", Self::Refunds),
    ];

    /// Returns the operations that call the gateway. Linking a customer does not.
    pub(crate) fn calling() -> impl Iterator<Item = (&'static str, Self)> {
        let all = Self::ALL.into_iter();
        all.filter(|(_, task)| *task != Self::Customer)
    }

    /// Returns the call that a fault hits unless the row names another.
    pub(crate) const fn call(self) -> char {
        match self {
            Self::Check | Self::Fetch | Self::Customer => 'G',
            Self::Create => 'P',
            Self::Cancel => 'C',
            Self::Payments => 'O',
            Self::Refunds => 'R',
        }
    }
}

/// A fault, the kind of call it hits, and the number of times.
#[derive(Debug, Clone)]
pub(crate) struct InjectedFault {
    pub(crate) name: String,
    pub(crate) kind: FaultKind,
    pub(crate) call: char,
    pub(crate) times: u32,
    /// The delay of a rate limit in seconds, or a response delay in milliseconds.
    pub(crate) number: Option<u32>,
}

impl InjectedFault {
    pub(crate) fn limits_rate(&self) -> bool {
        self.name.starts_with("rate_limited")
    }

    /// Returns true if the caller waits until its timeout.
    pub(crate) fn hangs(&self) -> bool {
        match self.kind {
            FaultKind::Connection(how) => how.hangs(),
            FaultKind::Gateway(_) => !self.limits_rate() && self.number >= Some(1000),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Gateway(ApiFault),
    Connection(WireFault),
}

/// One line of the table: a case and its expected outcome.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) task: Task,
    pub(crate) before: String,
    pub(crate) faults: Vec<InjectedFault>,
    /// The columns of the case as written, for display.
    case: [String; 3],
    pub(crate) expected: Outcome,
}

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) result: String,
    pub(crate) requests: String,
    pub(crate) gateway: String,
    pub(crate) again: String,
    pub(crate) again_requests: String,
}

impl Row {
    pub(crate) fn with(&self, outcome: &Outcome) -> String {
        let [task, before, faults] = &self.case;
        format!("{task:<8} {before:<15} {faults:<41} {outcome}")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            result,
            requests,
            gateway,
            again,
            again_requests,
        } = self;
        write!(
            f,
            "{result:<38} {requests:<20} {gateway:<11} {again:<37} {again_requests}"
        )
    }
}

/// Returns all rows.
pub(crate) fn rows() -> Vec<Row> {
    let lines = include_str!("rows.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(row)
        .collect()
}

fn row(line: &str) -> Row {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [
        task,
        before,
        faults,
        result,
        requests,
        gateway,
        again,
        again_requests,
    ] = columns[..]
        .try_into()
        .unwrap_or_else(|_| panic!("not eight columns: {line}"));
    let found = Task::ALL.into_iter().find(|(name, _)| *name == task);
    let (_, kind) = found.unwrap_or_else(|| panic!("no such task: {line}"));
    let own = String::from;
    Row {
        task: kind,
        before: own(before),
        faults: faults
            .split(',')
            .filter(|text| *text != "-")
            .map(|text| fault(text, kind))
            .collect(),
        case: [task, before, faults].map(own),
        expected: Outcome {
            result: own(result),
            requests: own(requests),
            gateway: own(gateway),
            again: own(again),
            again_requests: own(again_requests),
        },
    }
}

/// Parses `call:name(number)*times`, of which only the name is required. A `*` without a number
/// means always.
fn fault(text: &str, task: Task) -> InjectedFault {
    let (rest, times) = match text.split_once('*') {
        Some((rest, "")) => (rest, u32::MAX),
        Some((rest, times)) => (rest, times.parse().unwrap()),
        None => (text, 1),
    };
    let (rest, number) = match rest.split_once('(') {
        Some((rest, number)) => (rest, Some(number.trim_end_matches(')').parse().unwrap())),
        None => (rest, None),
    };
    let (call, name) = match rest.split_once(':') {
        Some((call, name)) => (call.parse().unwrap(), name),
        None => (task.call(), rest),
    };
    let kind = ApiFault::from_str(name)
        .map(FaultKind::Gateway)
        .or_else(|_| name.parse().map(FaultKind::Connection))
        .unwrap_or_else(|()| panic!("no such fault: {name}"));
    InjectedFault {
        name: name.to_owned(),
        kind,
        call,
        times,
        number,
    }
}
