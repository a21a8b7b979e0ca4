//! Timeline of an invoice: its history with a title for each entry.

use payment_provider_host::{HistoryEntry, HistoryKind};

use super::super::display_time::DisplayTime;

/// An entry of the timeline.
pub(super) struct TimelineEntry {
    pub(super) at: DisplayTime,
    pub(super) title: &'static str,
    /// CSS class.
    pub(super) tone: &'static str,
    pub(super) detail: String,
    /// Number of equal entries in a row that this entry stands for.
    pub(super) count: usize,
}

impl TimelineEntry {
    /// Returns the entries of a history, newest first. Equal entries in a row are merged.
    pub(super) fn all(history: &[HistoryEntry]) -> Vec<Self> {
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

    fn new(entry: &HistoryEntry) -> Self {
        let (title, tone) = match entry.kind {
            HistoryKind::CheckoutRequested => ("Payment link requested", "plain"),
            HistoryKind::CheckoutCreated => ("Payment link created", "good"),
            HistoryKind::CheckoutFailed => ("Payment link not created", "bad"),
            HistoryKind::CheckoutChanged => ("Payment link changed", "plain"),
            HistoryKind::CheckoutCancelled => ("Payment link cancelled", "quiet"),
            HistoryKind::CheckoutStillPayable => ("Payment link not cancelled", "bad"),
            HistoryKind::DeliveryReceived => ("Webhook received and verified", "plain"),
            HistoryKind::DuplicateIgnored => ("Duplicate ignored", "quiet"),
            HistoryKind::PaymentsFetched => ("Payments fetched from the gateway", "plain"),
            HistoryKind::PaymentBooked => ("Payment recorded", "good"),
            HistoryKind::BookedByHand => ("Manual payment recorded", "good"),
            HistoryKind::WrittenOff => ("Written off", "bad"),
            HistoryKind::PaymentAttempted => ("Payment attempt failed", "bad"),
            HistoryKind::Refund => ("Refund", "plain"),
            HistoryKind::Dispute => ("Dispute", "bad"),
            HistoryKind::Mismatch => ("Amounts do not match", "bad"),
            HistoryKind::Closed => ("Closed", "quiet"),
            _ => ("Other entry", "plain"),
        };
        Self {
            at: DisplayTime::of(entry.at),
            title,
            tone,
            detail: capitalized(&entry.detail),
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
