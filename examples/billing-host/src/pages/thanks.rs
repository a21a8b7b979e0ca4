//! The page that payers return to after paying. It shows the recorded payments and ignores the query
//! parameters that a gateway adds: anybody can open the page without having paid.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::amount;
use super::layout::{Layout, page};
use super::live_updates;
use super::problem_page::PageResult;
use crate::invoices::{self, Invoice, PathId};
use crate::state::App;

#[derive(Template)]
#[template(path = "thanks.html", blocks = ["outcome"])]
struct ThanksPage {
    layout: Layout,
    purpose: String,
    amount: String,
    paid: Option<String>,
    outcome: Outcome,
}

/// State of the payment, as shown to the payer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Paid,
    PartlyPaid,
    Voided,
    NotConfirmed,
}

impl ThanksPage {
    fn new(invoice: &Invoice) -> Self {
        let shown = |cents| amount::format_minor_units(cents, &invoice.currency);
        let paid = invoice.amount_paid_cents;
        Self {
            layout: Layout::bare("Your payment").with_live(format!("/thanks/{}/live", invoice.id)),
            purpose: invoice.purpose.clone(),
            amount: shown(invoice.amount_cents),
            paid: (paid > 0).then(|| shown(paid)),
            outcome: match () {
                () if invoice.is_paid() => Outcome::Paid,
                () if invoice.is_voided() => Outcome::Voided,
                () if paid > 0 => Outcome::PartlyPaid,
                () => Outcome::NotConfirmed,
            },
        }
    }
}

/// `GET /thanks/{id}`
pub(super) async fn show(State(app): State<App>, id: PathId) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    Ok(page(StatusCode::OK, &ThanksPage::new(&invoice)))
}

/// `GET /thanks/{id}/live`
pub(super) async fn live(State(app): State<App>, id: PathId) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    let stream = live_updates::stream(&app.clone(), None, move || {
        let (app, id) = (app.clone(), invoice.id.clone());
        async move {
            let invoice = invoices::get(&app, &id).await.ok()?;
            let page = ThanksPage::new(&invoice);
            let mut regions = vec![("outcome", page.as_outcome().render().ok()?)];
            if matches!(page.outcome, Outcome::Paid | Outcome::Voided) {
                // Browsers ignore events without data.
                regions.push((live_updates::DONE, "yes".to_owned()));
            }
            Some(regions)
        }
    });
    Ok(stream)
}
