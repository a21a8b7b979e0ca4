//! Idempotency keys: a request that is sent again with the same key creates nothing and gets the first answer.
//!
//! A key is claimed before the request runs. Its answer is stored in the transaction that creates, so the two
//! never differ. The claim of a process that died ends after [`LEASE`].

mod header;
mod table;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header as http_header};
use axum::response::{IntoResponse, Response};
use payment_provider_core::OrganizationId;
use payment_provider_core::reexport::jiff::{SignedDuration, Timestamp};
use payment_provider_host::{Host, Transaction};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use header::IdempotencyKey;
pub(crate) use table::DELETE_EXPIRED;
use table::{Found, Row};

use crate::problem::Problem;

/// Time for which an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Time for which a claim keeps other requests with the same key out.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Header of a repeated answer.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Returns the time, in milliseconds, since which answers are kept.
pub(crate) fn oldest_kept(now: Timestamp) -> i64 {
    now.as_millisecond() - KEPT.as_secs() * 1000
}

/// The start of a request.
pub(crate) enum Start {
    /// The request runs.
    Run(Attempt),
    /// The answer of the first request.
    Replay(Response),
}

/// A request that runs. If it is dropped without an answer, the key can be used again.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// `None` for a request without a key.
    claim: Option<Claim>,
}

#[derive(Debug)]
struct Claim {
    host: Host,
    row: Row,
    /// The time of the first request with the key, in milliseconds.
    first_at: Option<i64>,
    is_released_on_drop: bool,
}

impl IdempotencyKey {
    /// Claims the key for a request, if it has one.
    pub(crate) async fn start(
        self,
        host: &Host,
        organization: &OrganizationId,
        route: &'static str,
        body: &Bytes,
    ) -> Result<Start, Problem> {
        let Some(key) = self.0 else {
            return Ok(Start::Run(Attempt { claim: None }));
        };
        let row = Row::new(organization, route, key);
        let hash = Sha256::digest(body);
        let now = host.clock().now().as_millisecond();
        let lease_until = now + LEASE.as_secs() * 1000;
        let mut tx = host.begin().await?;
        let found = if row.insert(&mut tx, &hash, now, lease_until).await? {
            None
        } else {
            // It was released between the two statements: the client tries again.
            Some(row.find(&mut tx).await?.ok_or_else(running)?)
        };
        let first_at = match found {
            None => None,
            Some(found) if found.created_at < oldest_kept(host.clock().now()) => {
                let replaced = row.replace(&mut tx, &found, &hash, now, lease_until);
                if !replaced.await? {
                    return Err(running());
                }
                None
            }
            Some(found) if *found.body_hash != *hash => return Err(other_body()),
            Some(Found {
                status: Some(status),
                answer: Some(answer),
                ..
            }) => return Ok(Start::Replay(replay(status, answer))),
            Some(found) if found.lease_until > now => return Err(running()),
            Some(found) => {
                if !row.take_over(&mut tx, &found, lease_until).await? {
                    return Err(running());
                }
                Some(found.created_at)
            }
        };
        host.commit(tx).await?;
        let claim = Claim {
            host: host.clone(),
            row,
            first_at,
            is_released_on_drop: true,
        };
        let claim = Some(claim);
        Ok(Start::Run(Attempt { claim }))
    }
}

impl Attempt {
    /// Stores the answer in the transaction that creates. Fails if the claim has ended and another request has
    /// it: then nothing may be created.
    pub(crate) async fn record(
        &mut self,
        tx: &mut Transaction,
        status: StatusCode,
        answer: &Value,
    ) -> Result<(), Problem> {
        if let Some(claim) = &mut self.claim
            && !claim.row.complete(tx, status, answer).await?
        {
            claim.is_released_on_drop = false;
            return Err(running());
        }
        Ok(())
    }

    /// Keeps the claim even if the request is dropped without an answer, because what it creates is created in
    /// another transaction.
    pub(crate) fn hold(&mut self) {
        if let Some(claim) = &mut self.claim {
            claim.is_released_on_drop = false;
        }
    }

    /// Lets the key be used again when the request is dropped: nothing was created.
    pub(crate) fn let_go(&mut self) {
        if let Some(claim) = &mut self.claim {
            claim.is_released_on_drop = true;
        }
    }

    /// Returns the time of the first request, which ended without an answer, if this one repeats it.
    pub(crate) fn repeats(&self) -> Option<Timestamp> {
        let claim = self.claim.as_ref()?;
        Timestamp::from_millisecond(claim.first_at?).ok()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_released_on_drop {
            return;
        }
        let (host, row) = (self.host.clone(), self.row.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // If this fails, the claim ends with its lease. A claim with an answer is not released.
                if let Err(error) = row.release(&host).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "an idempotency key could not be released"
                    );
                }
            });
        }
    }
}

fn replay(status: i64, answer: String) -> Response {
    let status = u16::try_from(status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let headers = [
        (
            http_header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status.unwrap_or(StatusCode::OK), headers, answer).into_response()
}

fn other_body() -> Problem {
    let detail = "the key in the header Idempotency-Key was used for a request with another body";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "idempotency_key_reused", detail)
}

fn running() -> Problem {
    let detail = "a request with the key in the header Idempotency-Key is still running; try again";
    Problem::new(StatusCode::CONFLICT, "idempotency_key_in_use", detail)
        .with_retry_after(std::time::Duration::from_secs(1))
}
