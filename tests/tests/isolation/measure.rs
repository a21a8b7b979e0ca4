//! The figures of a measurement, and their comparison.

use std::time::Duration;

use crate::ground::Store;

/// A time to posting below this is within the noise of a shared machine, and counts as this long.
const NOISE: Duration = Duration::from_millis(10);

/// The times until payments were posted, in ascending order.
#[derive(Debug)]
pub(crate) struct Times {
    times: Vec<Duration>,
    /// The length of the measurement.
    pub(crate) length: Duration,
}

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>, length: Duration) -> Self {
        times.sort_unstable();
        Self { times, length }
    }

    /// Returns the time below which this percentage of all times lies.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }

    /// Returns the median, the 99th percentile and the longest, for people.
    pub(crate) fn percentiles(&self) -> String {
        let [median, most, longest] = [50, 99, 100].map(|percent| self.percentile(percent));
        format!("p50 {median:.1?}, p99 {most:.1?}, longest {longest:.1?}")
    }

    fn line(&self) -> String {
        let [median, most, longest] = [50, 95, 100].map(|percent| self.percentile(percent));
        format!("median {median:.1?}, 95 % {most:.1?}, longest {longest:.1?}")
    }
}

/// Prints both, and asserts that the median and the 95th percentile grew by at most this factor.
pub(crate) fn compare(title: &str, store: Store, alone: &Times, beside: &Times, factor: u32) {
    println!(
        "{title}, {store:?}, time to posting of {} payments:",
        beside.times.len()
    );
    println!("  alone:  {}", alone.line());
    println!("  beside: {}", beside.line());
    for percent in [50, 95] {
        let limit = alone.percentile(percent).max(NOISE) * factor;
        let found = beside.percentile(percent);
        assert!(
            found <= limit,
            "{title}, {store:?}: {percent} % are posted within {found:.1?}, more than {factor} times as long as alone"
        );
    }
}
