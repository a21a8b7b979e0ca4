//! Pages for invoices.

mod actions;
mod attention;
mod create;
mod detail;
mod dispute_row;
mod list;
mod payment_row;
mod timeline;
mod void_confirmation;

pub(super) use actions::{create_payment_link, qr_code, redirect, void};
pub(super) use create::{add, new_form};
pub(super) use detail::{live, open_link, show};
pub(super) use list::{list, live_list};
pub(super) use void_confirmation::confirm_void;

use crate::invoices::Invoice;

/// Returns text and CSS class of an invoice's status.
fn status_badge(invoice: &Invoice) -> (&'static str, &'static str) {
    if invoice.is_voided() {
        return ("Voided", "quiet");
    }
    match invoice.payment_status.as_str() {
        "succeeded" => ("Paid", "good"),
        "processing" => ("Partly paid", "busy"),
        "failed" => ("Not paid, no open link", "bad"),
        _ => ("Not paid yet", "plain"),
    }
}
