//! Waits of tests that run against real time.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// The longest wait for something that must happen.
///
/// It ends a test that would otherwise hang, before the test runner does. It is far longer than any wait takes, even on
/// a machine under load: no test may depend on its length.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The pause between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits for a future.
///
/// # Panics
/// It does not complete within [`PATIENCE`] of Tokio's clock.
pub async fn in_time<T>(what: impl Display, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.unwrap_or_else(|_| panic!("still waiting after {PATIENCE:?}: {what}"))
}

/// Checks a condition until it holds, and returns what the check found. A check that fails says why.
///
/// # Panics
/// The condition does not hold within [`PATIENCE`] of real time.
pub async fn until<T, E, F>(mut check: impl FnMut() -> F) -> T
where
    E: Display,
    F: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    loop {
        match check().await {
            Ok(found) => return found,
            Err(reason) if begun.elapsed() > PATIENCE => {
                panic!("still waiting after {PATIENCE:?}: {reason}")
            }
            Err(_) => pause().await,
        }
    }
}

/// Passes [`INTERVAL`] of real time, also where Tokio's clock is stopped.
async fn pause() {
    let slept = tokio::task::spawn_blocking(|| std::thread::sleep(INTERVAL)).await;
    slept.expect("sleeping does not panic");
}
