//! Requests at a steady pace, so that a slow answer delays none of the later requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

/// The number of requests of a flood that wait for an answer at a time.
const AT_ONCE: usize = 64;

/// Events that one organization receives without pause.
#[derive(Debug)]
pub(crate) struct Flood {
    stop: watch::Sender<bool>,
    running: JoinHandle<usize>,
}

impl Flood {
    /// Starts to send, this often per second. `send` is given the number of the event.
    pub(crate) fn start<F>(per_second: u32, send: impl Fn(usize) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(async move {
            let mut ticks = interval(Duration::from_secs(1) / per_second);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let room = Arc::new(Semaphore::new(AT_ONCE));
            let mut sending = JoinSet::new();
            let mut number = 0;
            while !*stopped.borrow() {
                ticks.tick().await;
                let permit = Arc::clone(&room).acquire_owned().await.expect("it is open");
                let request = send(number);
                sending.spawn(async move {
                    request.await;
                    drop(permit);
                });
                number += 1;
                while let Some(done) = sending.try_join_next() {
                    done.expect("the event is accepted");
                }
            }
            while let Some(done) = sending.join_next().await {
                done.expect("the event is accepted");
            }
            number
        });
        Self { stop, running }
    }

    /// Stops, and returns the number of events sent.
    pub(crate) async fn stop(self) -> usize {
        self.stop.send_replace(true);
        self.running.await.expect("every event is accepted")
    }
}
