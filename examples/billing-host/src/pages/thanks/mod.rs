//! The page that payers return to after paying. It shows what is recorded and ignores the query parameters
//! that a gateway adds: anybody can open the page without having paid. It calls no gateway and creates no
//! payment link; it only shows the one that is open.

mod decline;
mod receipt;
mod refresh;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use payment_provider_core::PaymentStatus;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::payable::{KnownPayment, PayableView};

use super::invoices::open_link;
use super::layout::{Layout, page};
use super::live_updates;
use super::problem_page::PageResult;
use crate::invoices::{self, Invoice, PathId, payable_of};
use crate::money_text;
use crate::problem::Problem;
use crate::state::App;

#[derive(Template)]
#[template(path = "thanks.html", blocks = ["outcome"])]
struct ThanksPage {
    layout: Layout,
    purpose: String,
    amount: String,
    paid: String,
    due: String,
    refunded: Option<String>,
    outcome: Outcome,
    /// Reason for which the latest attempt brought no money.
    declined: Option<String>,
    /// Page of the gateway on which the rest can be paid now.
    payment_url: Option<String>,
    invoice: String,
    receipts: Vec<receipt::Receipt>,
    /// Address that a browser without scripts opens after some seconds.
    refresh: Option<String>,
}

/// State of the payment, as shown to the payer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Paid,
    PartlyPaid,
    Voided,
    Declined,
    NotConfirmed,
}

impl ThanksPage {
    fn new(invoice: &Invoice, view: Option<&PayableView>, now: Timestamp) -> Self {
        let shown = |cents| money_text::format_minor_units(cents, &invoice.currency);
        let payments = view.map_or(&[][..], |view| &view.payments);
        let is_open = !invoice.is_paid() && !invoice.is_voided();
        let declined = latest_decline(payments).filter(|_| is_open);
        let refunded = view.map(|view| view.refunded).filter(|sum| !sum.is_zero());
        Self {
            layout: Layout::bare("Your payment").with_live(format!("/thanks/{}/live", invoice.id)),
            purpose: invoice.purpose.clone(),
            amount: shown(invoice.amount_cents),
            paid: shown(invoice.amount_paid_cents),
            due: shown(invoice.amount_due_cents()),
            refunded: refunded.map(money_text::format),
            outcome: match () {
                () if invoice.is_paid() => Outcome::Paid,
                () if invoice.is_voided() => Outcome::Voided,
                () if invoice.amount_paid_cents > 0 => Outcome::PartlyPaid,
                () if declined.is_some() => Outcome::Declined,
                () => Outcome::NotConfirmed,
            },
            declined,
            payment_url: view
                .filter(|_| is_open)
                .and_then(|view| open_link(view, now))
                .map(|link| link.url),
            invoice: invoice.id.clone(),
            receipts: payments.iter().filter_map(receipt::Receipt::new).collect(),
            refresh: None,
        }
    }

    /// Lets the page open itself again if a confirmation is awaited.
    fn with_refresh(mut self, query: Option<&str>) -> Self {
        if self.outcome == Outcome::NotConfirmed {
            self.refresh = refresh::next(&self.invoice, query);
        }
        self
    }
}

/// Returns the reason of the latest attempt, if it failed.
fn latest_decline(payments: &[KnownPayment]) -> Option<String> {
    let latest = &payments.last()?.payment;
    match latest.status {
        PaymentStatus::Failed => Some(decline::reason(latest.failure.as_ref())),
        PaymentStatus::Dropped | PaymentStatus::Cancelled => {
            Some(decline::NOT_COMPLETED.to_owned())
        }
        _ => None,
    }
}

/// Reads the payments after the invoice, so that they are at least as recent.
async fn thanks_page(app: &App, invoice: &Invoice) -> Result<ThanksPage, Problem> {
    let payable = payable_of(invoice)?;
    let view = app.host.payable(&payable.organization, &payable.id).await?;
    let now = app.host.clock().now();
    Ok(ThanksPage::new(invoice, view.as_ref(), now))
}

/// `GET /thanks/{id}`
pub(super) async fn show(
    State(app): State<App>,
    id: PathId,
    RawQuery(query): RawQuery,
) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    let thanks = thanks_page(&app, &invoice).await?;
    Ok(page(StatusCode::OK, &thanks.with_refresh(query.as_deref())))
}

/// `GET /thanks/{id}/live`
pub(super) async fn live(State(app): State<App>, id: PathId) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    let stream = live_updates::stream(&app.clone(), None, move || {
        let (app, id) = (app.clone(), invoice.id.clone());
        async move {
            let invoice = invoices::get(&app, &id).await.ok()?;
            let page = thanks_page(&app, &invoice).await.ok()?;
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
