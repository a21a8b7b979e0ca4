//! The log of deliveries.

use std::error::Error;

use payment_provider_core::reexport::jiff::Timestamp;

use crate::address::Address;
use crate::answer::Outcome;
use crate::log_limit::{LogLimit, Subject};

/// Writes one event for each delivery that is stored, and for the others at most one a minute for each
/// connection and outcome. The number of those left out is in the next event about the same, or in one of
/// its own: a minute later with the next delivery of any connection, or at the end.
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
        Self::write_left_out(self.limit.overdue(now));
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

    /// Writes the numbers of deliveries about which nothing else is written any more.
    fn write_left_out(numbers: Vec<(Subject, u64)>) {
        for ((word, connection), left_out) in numbers {
            let connection = connection.as_ref();
            tracing::warn!(
                organization = connection.map(|known| known.organization.as_str()),
                connection = connection.map(|known| known.code.as_str()),
                outcome = word,
                left_out,
                "webhook deliveries left out of the log"
            );
        }
    }
}

impl Drop for DeliveryLog {
    fn drop(&mut self) {
        Self::write_left_out(self.limit.rest());
    }
}
