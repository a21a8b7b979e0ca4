//! What happens to money after it came in: refunds and disputes. Both are noted for people; refunds
//! are counted as well.

use payment_provider_core::{DisputeStage, Event, EventKind};

use super::events::{AllFetched, EventOutcome};
use super::waiting::ApplyError;
use crate::Host;
use crate::store::{DeliveryRow, HistoryKind, HistoryRow, StoreError, Transaction};

/// A line of a payable's history.
struct Line {
    kind: HistoryKind,
    /// The part that names the refund or dispute, the same in every line about it.
    name: String,
    detail: String,
}

impl Line {
    fn is_about_same(&self, row: &HistoryRow) -> bool {
        row.kind == self.kind && row.detail.contains(&self.name)
    }
}

/// The line for news of a refund or a dispute, the same through whichever delivery it is told.
fn line(news: &EventKind) -> Option<Line> {
    match news {
        EventKind::Refund(refund) => Some(Line {
            kind: HistoryKind::Refund,
            name: format!(" {} of ", refund.id),
            detail: format!(
                "refund {} of {}: {}",
                refund.id,
                refund.amount,
                refund.status.as_str()
            ),
        }),
        EventKind::Dispute(dispute) => Some(Line {
            kind: HistoryKind::Dispute,
            name: format!(" {} of ", dispute.id),
            detail: format!(
                "{} {} of {}: {}",
                dispute
                    .stage
                    .as_ref()
                    .map_or("dispute", DisputeStage::as_str),
                dispute.id,
                dispute.amount,
                dispute.status.as_str()
            ),
        }),
        _ => None,
    }
}

/// Whether an event tells of what happens to money after it came in.
pub(super) const fn is_told_by(event: &Event) -> bool {
    matches!(event.kind, EventKind::Refund(_) | EventKind::Dispute(_))
}

impl Host {
    /// Applies news of a refund or a dispute. Where it names a payment, only the booked money of that
    /// payment says whose news it is: others may share an order with a checkout of ours. One that is
    /// not booked may be about to be, so the gateway is asked once before it is somebody else's.
    pub(super) async fn apply_aftermath(
        &self,
        tx: &mut Transaction,
        delivery: &DeliveryRow,
        event: &Event,
        fetched: &AllFetched,
    ) -> Result<EventOutcome, ApplyError> {
        let connection_pk = delivery.connection_pk;
        let matched = self.match_event(tx, connection_pk, event).await?;
        let Some(row) = matched.checkout else {
            let maybe = self.match_subject(tx, connection_pk, &event.target).await?;
            return Ok(match maybe.checkout {
                Some(row) if !fetched.contains_key(&row.pk) => EventOutcome::Fetch(Box::new(row)),
                Some(_) => EventOutcome::Unmatched(matched.missing),
                None => EventOutcome::Unmatched([matched.missing, maybe.missing].concat()),
            });
        };
        if let Some(line) = line(&event.kind) {
            self.note_aftermath(tx, row.payable_pk, delivery.received_at, line)
                .await?;
        }
        if let EventKind::Refund(refund) = &event.kind {
            self.record_refund(tx, &row, refund).await?;
        }
        Ok(EventOutcome::Applied)
    }

    /// Notes a line at the time when it was told, so that one which had to wait, or whose delivery is
    /// tried again, is not taken for the latest. Left out where it says what a neighbour about the
    /// same refund or dispute says: several deliveries may tell of one state.
    async fn note_aftermath(
        &self,
        tx: &mut Transaction,
        payable_pk: i64,
        told_at: i64,
        line: Line,
    ) -> Result<(), StoreError> {
        let history = tx.history_of(payable_pk).await?;
        let same = history.iter().filter(|row| line.is_about_same(row));
        let (before, after): (Vec<_>, Vec<_>) = same.partition(|row| row.at <= told_at);
        let mut neighbours = before.last().into_iter().chain(after.first());
        if neighbours.any(|row| row.detail == line.detail) {
            return Ok(());
        }
        let row = HistoryRow {
            payable_pk,
            at: told_at,
            kind: line.kind,
            detail: line.detail,
            delivery_pk: None,
        };
        tx.append_history(&row).await
    }
}
