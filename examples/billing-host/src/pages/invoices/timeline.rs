//! What happened, in words for people.

use payment_provider_core::Pii;
use payment_provider_host::{HistoryEntry, HistoryKind, KnownPayment};

use super::super::amount;
use super::super::display_time::Moment;

/// One line of the timeline.
pub(super) struct Entry {
    pub(super) at: Moment,
    pub(super) title: &'static str,
    pub(super) tone: &'static str,
    pub(super) detail: String,
    /// How often the same was noted in a row.
    pub(super) times: usize,
}

impl Entry {
    /// The lines of a history, the latest first; what is noted several times in a row is one.
    pub(super) fn all(history: &[HistoryEntry]) -> Vec<Self> {
        let mut entries: Vec<Self> = Vec::new();
        for entry in history.iter().rev().map(Self::of) {
            match entries.last_mut() {
                Some(last) if last.title == entry.title && last.detail == entry.detail => {
                    last.times += 1;
                }
                _ => entries.push(entry),
            }
        }
        entries
    }

    fn of(entry: &HistoryEntry) -> Self {
        let (title, tone) = match entry.kind {
            HistoryKind::CheckoutRequested => ("Payment link asked for", "plain"),
            HistoryKind::CheckoutCreated => ("Payment link made", "good"),
            HistoryKind::CheckoutFailed => ("Payment link not made", "bad"),
            HistoryKind::CheckoutChanged => ("Payment link changed", "plain"),
            HistoryKind::CheckoutCancelled => ("Payment link cancelled", "quiet"),
            HistoryKind::CheckoutStillPayable => ("Payment link not cancelled", "bad"),
            HistoryKind::DeliveryReceived => ("Webhook received and verified", "plain"),
            HistoryKind::DuplicateIgnored => ("Duplicate ignored", "quiet"),
            HistoryKind::PaymentsFetched => ("Payments fetched from the gateway", "plain"),
            HistoryKind::PaymentBooked => ("Money booked", "good"),
            HistoryKind::BookedByHand => ("Booked by hand", "good"),
            HistoryKind::WrittenOff => ("Written off", "bad"),
            HistoryKind::PaymentAttempted => ("Payment attempt without money", "bad"),
            HistoryKind::Refund => ("Refund", "plain"),
            HistoryKind::Dispute => ("Dispute", "bad"),
            HistoryKind::Mismatch => ("Does not agree", "bad"),
            HistoryKind::Closed => ("Closed", "quiet"),
            _ => ("Noted", "plain"),
        };
        Self {
            at: Moment::of(entry.at),
            title,
            tone,
            detail: capitalised(&entry.detail),
            times: 1,
        }
    }
}

/// A sentence begins with a capital letter, a reference stays as it is.
fn capitalised(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let mut letters = text.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        capital.into_iter().chain(letters).collect()
    } else {
        text.to_owned()
    }
}

/// One attempt to pay.
pub(super) struct Attempt {
    pub(super) id: String,
    pub(super) status: (&'static str, &'static str),
    pub(super) amount: String,
    pub(super) method: String,
    pub(super) bank_reference: String,
    pub(super) paid_at: Option<Moment>,
    /// What the library made of it, or why it brought nothing.
    pub(super) conclusion: String,
}

impl Attempt {
    pub(super) fn of(known: &KnownPayment) -> Self {
        let payment = &known.payment;
        let conclusion = match (&known.verdict, &payment.failure) {
            (Some(verdict), _) => {
                let credited = amount::written(known.credited);
                let surplus = amount::written(known.surplus);
                let split = if known.surplus.is_zero() {
                    format!("credited {credited}")
                } else if known.credited.is_zero() {
                    format!("surplus {surplus}")
                } else {
                    format!("credited {credited}, surplus {surplus}")
                };
                format!("{split}: {}", verdict.meaning())
            }
            (None, Some(failure)) => {
                let message = failure.message.as_ref().map(Pii::expose);
                let texts = [message, failure.code.as_deref()];
                let texts: Vec<_> = texts.into_iter().flatten().collect();
                texts.join(", ")
            }
            (None, None) => String::new(),
        };
        Self {
            id: payment.id.to_string(),
            status: status(payment.status.as_str()),
            amount: amount::written(payment.amount),
            method: payment.method.clone().unwrap_or_default(),
            bank_reference: payment.bank_reference.clone().unwrap_or_default(),
            paid_at: payment.paid_at.map(Moment::of),
            conclusion,
        }
    }
}

fn status(word: &str) -> (&'static str, &'static str) {
    match word {
        "succeeded" => ("Succeeded", "good"),
        "failed" => ("Failed", "bad"),
        "dropped" => ("Left by the payer", "bad"),
        "cancelled" => ("Cancelled", "quiet"),
        "pending" => ("Not decided yet", "busy"),
        _ => ("Status not known here", "plain"),
    }
}
