//! Two processes with sixteen callers on one database, all at once.

mod checkouts;
mod connections;
mod deliveries;
mod payments;

use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;
use payment_provider_host::prelude::*;
use tokio::sync::Barrier;

use crate::fixture::Bench;
use crate::fixture::database::Database;

const CALLERS: usize = 16;

/// A bench and the runtime of a second process.
async fn two(database: Database) -> (Bench, Host) {
    let bench = Bench::new(database).await;
    let other = bench.another_process().await;
    (bench, other)
}

/// Runs sixteen callers, every other one in the second process, all from the same moment on.
async fn together<T, F>((bench, other): (&Bench, &Host), call: impl Fn(usize, Host) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CALLERS));
    let callers = (0..CALLERS).map(|caller| {
        let host = if caller % 2 == 0 { &bench.host } else { other };
        let (work, start) = (call(caller, host.clone()), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            work.await
        })
    });
    let done = join_all(callers.collect::<Vec<_>>()).await;
    done.into_iter().map(Result::unwrap).collect()
}
