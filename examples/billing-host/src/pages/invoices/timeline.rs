//! Timeline of an invoice: its history with a title for each entry.

use payment_provider_host::accounting::AuditEvent;
use payment_provider_host::payable::HistoryLine;

use super::super::display_time::DisplayTime;
use crate::money_text::Prose;

/// An entry of the timeline.
pub(super) struct TimelineEntry {
    pub(super) at: DisplayTime,
    pub(super) title: &'static str,
    /// CSS class.
    pub(super) tone: &'static str,
    pub(super) detail: Prose,
    /// Number of equal entries in a row that this entry stands for.
    pub(super) count: usize,
}

impl TimelineEntry {
    /// Returns the entries of a history, newest first. Equal entries in a row are merged.
    pub(super) fn all(history: &[HistoryLine]) -> Vec<Self> {
        let mut entries: Vec<Self> = Vec::new();
        for entry in history.iter().rev().map(Self::new) {
            match entries.last_mut() {
                Some(last) if last.title == entry.title && last.detail == entry.detail => {
                    last.count += 1;
                }
                _ => entries.push(entry),
            }
        }
        entries
    }

    fn new(line: &HistoryLine) -> Self {
        let (title, tone) = match line.event {
            AuditEvent::CheckoutRequested => ("Payment link requested", "plain"),
            AuditEvent::CheckoutCreated => ("Payment link created", "good"),
            AuditEvent::CheckoutFailed => ("Payment link not created", "bad"),
            AuditEvent::CheckoutChanged => ("Payment link changed", "plain"),
            AuditEvent::CheckoutCancelled => ("Payment link cancelled", "quiet"),
            AuditEvent::CheckoutStillPayable => ("Payment link not cancelled", "bad"),
            AuditEvent::DeliveryReceived => ("Webhook received and verified", "plain"),
            AuditEvent::DuplicateIgnored => ("Duplicate ignored", "quiet"),
            AuditEvent::PaymentsFetched => ("Payments fetched from the gateway", "plain"),
            AuditEvent::PaymentPosted => ("Payment recorded", "good"),
            AuditEvent::ManualPayment => ("Manual payment recorded", "good"),
            AuditEvent::WrittenOff => ("Written off", "bad"),
            AuditEvent::PaymentAttempted => ("Payment attempt failed", "bad"),
            AuditEvent::Refund => ("Refund", "plain"),
            AuditEvent::Dispute => ("Dispute", "bad"),
            AuditEvent::Mismatch => ("Amounts do not match", "bad"),
            AuditEvent::Closed => ("Closed", "quiet"),
            _ => ("Other entry", "plain"),
        };
        Self {
            at: DisplayTime::of(line.at),
            title,
            tone,
            detail: Prose::of(&capitalized(&line.detail)),
            count: 1,
        }
    }
}

/// Capitalizes a detail that begins with a lower-case word. A reference at the beginning is unchanged.
fn capitalized(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let mut letters = text.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        capital.into_iter().chain(letters).collect()
    } else {
        text.to_owned()
    }
}
