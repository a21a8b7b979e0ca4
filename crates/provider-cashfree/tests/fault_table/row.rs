//! The table, read.

use std::fmt;
use std::str::FromStr;

use cashfree_simulator::ApiFault;

use crate::breaks::Break;

/// What the provider is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    Check,
    Customer,
    Create,
    Fetch,
    Cancel,
    Payments,
}

impl Task {
    const ALL: [(&str, Self); 6] = [
        ("check", Self::Check),
        ("customer", Self::Customer),
        ("create", Self::Create),
        ("fetch", Self::Fetch),
        ("cancel", Self::Cancel),
        ("payments", Self::Payments),
    ];

    /// Those that call the gateway. A customer is linked without.
    pub(crate) fn calling() -> impl Iterator<Item = (&'static str, Self)> {
        let all = Self::ALL.into_iter();
        all.filter(|(_, task)| *task != Self::Customer)
    }

    /// The call that a fault of this task hits unless the row says otherwise.
    pub(crate) const fn call(self) -> char {
        match self {
            Self::Check | Self::Fetch | Self::Customer => 'G',
            Self::Create => 'P',
            Self::Cancel => 'C',
            Self::Payments => 'O',
        }
    }
}

/// What goes wrong, with which kind of call, how often.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) call: char,
    pub(crate) times: u32,
    /// The seconds that a rate limit tells to wait, or the milliseconds of a delay.
    pub(crate) number: Option<u32>,
}

impl Trouble {
    pub(crate) fn limits_rate(&self) -> bool {
        self.name.starts_with("rate_limited")
    }

    /// Whether the caller has to wait until its time is up.
    pub(crate) fn keeps_waiting(&self) -> bool {
        match self.what {
            What::Wire(how) => how.keeps_waiting(),
            What::Gateway(_) => !self.limits_rate() && self.number >= Some(1000),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Gateway(ApiFault),
    Wire(Break),
}

/// One line of the table: a case, and what must come of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) task: Task,
    pub(crate) before: String,
    pub(crate) troubles: Vec<Trouble>,
    /// The columns of the case as they are written, to be shown.
    case: [String; 3],
    pub(crate) expected: Outcome,
}

/// What came of a case.
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
        let [task, before, troubles] = &self.case;
        format!("{task:<8} {before:<15} {troubles:<41} {outcome}")
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

/// All rows.
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
        troubles,
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
        troubles: troubles
            .split(',')
            .filter(|text| *text != "-")
            .map(|text| trouble(text, kind))
            .collect(),
        case: [task, before, troubles].map(own),
        expected: Outcome {
            result: own(result),
            requests: own(requests),
            gateway: own(gateway),
            again: own(again),
            again_requests: own(again_requests),
        },
    }
}

/// `call:name(number)*times`, of which only the name is needed. `*` alone is always.
fn trouble(text: &str, task: Task) -> Trouble {
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
    let what = ApiFault::from_str(name)
        .map(What::Gateway)
        .or_else(|_| name.parse().map(What::Wire))
        .unwrap_or_else(|()| panic!("no such fault: {name}"));
    Trouble {
        name: name.to_owned(),
        what,
        call,
        times,
        number,
    }
}
