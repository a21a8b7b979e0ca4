//! What happens to money after it came in: refunds and disputes. Noted for people, not booked.

use payment_provider_core::{DisputeStage, EventKind};

use crate::Host;
use crate::store::{HistoryKind, HistoryRow, Store, StoreError};

/// A line of a payable's history.
pub(super) struct Line {
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
pub(super) fn line(news: &EventKind) -> Option<Line> {
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

impl<S: Store> Host<S> {
    /// Notes a line at the time when it was told, so that one which had to wait, or whose delivery is
    /// tried again, is not taken for the latest. Left out where it says what a neighbour about the
    /// same refund or dispute says: several deliveries may tell of one state.
    pub(super) async fn note_aftermath(
        &self,
        tx: &mut S::Tx,
        payable_pk: i64,
        told_at: i64,
        line: Line,
    ) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let history = store.history_of(tx, payable_pk).await?;
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
        store.append_history(tx, &row).await
    }
}
