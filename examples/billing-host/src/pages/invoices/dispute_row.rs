//! Rows of the tables of disputes and refunds.

use payment_provider_core::{DisputeStatus, Pii, RefundStatus};
use payment_provider_host::payable::{KnownDispute, KnownRefund};

use super::super::display_time::DisplayTime;
use crate::money_text;

/// A dispute of a payment of the invoice.
pub(super) struct DisputeRow {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) status: (String, &'static str),
    pub(super) amount: String,
    pub(super) reason: String,
    /// Deadline of the merchant's response, while the dispute is open.
    pub(super) respond_by: Option<DisplayTime>,
}

impl DisputeRow {
    pub(super) fn new(known: &KnownDispute) -> Self {
        let dispute = &known.dispute;
        let tone = match dispute.status {
            DisputeStatus::Won => "good",
            _ if known.is_open() => "bad",
            _ => "quiet",
        };
        let reason = dispute.reason.as_ref().map(Pii::expose);
        let texts = [reason, dispute.reason_code.as_deref()];
        let texts: Vec<_> = texts.into_iter().flatten().collect();
        Self {
            id: dispute.id.to_string(),
            payment: dispute
                .payment_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            status: (status_text(&dispute.status), tone),
            amount: money_text::format(dispute.amount),
            reason: texts.join(", "),
            respond_by: dispute
                .respond_by
                .filter(|_| known.is_open())
                .map(DisplayTime::of),
        }
    }
}

/// Returns a status in words.
pub(super) fn status_text(status: &DisputeStatus) -> String {
    let known = match status {
        DisputeStatus::Open => "Awaits your response",
        DisputeStatus::EvidenceReceived => "Evidence received",
        DisputeStatus::EvidenceInsufficient => "Evidence not sufficient",
        DisputeStatus::UnderReview => "Under review",
        DisputeStatus::Won => "Won",
        DisputeStatus::Lost => "Lost",
        DisputeStatus::Accepted => "Accepted",
        other => other.as_str(),
    };
    known.to_owned()
}

/// A refund of the invoice.
pub(super) struct RefundRow {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) status: (String, &'static str),
    pub(super) amount: String,
}

impl RefundRow {
    pub(super) fn new(known: &KnownRefund) -> Self {
        let refund = &known.refund;
        let (text, tone) = match &refund.status {
            RefundStatus::Pending => ("Pending", "busy"),
            RefundStatus::OnHold => ("On hold: the balance at the gateway is too low", "bad"),
            RefundStatus::Succeeded => ("Refunded", "good"),
            RefundStatus::Failed => ("Failed", "bad"),
            other => (other.as_str(), "plain"),
        };
        Self {
            id: refund.id.to_string(),
            payment: refund
                .payment_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            status: (text.to_owned(), tone),
            amount: money_text::format(refund.amount),
        }
    }
}
