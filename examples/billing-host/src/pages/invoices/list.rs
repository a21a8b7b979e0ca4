use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::super::amount;
use super::super::display_time::Moment;
use super::super::layout::{Layout, Section, page};
use super::super::live_updates::{self, Parts};
use super::super::notice;
use super::super::session::SignedIn;
use super::status_of;
use crate::invoices::{self, Invoice};
use crate::problem::Problem;
use crate::state::App;

/// How many invoices are on one page.
const PER_PAGE: usize = 50;
const BEFORE: &str = "before";

#[derive(Template)]
#[template(path = "invoices.html", blocks = ["rows"])]
struct InvoicesPage {
    layout: Layout,
    rows: Vec<Row>,
    /// The last invoice of this page, if there are more.
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
    surplus: Option<String>,
    status: (&'static str, &'static str),
    made: Moment,
    can_ask: bool,
}

impl Row {
    fn of(invoice: &Invoice) -> Self {
        let shown = |cents| amount::of_row(cents, &invoice.currency);
        Self {
            id: invoice.id.clone(),
            purpose: invoice.purpose.clone(),
            customer: invoice.external_customer_id.clone(),
            organization: invoice.organization_id.clone(),
            amount: shown(invoice.amount_cents),
            due: shown(invoice.amount_due_cents()),
            paid: shown(invoice.amount_paid_cents),
            surplus: (invoice.overpaid_cents > 0).then(|| shown(invoice.overpaid_cents)),
            status: status_of(invoice),
            made: Moment::of_millis(invoice.created_at),
            can_ask: !invoice.is_paid() && !invoice.is_voided(),
        }
    }
}

/// `GET /`
pub(in super::super) async fn list(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> Response {
    let before = before(query.as_deref());
    let path = match &before {
        Some(before) => format!("/live?{BEFORE}={before}"),
        None => "/live".to_owned(),
    };
    let layout = Layout::new("Invoices", Section::Invoices, &session, &app).with_live(path);
    match invoices_page(&app, layout, before.as_deref()).await {
        Ok(list) => page(StatusCode::OK, &list),
        Err(problem) => notice::of_problem(&problem),
    }
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
            let list = invoices_page(&app, layout, before.as_deref()).await.ok()?;
            Some(Parts::from([("rows", list.as_rows().render().ok()?)]))
        }
    })
}

fn before(query: Option<&str>) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes())
        .find(|(name, _)| name == BEFORE)
        .map(|(_, value)| value.into_owned())
        // An id; anything else finds nothing and need not travel on.
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
    let most = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut found = invoices::latest(app.host.store(), before, most).await?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    Ok(InvoicesPage {
        layout,
        older: found.last().filter(|_| more).map(|last| last.id.clone()),
        rows: found.iter().map(Row::of).collect(),
        is_first: before.is_none(),
    })
}
