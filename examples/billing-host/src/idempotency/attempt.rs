//! The claim of a key by a request that runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::{Host, Transaction};
use serde_json::Value;

use super::request::Source;
use super::table::Row;
use crate::problem::Problem;

/// A request that runs, with the claim of its key if it has one.
#[derive(Debug, Clone)]
pub(crate) struct Attempt(Option<Arc<Claim>>);

#[derive(Debug)]
struct Claim {
    row: Row,
    source: Source,
    /// The time of the first request with the key, in milliseconds, if this one repeats it.
    first_at: Option<i64>,
    may_have_created: AtomicBool,
}

impl Attempt {
    /// Returns the attempt of a request without a key.
    pub(super) const fn unkeyed() -> Self {
        Self(None)
    }

    pub(super) fn of(row: Row, source: Source, first_at: Option<i64>) -> Self {
        Self(Some(Arc::new(Claim {
            row,
            source,
            first_at,
            may_have_created: AtomicBool::new(false),
        })))
    }

    /// Stores the answer in the transaction that creates. `made` must hold no personal data: ids, and reasons that
    /// cannot be read again later. Fails if the claim has ended and another request has it: then nothing may be
    /// created.
    pub(crate) async fn record(
        &self,
        tx: &mut Transaction,
        status: StatusCode,
        made: &Value,
    ) -> Result<(), Problem> {
        match &self.0 {
            Some(claim) if !claim.row.complete(tx, status, made).await? => {
                Err(claim.source.running())
            }
            _ => Ok(()),
        }
    }

    /// Notes that the request may have created its resource in another transaction although it fails. Then its
    /// failure ends the claim, but the key keeps its body, and a repetition looks for the resource.
    pub(crate) fn may_have_created(&self) {
        if let Some(claim) = &self.0 {
            claim.may_have_created.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the time of the first request, which ended without an answer, if this one repeats it.
    pub(crate) fn repeats(&self) -> Option<Timestamp> {
        let claim = self.0.as_ref()?;
        Timestamp::from_millisecond(claim.first_at?).ok()
    }

    /// Ends the claim of a request that failed. If the database fails as well, the claim ends with its lease. An
    /// answer that was stored stays.
    pub(super) async fn release(&self, host: &Host) {
        let Some(claim) = &self.0 else {
            return;
        };
        let released = if claim.may_have_created.load(Ordering::Relaxed) {
            claim.row.end_lease(host).await
        } else {
            claim.row.delete(host).await
        };
        if let Err(error) = released {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an idempotency key could not be released"
            );
        }
    }
}
