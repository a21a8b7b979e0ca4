//! Measurements under load. Each is a test that also runs, smaller, with all tests; here it is longer and prints its
//! figures.

mod audit;
mod edge;
mod isolation;

use crate::report::Report;

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bench {
    /// The books of the gateway against those of the application, while everything fails.
    Audit,
    /// Genuine webhooks among unfinished connections.
    Edge,
    /// The delay of one organization beside another's load.
    Isolation,
}

impl Bench {
    /// The names of all measurements.
    pub(crate) const NAMES: &[&str] = &["audit", "edge", "isolation"];

    /// Returns the measurement with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "audit" => Some(Self::Audit),
            "edge" => Some(Self::Edge),
            "isolation" => Some(Self::Isolation),
            _ => None,
        }
    }

    /// Runs the measurement.
    pub(crate) fn run(self, report: &mut Report) {
        match self {
            Self::Audit => audit::measure(report),
            Self::Edge => edge::measure(report),
            Self::Isolation => isolation::measure(report),
        }
    }
}
