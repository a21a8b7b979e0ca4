//! What happens to money after it came in: refunds and disputes. Noted for people, not booked.

use payment_provider_core::{DisputeStage, EventKind};

use crate::Host;
use crate::store::{HistoryKind, Store, StoreError};

/// A line of a payable's history.
pub(super) struct Line {
    kind: HistoryKind,
    detail: String,
}

/// The line for news of a refund or a dispute, the same through whichever delivery it is told.
pub(super) fn line(news: &EventKind) -> Option<Line> {
    match news {
        EventKind::Refund(refund) => Some(Line {
            kind: HistoryKind::Refund,
            detail: format!(
                "refund {} of {}: {}",
                refund.id,
                refund.amount,
                refund.status.as_str()
            ),
        }),
        EventKind::Dispute(dispute) => Some(Line {
            kind: HistoryKind::Dispute,
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
    /// Notes a line that is not in the history yet.
    pub(super) async fn note_aftermath(
        &self,
        tx: &mut S::Tx,
        payable_pk: i64,
        line: Line,
    ) -> Result<(), StoreError> {
        let Line { kind, detail } = line;
        let history = self.inner.store.history_of(tx, payable_pk).await?;
        let known = |kind, detail: &str| {
            history
                .iter()
                .any(|row| row.kind == kind && row.detail == detail)
        };
        if known(kind, &detail) {
            return Ok(());
        }
        self.note(tx, payable_pk, kind, detail).await
    }
}
