//! Measurements under load. Each is a test that also runs, smaller, with all tests; here it is longer and prints its
//! figures.

mod edge;

use crate::report::Report;

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bench {
    /// Genuine webhooks among unfinished connections.
    Edge,
}

impl Bench {
    /// The names of all measurements.
    pub(crate) const NAMES: &[&str] = &["edge"];

    /// Returns the measurement with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "edge" => Some(Self::Edge),
            _ => None,
        }
    }

    /// Runs the measurement.
    pub(crate) fn run(self, report: &mut Report) {
        match self {
            Self::Edge => edge::measure(report),
        }
    }
}
