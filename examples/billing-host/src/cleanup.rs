//! Deletes the rows that no longer say anything: sign-outs of sessions that have expired since, and the
//! answers of requests with an idempotency key after a day.

use std::time::Duration;

use payment_provider_host::Host;
use tokio::time::MissedTickBehavior;

use crate::tables::{TableError, in_tx};
use crate::{idempotency, session_table};

/// Interval between two cleanups.
const INTERVAL: Duration = Duration::from_mins(1);
/// Most rows that one transaction deletes, so that other writers wait only briefly.
const BATCH: i64 = 200;

/// Deletes rows again and again.
pub(crate) async fn run(host: Host) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = delete_old_rows(&host).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "rows that are no longer needed could not be deleted"
            );
        }
    }
}

/// Seconds for which a sign-out is kept after its session has ended, since the clocks of the processes differ.
const CLOCK_MARGIN: i64 = 24 * 60 * 60;

async fn delete_old_rows(host: &Host) -> Result<(), TableError> {
    let now = host.clock().now();
    let ended = now.as_second() - CLOCK_MARGIN;
    delete_batches(host, session_table::DELETE_EXPIRED, ended).await?;
    let before = idempotency::oldest_kept(now);
    delete_batches(host, idempotency::DELETE_EXPIRED, before).await
}

/// Runs a statement that deletes at most `$2` rows from before `$1`, until it finds none.
async fn delete_batches(
    host: &Host,
    statement: &'static str,
    before: i64,
) -> Result<(), TableError> {
    loop {
        let mut tx = host.begin().await?;
        let deleted = in_tx!(&mut tx, connection => {
            let delete = sqlx::query(statement).bind(before).bind(BATCH);
            delete.execute(connection).await?.rows_affected()
        });
        host.commit(tx).await?;
        if deleted == 0 {
            return Ok(());
        }
    }
}
