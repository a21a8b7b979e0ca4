//! Idempotency keys: a request that is sent again with the same key creates nothing and leads to the first result.
//!
//! A key is claimed before the request runs. Its answer is stored in the transaction that creates, so the two
//! never differ. A request with a key runs to its end even if the client disconnects, and a request that fails
//! releases its key before the client gets the error. Only a process that dies leaves a claim, which ends after
//! [`LEASE`].

mod answer;
mod attempt;
mod body_hash;
mod form_key;
mod header;
mod request;
mod table;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::time::Duration;

use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use payment_provider_host::Host;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

pub(crate) use answer::Answer;
pub(crate) use attempt::Attempt;
pub(crate) use body_hash::BodyHashKeys;
pub(crate) use form_key::{FORM_KEY, FormKey, of_form};
pub(crate) use header::IdempotencyKey;
pub(crate) use request::KeyedRequest;
pub(crate) use table::DELETE_EXPIRED;
use table::{Found, Row};

use crate::problem::Problem;

/// Time for which an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Time for which a claim keeps other requests with the same key out.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Longest wait of a form for an earlier submission of it.
const FORM_WAIT: Duration = Duration::from_secs(5);
/// Interval at which a waiting form looks for the answer of the earlier submission.
const FORM_POLL: Duration = Duration::from_millis(100);

/// Returns the time, in milliseconds, since which answers are kept.
pub(crate) fn oldest_kept(now: Timestamp) -> i64 {
    now.as_millisecond() - KEPT.as_secs() * 1000
}

/// Outcome of a request that may be a repetition.
pub(crate) enum Outcome<T, E> {
    /// The request ran.
    Ran(Result<T, E>),
    /// The request was answered before, and did not run.
    Repeated(Answer),
}

/// State of a key at the start of a request.
enum Start {
    Run(Attempt),
    Replay(Answer),
    /// An earlier request with the key has no answer yet.
    Running,
}

/// Runs requests at most once for each key.
#[derive(Debug, Clone)]
pub(crate) struct Idempotency {
    host: Host,
    keys: BodyHashKeys,
    /// Requests with a key, which run to their end.
    tasks: TaskTracker,
}

impl Idempotency {
    pub(crate) fn new(host: Host, keys: BodyHashKeys) -> Self {
        let tasks = TaskTracker::new();
        Self { host, keys, tasks }
    }

    /// Waits for the requests that still run, which may belong to clients that have disconnected.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs a request unless one with the same key was answered. `work` has to
    /// [record](Attempt::record) its answer in the transaction that creates.
    ///
    /// # Errors
    /// Returns a problem if the key was used for another body, or if its first request still runs.
    ///
    /// # Cancellation
    /// A request with a key goes on if the returned future is dropped.
    pub(crate) async fn run<T, E, F>(
        &self,
        request: KeyedRequest,
        work: impl FnOnce(Attempt) -> F + Send + 'static,
    ) -> Result<Outcome<T, E>, Problem>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.run_after(Duration::ZERO, request, work).await
    }

    /// Runs a form unless it was submitted before. Waits briefly for a submission that still runs, because a
    /// browser shows only the answer to the last one.
    pub(crate) async fn run_form<T, E, F>(
        &self,
        request: KeyedRequest,
        work: impl FnOnce(Attempt) -> F + Send + 'static,
    ) -> Result<Outcome<T, E>, Problem>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.run_after(FORM_WAIT, request, work).await
    }

    /// Runs a request, and waits this long for an earlier one with the same key.
    async fn run_after<T, E, F>(
        &self,
        patience: Duration,
        request: KeyedRequest,
        work: impl FnOnce(Attempt) -> F + Send + 'static,
    ) -> Result<Outcome<T, E>, Problem>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        if request.key.is_none() {
            return Ok(Outcome::Ran(work(Attempt::unkeyed()).await));
        }
        let this = self.clone();
        let tracked = async move { this.run_keyed(patience, request, work).await };
        let tracked = tracked.in_current_span();
        let outcome = self.tasks.spawn(tracked).await;
        outcome.unwrap_or_else(|_| Err(Problem::unavailable()))
    }

    async fn run_keyed<T, E, F>(
        &self,
        patience: Duration,
        request: KeyedRequest,
        work: impl FnOnce(Attempt) -> F + Send + 'static,
    ) -> Result<Outcome<T, E>, Problem>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let attempt = match self.start_after(patience, &request).await? {
            Start::Run(attempt) => attempt,
            Start::Replay(answer) => return Ok(Outcome::Repeated(answer)),
            Start::Running => return Err(request.source.running()),
        };
        // In a task of its own, so that a panic releases the key as well.
        let work = work(attempt.clone()).in_current_span();
        let ran = self.tasks.spawn(work).await;
        if !matches!(ran, Ok(Ok(_))) {
            attempt.release(&self.host).await;
        }
        ran.map(Outcome::Ran).map_err(|error| {
            tracing::error!(%error, "a request with an idempotency key failed");
            Problem::unavailable()
        })
    }

    /// Starts a request once an earlier one with the same key has ended, or after this wait.
    async fn start_after(
        &self,
        patience: Duration,
        request: &KeyedRequest,
    ) -> Result<Start, Problem> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let start = self.start(request).await?;
            let is_late = tokio::time::Instant::now() >= deadline;
            if is_late || !matches!(start, Start::Running) {
                return Ok(start);
            }
            tokio::time::sleep(FORM_POLL).await;
        }
    }

    /// Claims the key of a request, or returns the answer to an earlier request with it.
    async fn start(&self, request: &KeyedRequest) -> Result<Start, Problem> {
        let Some(key) = &request.key else {
            return Ok(Start::Run(Attempt::unkeyed()));
        };
        let (host, source) = (&self.host, request.source);
        let row = Row::new(&request.organization, request.route, key.clone());
        let scope = request.scope(key);
        let hash = self.keys.hash(&scope, &request.body);
        let now = host.clock().now();
        let oldest_kept = oldest_kept(now);
        let now = now.as_millisecond();
        let lease_until = now + LEASE.as_secs() * 1000;
        let mut tx = host.begin().await?;
        let found = if row.insert(&mut tx, &hash, now, lease_until).await? {
            None
        } else {
            let Some(found) = row.find(&mut tx).await? else {
                // It was released between the two statements: the client tries again.
                return Ok(Start::Running);
            };
            Some(found)
        };
        let first_at = match found {
            None => None,
            Some(found) if found.created_at < oldest_kept => {
                let replaced = row.replace(&mut tx, &found, &hash, now, lease_until);
                if !replaced.await? {
                    return Ok(Start::Running);
                }
                None
            }
            Some(found)
                if !self
                    .keys
                    .is_hash_of(&found.body_hash, &scope, &request.body) =>
            {
                return Err(source.other_body());
            }
            Some(Found {
                status: Some(status),
                answer: Some(answer),
                ..
            }) => {
                let answer = Answer::stored(status, &answer, source);
                return answer.map(Start::Replay).ok_or_else(Problem::unavailable);
            }
            // The clock was set back since: no claim lasts longer than a lease from now.
            Some(found) if found.lease_until > lease_until => {
                row.cap_lease(&mut tx, &found, lease_until).await?;
                host.commit(tx).await?;
                return Ok(Start::Running);
            }
            Some(found) if found.lease_until > now => return Ok(Start::Running),
            Some(found) => {
                if !row.take_over(&mut tx, &found, lease_until).await? {
                    return Ok(Start::Running);
                }
                Some(found.created_at)
            }
        };
        host.commit(tx).await?;
        Ok(Start::Run(Attempt::of(row, source, first_at)))
    }
}
