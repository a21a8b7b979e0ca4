//! Measurements under load. Each is a test that also runs, smaller, with all tests; here it is longer and prints its
//! figures.

mod audit;
mod edge;
mod isolation;
mod retention;

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
    /// The intake of webhooks beside the end of old deliveries.
    Retention {
        /// The number of old deliveries.
        deliveries: u64,
    },
}

/// The number of old deliveries of the measurement `retention`.
const DELIVERIES: u64 = 1_000_000;

impl Bench {
    /// The names of all measurements.
    pub(crate) const NAMES: &[&str] = &["audit", "edge", "isolation", "retention"];

    /// Returns the measurement with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "audit" => Some(Self::Audit),
            "edge" => Some(Self::Edge),
            "isolation" => Some(Self::Isolation),
            "retention" => Some(Self::Retention {
                deliveries: DELIVERIES,
            }),
            _ => None,
        }
    }

    /// Runs the measurement.
    pub(crate) fn run(self, report: &mut Report) {
        match self {
            Self::Audit => audit::measure(report),
            Self::Edge => edge::measure(report),
            Self::Isolation => isolation::measure(report),
            Self::Retention { deliveries } => retention::measure(report, deliveries),
        }
    }
}
