//! The two sizes of a run.

use std::time::Duration;

/// The variable that selects the whole size.
const WHOLE: &str = "ISOLATION_WHOLE";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) is_whole: bool,
    /// The number of payments whose time to posting is measured, alone and then beside.
    pub(crate) payments: usize,
    /// The time between two of these payments.
    pub(crate) pace: Duration,
    /// The number of deliveries that wait for a gateway that hangs.
    pub(crate) waiting_fetches: usize,
    /// The events of a flood, per second.
    pub(crate) flood_per_second: u32,
    /// The number of payments of one checkout.
    pub(crate) long_list: usize,
}

impl Size {
    pub(crate) fn of_this_run() -> Self {
        if std::env::var_os(WHOLE).is_some() {
            Self {
                is_whole: true,
                payments: 300,
                pace: Duration::from_millis(200),
                waiting_fetches: 1_000,
                flood_per_second: 200,
                long_list: 3_000,
            }
        } else {
            Self {
                is_whole: false,
                payments: 20,
                pace: Duration::from_millis(150),
                waiting_fetches: 60,
                flood_per_second: 50,
                long_list: 60,
            }
        }
    }

    /// Returns the allowed factor: the target, or ten times it in a small run.
    pub(crate) fn allowed(self, target: u32) -> u32 {
        if self.is_whole { target } else { 10 * target }
    }
}
