//! Tokio's clock in tests: stopped, or faster than real time.
//!
//! All of this works on a current-thread runtime only, which is what `#[tokio::test]` starts.

use std::sync::mpsc;
use std::time::Duration;

/// Real time between two steps of [`hastened`], and the time that passes on Tokio's clock at each.
const REAL_STEP: Duration = Duration::from_millis(10);
const TOKIO_STEP: Duration = Duration::from_millis(250);

/// Tokio's clock, stopped: no timer of the runtime fires until this value is dropped, while sockets, files and databases
/// go on. What completes meanwhile waits for no timer, whatever the speed of the machine.
#[derive(Debug)]
pub struct FrozenTime {
    _release: mpsc::Sender<()>,
}

impl FrozenTime {
    /// Stops the clock.
    ///
    /// # Panics
    /// The runtime has several threads, or its clock is stopped already.
    pub fn start() -> Self {
        tokio::time::pause();
        let (release, released) = mpsc::channel::<()>();
        // A paused clock jumps to the next timer when the runtime is idle, but not while a blocking task runs.
        tokio::task::spawn_blocking(move || released.recv());
        Self { _release: release }
    }

    /// Lets this much time pass on Tokio's clock at once.
    pub async fn advance(&self, by: Duration) {
        tokio::time::advance(by).await;
    }
}

impl Drop for FrozenTime {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}

/// Runs a future while Tokio's clock goes 25 times as fast as real time.
///
/// # Panics
/// The runtime has several threads.
pub async fn hastened<T>(work: impl Future<Output = T>) -> T {
    let haste = async {
        loop {
            tokio::time::sleep(REAL_STEP).await;
            tokio::time::pause();
            tokio::time::advance(TOKIO_STEP).await;
            tokio::time::resume();
        }
    };
    tokio::select! {
        biased;
        done = work => done,
        () = haste => unreachable!("the loop has no end"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn no_timer_fires_while_time_is_frozen() {
        let frozen = FrozenTime::start();
        let timer = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
        let real = Instant::now();
        while real.elapsed() < Duration::from_millis(50) {
            tokio::task::yield_now().await;
            assert!(!timer.is_finished());
        }
        drop(frozen);
        timer.await.unwrap();
    }

    #[tokio::test]
    async fn time_passes_faster_while_it_is_hastened() {
        let real = Instant::now();
        hastened(tokio::time::sleep(Duration::from_secs(25))).await;
        assert!(real.elapsed() < Duration::from_secs(25));
    }
}
