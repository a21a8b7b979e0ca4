//! History lines about refunds and disputes: one for each reported state, in the order of arrival.

use payment_provider_core::{DisputeStage, EventKind};

use super::account::CheckoutAt;
use super::decision::Draft;
use super::history::{AuditEvent, HistoryEntry};

/// A history line about a refund or a dispute.
pub(super) struct RefundLine {
    event: AuditEvent,
    /// The part that names the refund or dispute, the same in every line about it.
    name: String,
    detail: String,
}

/// Returns the history line for a report of a refund or a dispute, the same for every delivery of it.
pub(super) fn refund_line(kind: &EventKind) -> Option<RefundLine> {
    match kind {
        EventKind::Refund(refund) => Some(RefundLine {
            event: AuditEvent::Refund,
            name: format!(" {} of ", refund.id),
            detail: format!(
                "refund {} of {}: {}",
                refund.id,
                refund.amount,
                refund.status.as_str()
            ),
        }),
        EventKind::Dispute(dispute) => {
            let stage = dispute.stage.as_ref();
            Some(RefundLine {
                event: AuditEvent::Dispute,
                name: format!(" {} of ", dispute.id),
                detail: format!(
                    "{} {} of {}: {}",
                    stage.map_or("dispute", DisputeStage::as_str),
                    dispute.id,
                    dispute.amount,
                    dispute.status.as_str()
                ),
            })
        }
        _ => None,
    }
}

impl Draft {
    /// Records a line at the time at which its report arrived. Left out where a neighbour about the
    /// same refund or dispute says the same: several deliveries may report one state.
    pub(super) fn record_refund_line(
        &mut self,
        at: CheckoutAt,
        received_at: i64,
        line: RefundLine,
    ) {
        let account = self.account_mut(at.account);
        let is_same =
            |row: &&HistoryEntry| row.event == line.event && row.detail.contains(&line.name);
        let same = account.refund_history.iter().filter(is_same);
        let (before, after): (Vec<_>, Vec<_>) = same.partition(|row| row.at <= received_at);
        let mut neighbours = before.last().into_iter().chain(after.first());
        if neighbours.any(|row| row.detail == line.detail) {
            return;
        }
        let entry = HistoryEntry {
            payable_pk: account.payable.pk,
            at: received_at,
            event: line.event,
            detail: line.detail,
            delivery_pk: None,
        };
        let later = account
            .refund_history
            .partition_point(|row| row.at <= received_at);
        account.refund_history.insert(later, entry.clone());
        self.push_history(entry);
    }
}
