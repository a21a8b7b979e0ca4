//! The confirmation before an invoice is voided.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};

use super::super::confirmation::{Confirmation, Line};
use super::super::layout::{Layout, Section};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::detail::open_link;
use crate::customers;
use crate::invoices::{self, PathId, payable_of};
use crate::money_text;
use crate::state::App;

/// `GET /invoices/{id}/void`: states what will be voided. Redirects to an invoice that cannot be voided.
pub(in super::super) async fn confirm_void(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: PathId,
) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    let path = format!("/invoices/{}", invoice.id);
    if invoice.is_paid() {
        return Ok(Redirect::to(&path).into_response());
    }
    let payable = payable_of(&invoice)?;
    let view = app.host.payable(&payable.organization, &payable.id).await?;
    let now = app.host.clock().now();
    let link = view.as_ref().and_then(|view| open_link(view, now));
    let customer = customers::find_by_id(&app.host, &invoice.customer_id).await?;
    let customer = customer.map_or_else(|| invoice.external_customer_id.clone(), |it| it.label());
    let shown = |cents| money_text::format_minor_units(cents, &invoice.currency);
    let mut lines = vec![
        Line::text("Invoice", invoice.id.as_str()),
        Line::text("Purpose", invoice.purpose.as_str()),
        Line::text("Customer", customer),
        Line::text("Organization", invoice.organization_id.as_str()),
        Line::amount("Amount", shown(invoice.amount_cents)),
    ];
    if invoice.amount_paid_cents > 0 {
        lines.push(Line::amount("Paid", shown(invoice.amount_paid_cents)));
    }
    lines.push(match link {
        Some(link) => Line::text("Open link", format!("{}, will be cancelled", link.url)),
        None => Line::text("Open link", "none"),
    });
    let (title, button, consequence) = if invoice.is_voided() {
        (
            "Void this invoice again?",
            "Void again",
            "The invoice is voided already. Voiding again tries again to cancel its payment links.",
        )
    } else {
        (
            "Void this invoice?",
            "Void invoice",
            "Nothing will be due any more, and the customer can no longer pay. This cannot be undone. \
             Money that arrives later is recorded as overpaid.",
        )
    };
    let confirmation = Confirmation {
        layout: Layout::new(title, Section::Invoices, &session, &app),
        lines,
        consequence: consequence.to_owned(),
        action: format!("{path}/void"),
        fields: Vec::new(),
        button,
        back: (path, "Back to the invoice"),
    };
    Ok(confirmation.into_page())
}
