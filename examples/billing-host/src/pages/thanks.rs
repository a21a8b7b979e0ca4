//! Where a payer comes back to. It believes the books, never the address it was called by: anyone can
//! come here without having paid.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::amount;
use super::layout::{Layout, page};
use super::{live_updates, notice};
use crate::invoices::{self, Invoice};
use crate::problem::Problem;
use crate::state::App;

type Id = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "thanks.html", blocks = ["outcome"])]
struct ThanksPage {
    layout: Layout,
    purpose: String,
    amount: String,
    paid: Option<String>,
    outcome: Outcome,
}

/// How the payment stands, as far as a payer needs to know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Paid,
    Partly,
    Voided,
    Waiting,
}

impl ThanksPage {
    fn of(invoice: &Invoice) -> Self {
        let shown = |cents| amount::of_row(cents, &invoice.currency);
        let paid = invoice.amount_paid_cents;
        Self {
            layout: Layout::bare("Your payment").with_live(format!("/thanks/{}/live", invoice.id)),
            purpose: invoice.purpose.clone(),
            amount: shown(invoice.amount_cents),
            paid: (paid > 0).then(|| shown(paid)),
            outcome: match () {
                () if invoice.is_paid() => Outcome::Paid,
                () if invoice.is_voided() => Outcome::Voided,
                () if paid > 0 => Outcome::Partly,
                () => Outcome::Waiting,
            },
        }
    }
}

/// `GET /thanks/{id}`
pub(super) async fn show(State(app): State<App>, id: Id) -> Response {
    match find(&app, id).await {
        Ok(invoice) => page(StatusCode::OK, &ThanksPage::of(&invoice)),
        Err(problem) => notice::of_problem(&problem),
    }
}

/// `GET /thanks/{id}/live`
pub(super) async fn live(State(app): State<App>, id: Id) -> Response {
    let invoice = match find(&app, id).await {
        Ok(invoice) => invoice,
        Err(problem) => return notice::of_problem(&problem),
    };
    live_updates::stream(&app.clone(), None, move || {
        let (app, id) = (app.clone(), invoice.id.clone());
        async move {
            let invoice = invoices::find(app.host.store(), &id).await.ok()??;
            let page = ThanksPage::of(&invoice);
            let mut parts = vec![("outcome", page.as_outcome().render().ok()?)];
            if matches!(page.outcome, Outcome::Paid | Outcome::Voided) {
                // A browser passes over an event without data.
                parts.push((live_updates::DONE, "yes".to_owned()));
            }
            Some(parts)
        }
    })
}

async fn find(app: &App, id: Id) -> Result<Invoice, Problem> {
    let Ok(Path(id)) = id else {
        return Err(Problem::not_found("invoice"));
    };
    let invoice = invoices::find(app.host.store(), &id).await?;
    invoice.ok_or_else(|| Problem::not_found("invoice"))
}
