//! Invoices: the list, one of them, a new one, and what can be done with them.

mod create;
mod detail;
mod list;

mod timeline;

pub(super) use create::{add, blank};
pub(super) use detail::{ask, back, live, picture, show, void};
pub(super) use list::{list, live_list};

use crate::invoices::Invoice;

/// How an invoice stands, in words.
fn status_of(invoice: &Invoice) -> (&'static str, &'static str) {
    if invoice.is_voided() {
        return ("Voided", "quiet");
    }
    match invoice.payment_status.as_str() {
        "succeeded" => ("Paid", "good"),
        "processing" => ("Partly paid", "busy"),
        "failed" => ("Not paid, no link open", "bad"),
        _ => ("Not paid yet", "plain"),
    }
}
