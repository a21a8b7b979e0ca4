use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::super::amount;
use super::super::display_time::DisplayTime;
use super::super::layout::{Layout, Section, page};
use super::super::live_updates::{self, Regions};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::status_badge;
use crate::invoices::{self, Invoice};
use crate::problem::Problem;
use crate::state::App;

/// Number of invoices on a page.
const PER_PAGE: usize = 50;
/// Query parameter with the invoice that the page begins after.
const BEFORE: &str = "before";

#[derive(Template)]
#[template(path = "invoices.html", blocks = ["rows"])]
struct InvoicesPage {
    layout: Layout,
    rows: Vec<Row>,
    /// Id of the last invoice on this page, if there are more.
    older: Option<String>,
    is_first: bool,
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
        let shown = |cents| amount::format_minor_units(cents, &invoice.currency);
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
    let before = before(query.as_deref());
    let path = match &before {
        Some(before) => format!("/live?{BEFORE}={before}"),
        None => "/live".to_owned(),
    };
    let layout = Layout::new("Invoices", Section::Invoices, &session, &app).with_live(path);
    let invoices_page = invoices_page(&app, layout, before.as_deref()).await?;
    Ok(page(StatusCode::OK, &invoices_page))
}

/// `GET /live`
pub(in super::super) async fn live_list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> Response {
    let before = before(query.as_deref());
    live_updates::stream(&app.clone(), Some(session.clone()), move || {
        let (app, session, before) = (app.clone(), session.clone(), before.clone());
        async move {
            let layout = Layout::new("Invoices", Section::Invoices, &session, &app);
            let page = invoices_page(&app, layout, before.as_deref()).await.ok()?;
            Some(Regions::from([("rows", page.as_rows().render().ok()?)]))
        }
    })
}

fn before(query: Option<&str>) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes())
        .find(|(name, _)| name == BEFORE)
        .map(|(_, value)| value.into_owned())
        // Ignores values that are not ids, since they match no invoice.
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        })
}

async fn invoices_page(
    app: &App,
    layout: Layout,
    before: Option<&str>,
) -> Result<InvoicesPage, Problem> {
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut found = invoices::latest(&app.host, before, limit).await?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    Ok(InvoicesPage {
        layout,
        older: found.last().filter(|_| more).map(|last| last.id.clone()),
        rows: found.iter().map(Row::new).collect(),
        is_first: before.is_none(),
    })
}
