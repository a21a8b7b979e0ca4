use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::accounting::CheckoutState;
use payment_provider_host::payable::{KnownCheckout, Payable, PayableView};

use super::super::display_time::DisplayTime;
use super::super::layout::{Layout, Section, page};
use super::super::live_updates;
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::dispute_row::{DisputeRow, RefundRow};
use super::payment_row::PaymentRow;
use super::status_badge;
use super::timeline::TimelineEntry;
use crate::invoices::{self, Invoice, PathId, payable_of};
use crate::money_text::{self, Prose};
use crate::problem::Problem;
use crate::session::Session;
use crate::state::App;

#[derive(Template)]
#[template(path = "invoice.html", blocks = ["status", "link", "payments", "claims", "timeline"])]
struct InvoicePage {
    layout: Layout,
    id: String,
    purpose: String,
    customer: String,
    organization: String,
    status: (&'static str, &'static str),
    amount: String,
    due: String,
    paid: String,
    overpaid: Option<String>,
    refunded: Option<String>,
    /// True if a payment link can be created.
    is_payable: bool,
    can_void: bool,
    open_link: Option<OpenLink>,
    checkouts: Vec<CheckoutRow>,
    payments: Vec<PaymentRow>,
    disputes: Vec<DisputeRow>,
    refunds: Vec<RefundRow>,
    timeline: Vec<TimelineEntry>,
    /// Problem of the action before.
    problem: Option<Prose>,
}

/// A payment link that can be paid now.
pub(in super::super) struct OpenLink {
    pub(in super::super) url: String,
    reference: String,
    expires_at: DisplayTime,
}

/// A checkout of the invoice, open or not.
struct CheckoutRow {
    reference: String,
    connection: String,
    state: &'static str,
    amount: String,
    expires_at: DisplayTime,
}

/// `GET /invoices/{id}`
pub(in super::super) async fn show(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: PathId,
) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    render(&app, &session, &invoice, StatusCode::OK, None).await
}

/// `GET /invoices/{id}/live`
pub(in super::super) async fn live(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: PathId,
) -> PageResult {
    let invoice = invoices::from_path(&app, id).await?;
    let stream = live_updates::stream(&app.clone(), Some(session.clone()), move || {
        let (app, session, id) = (app.clone(), session.clone(), invoice.id.clone());
        async move {
            let invoice = invoices::get(&app, &id).await.ok()?;
            let page = invoice_page(&app, &session, &invoice, None).await.ok()?;
            Some(vec![
                ("status", page.as_status().render().ok()?),
                ("link", page.as_link().render().ok()?),
                ("payments", page.as_payments().render().ok()?),
                ("claims", page.as_claims().render().ok()?),
                ("timeline", page.as_timeline().render().ok()?),
            ])
        }
    });
    Ok(stream)
}

/// Renders the page of an invoice, with the problem of the action before.
pub(super) async fn render(
    app: &App,
    session: &Session,
    invoice: &Invoice,
    status: StatusCode,
    problem: Option<String>,
) -> PageResult {
    let invoice_page = invoice_page(app, session, invoice, problem).await?;
    Ok(page(status, &invoice_page))
}

async fn invoice_page(
    app: &App,
    session: &Session,
    invoice: &Invoice,
    problem: Option<String>,
) -> Result<InvoicePage, Problem> {
    let Payable {
        organization, id, ..
    } = payable_of(invoice)?;
    let view = app.host.payable(&organization, &id).await?;
    let now = app.host.clock().now();
    let shown = |cents| money_text::format_minor_units(cents, &invoice.currency);
    let path = format!("/invoices/{}/live", invoice.id);
    let layout = Layout::new(&invoice.purpose, Section::Invoices, session, app).with_live(path);
    Ok(InvoicePage {
        layout,
        id: invoice.id.clone(),
        purpose: invoice.purpose.clone(),
        customer: invoice.external_customer_id.clone(),
        organization: invoice.organization_id.clone(),
        status: status_badge(invoice),
        amount: shown(invoice.amount_cents),
        due: shown(invoice.amount_due_cents()),
        paid: shown(invoice.amount_paid_cents),
        overpaid: (invoice.overpaid_cents > 0).then(|| shown(invoice.overpaid_cents)),
        refunded: view
            .as_ref()
            .filter(|view| !view.refunded.is_zero())
            .map(|view| money_text::format(view.refunded)),
        is_payable: !invoice.is_paid() && !invoice.is_voided(),
        can_void: !invoice.is_paid(),
        open_link: view.as_ref().and_then(|view| open_link(view, now)),
        checkouts: newest_first(view.as_ref(), |view| &view.checkouts, checkout_row),
        payments: newest_first(view.as_ref(), |view| &view.payments, PaymentRow::new),
        disputes: newest_first(view.as_ref(), |view| &view.disputes, DisputeRow::new),
        refunds: newest_first(view.as_ref(), |view| &view.refunds, RefundRow::new),
        timeline: view
            .as_ref()
            .map_or_else(Vec::new, |view| TimelineEntry::all(&view.history)),
        problem: problem.as_deref().map(Prose::of),
    })
}

/// Returns the rows for a list of the payable, newest first.
fn newest_first<T, R>(
    view: Option<&PayableView>,
    list: impl Fn(&PayableView) -> &Vec<T>,
    row: impl Fn(&T) -> R,
) -> Vec<R> {
    let list = view.map_or(&[][..], |view| list(view));
    list.iter().rev().map(row).collect()
}

/// Returns the newest link that can be paid now.
pub(in super::super) fn open_link(view: &PayableView, now: Timestamp) -> Option<OpenLink> {
    let open = view.checkouts.iter().rev().find(|checkout| {
        let is_open = matches!(
            checkout.state,
            CheckoutState::Open | CheckoutState::PartiallyPaid
        );
        is_open && checkout.expires_at > now
    })?;
    Some(OpenLink {
        url: open.url.as_ref()?.to_string(),
        reference: open.reference.to_string(),
        expires_at: DisplayTime::of(open.expires_at),
    })
}

fn checkout_row(known: &KnownCheckout) -> CheckoutRow {
    let state = match known.state {
        CheckoutState::Creating => "being created",
        CheckoutState::Failed => "not created",
        CheckoutState::Open => "open",
        CheckoutState::PartiallyPaid => "partly paid",
        CheckoutState::Paid => "paid",
        CheckoutState::Expired => "expired",
        CheckoutState::Cancelled => "cancelled",
        _ => "unknown state",
    };
    let state = match &known.cancel {
        Some(_) => "to be cancelled: the gateway is asked again",
        None => state,
    };
    CheckoutRow {
        reference: known.reference.to_string(),
        connection: known.connection.to_string(),
        state,
        amount: money_text::format(known.amount),
        expires_at: DisplayTime::of(known.expires_at),
    }
}
