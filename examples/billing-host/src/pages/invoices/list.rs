use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::super::display_time::DisplayTime;
use super::super::layout::{Layout, Section, page};
use super::super::live_updates::{self, Regions};
use super::super::page_links::{self, PageLinks};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::attention::{self, Item};
use super::status_badge;
use crate::invoices::{self, Invoice};
use crate::list_position::Position;
use crate::money_text;
use crate::problem::Problem;
use crate::state::App;

/// Number of invoices on a page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "invoices.html", blocks = ["rows"])]
struct InvoicesPage {
    layout: Layout,
    rows: Vec<Row>,
    pages: PageLinks,
    /// Disputes, refunds and webhooks to act on; empty in live updates, which send only the rows.
    attention: Vec<Item>,
}

struct Row {
    id: String,
    purpose: String,
    customer: String,
    organization: String,
    amount: String,
    due: String,
    paid: String,
    overpaid: Option<String>,
    status: (&'static str, &'static str),
    created_at: DisplayTime,
    is_payable: bool,
}

impl Row {
    fn new(invoice: &Invoice) -> Self {
        let shown = |cents| money_text::format_minor_units(cents, &invoice.currency);
        Self {
            id: invoice.id.clone(),
            purpose: invoice.purpose.clone(),
            customer: invoice.external_customer_id.clone(),
            organization: invoice.organization_id.clone(),
            amount: shown(invoice.amount_cents),
            due: shown(invoice.amount_due_cents()),
            paid: shown(invoice.amount_paid_cents),
            overpaid: (invoice.overpaid_cents > 0).then(|| shown(invoice.overpaid_cents)),
            status: status_badge(invoice),
            created_at: DisplayTime::from_millis(invoice.created_at),
            is_payable: !invoice.is_paid() && !invoice.is_voided(),
        }
    }
}

/// `GET /`
pub(in super::super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> PageResult {
    let position = page_links::position(query.as_deref());
    let path = format!("/live{}", page_links::query(&position));
    let layout = Layout::new("Invoices", Section::Invoices, &session, &app).with_live(path);
    let mut invoices_page = invoices_page(&app, layout, &position).await?;
    invoices_page.attention = attention::items(&app).await?;
    Ok(page(StatusCode::OK, &invoices_page))
}

/// `GET /live`
pub(in super::super) async fn live_list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> Response {
    let position = page_links::position(query.as_deref());
    live_updates::stream(&app.clone(), Some(session.clone()), move || {
        let (app, session, position) = (app.clone(), session.clone(), position.clone());
        async move {
            let layout = Layout::new("Invoices", Section::Invoices, &session, &app);
            let page = invoices_page(&app, layout, &position).await.ok()?;
            Some(Regions::from([("rows", page.as_rows().render().ok()?)]))
        }
    })
}

async fn invoices_page(
    app: &App,
    layout: Layout,
    position: &Position,
) -> Result<InvoicesPage, Problem> {
    let found = invoices::page(&app.host, position, PER_PAGE).await?;
    Ok(InvoicesPage {
        layout,
        attention: Vec::new(),
        rows: found.items.iter().map(Row::new).collect(),
        pages: PageLinks::new("/", "invoices", &found, position),
    })
}
