//! The log of deliveries.

use std::error::Error;

use payment_provider_core::reexport::jiff::Timestamp;

use crate::address::Address;
use crate::answer::Outcome;
use crate::log_limit::LogLimit;

/// Writes one event for each delivery that is stored, and for the others at most one a minute for each
/// connection and outcome.
#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    limit: LogLimit,
}

impl DeliveryLog {
    /// Writes about a delivery. Of what came over the wire only checked identifiers are in it.
    pub(crate) fn write(
        &self,
        outcome: &Outcome,
        address: Option<&Address>,
        body_bytes: usize,
        now: Timestamp,
    ) {
        let provider = address.map(|address| address.provider.as_str());
        let organization = address.map(|address| address.connection.organization.as_str());
        let connection = address.map(|address| address.connection.code.as_str());
        let word = outcome.word();
        let status = outcome.status().as_u16();
        if let Outcome::Stored(_) = outcome {
            tracing::info!(
                provider,
                organization,
                connection,
                body_bytes,
                status,
                outcome = word,
                "webhook delivery"
            );
            return;
        }
        let known = address.filter(|_| outcome.is_of_a_connection());
        let subject = (
            outcome.subject(),
            known.map(|address| address.connection.clone()),
        );
        let Some(left_out) = self.limit.pass(subject, now) else {
            return;
        };
        match outcome {
            Outcome::Failed(error) if status == 503 => tracing::error!(
                provider,
                organization,
                connection,
                body_bytes,
                status,
                outcome = word,
                left_out,
                error = error as &dyn Error,
                "webhook delivery"
            ),
            _ => tracing::warn!(
                provider,
                organization,
                connection,
                body_bytes,
                status,
                outcome = word,
                left_out,
                "webhook delivery"
            ),
        }
    }
}
