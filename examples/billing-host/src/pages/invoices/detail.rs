use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::CheckoutReference;
use payment_provider_core::reexport::jiff::Timestamp;
use payment_provider_host::{
    CheckoutError, CheckoutState, Closing, KnownCheckout, Payable, PayableView,
};

use super::super::amount;
use super::super::display_time::Moment;
use super::super::form::{Filled, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::live_updates;
use super::super::notice;
use super::super::qr::qr;
use super::super::session::{Session, SignedIn};
use super::status_of;
use super::timeline::{Attempt, Entry};
use crate::invoices::{self, Invoice, payable_of};
use crate::problem::Problem;
use crate::state::App;

type Id = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "invoice.html", blocks = ["status", "link", "payments", "timeline"])]
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
    surplus: Option<String>,
    refunded: Option<String>,
    can_ask: bool,
    can_void: bool,
    link: Option<Link>,
    checkouts: Vec<Checkout>,
    attempts: Vec<Attempt>,
    entries: Vec<Entry>,
    /// What was just tried and did not work, or not wholly.
    problem: Option<String>,
}

/// A page a payer can pay on.
struct Link {
    url: String,
    reference: String,
    ends: Moment,
}

/// One attempt to ask for the money.
struct Checkout {
    reference: String,
    connection: String,
    state: &'static str,
    amount: String,
    ends: Moment,
}

/// `GET /invoices/{id}`
pub(in super::super) async fn show(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: Id,
) -> Response {
    match named(&app, id).await {
        Ok(invoice) => shown(&app, &session, &invoice, StatusCode::OK, None).await,
        Err(problem) => notice::of_problem(&problem),
    }
}

/// `GET /invoices/{id}/live`
pub(in super::super) async fn live(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: Id,
) -> Response {
    let invoice = match named(&app, id).await {
        Ok(invoice) => invoice,
        Err(problem) => return notice::of_problem(&problem),
    };
    live_updates::stream(&app.clone(), Some(session.clone()), move || {
        let (app, session, id) = (app.clone(), session.clone(), invoice.id.clone());
        async move {
            let invoice = find(&app, &id).await.ok()?;
            let one = invoice_page(&app, &session, &invoice, None).await.ok()?;
            Some(vec![
                ("status", one.as_status().render().ok()?),
                ("link", one.as_link().render().ok()?),
                ("payments", one.as_payments().render().ok()?),
                ("timeline", one.as_timeline().render().ok()?),
            ])
        }
    })
}

/// `GET /invoices/{id}/qr/{reference}`: a payment link as a picture that telephones read.
pub(in super::super) async fn picture(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let drawn = async {
        let missing = || Problem::not_found("payment link");
        let Path((id, reference)) = names.map_err(|_| missing())?;
        let payable = payable_of(&find(&app, &id).await?)?;
        let view = app.host.payable(&payable.organization, &payable.id).await?;
        let checkouts = view.map(|view| view.checkouts).unwrap_or_default();
        let mut checkouts = checkouts.into_iter();
        let checkout = checkouts.find(|it| it.reference.as_str() == reference);
        let url = checkout.and_then(|checkout| checkout.url);
        qr(url.ok_or_else(missing)?.as_str()).ok_or_else(missing)
    };
    match drawn.await {
        Ok(picture) => picture.into_response(),
        Err(problem) => notice::of_problem(&problem),
    }
}

/// What only forms are sent to leads back to the invoice.
pub(in super::super) async fn back(SignedIn(_): SignedIn, id: Id) -> Response {
    match id {
        Ok(Path(id)) if is_plain(&id) => Redirect::to(&format!("/invoices/{id}")).into_response(),
        _ => notice::not_found(),
    }
}

/// `POST /invoices/{id}/payment-link`: makes the payment link, or shows the one there is.
pub(in super::super) async fn ask(State(app): State<App>, id: Id, sent: SignedForm) -> Response {
    let Filled { session, .. } = sent.0;
    let invoice = match named(&app, id).await {
        Ok(invoice) => invoice,
        Err(problem) => return notice::of_problem(&problem),
    };
    match invoices::payment_url(&app, &invoice).await {
        Ok(_) => {
            let path = format!("/invoices/{}#payment-link", invoice.id);
            Redirect::to(&path).into_response()
        }
        Err(problem) => {
            let status = problem.status();
            shown(
                &app,
                &session,
                &invoice,
                status,
                Some(problem.to_sentences()),
            )
            .await
        }
    }
}

/// `POST /invoices/{id}/void`
pub(in super::super) async fn void(State(app): State<App>, id: Id, sent: SignedForm) -> Response {
    let Filled { session, .. } = sent.0;
    let invoice = match named(&app, id).await {
        Ok(invoice) => invoice,
        Err(problem) => return notice::of_problem(&problem),
    };
    match invoices::void(&app, &invoice.id).await {
        Ok((_, closing)) if closing.still_payable.is_empty() && closing.unbooked.is_empty() => {
            Redirect::to(&format!("/invoices/{}", invoice.id)).into_response()
        }
        Ok((invoice, closing)) => {
            let text = left_over(&closing);
            shown(&app, &session, &invoice, StatusCode::OK, Some(text)).await
        }
        Err(problem) => {
            let status = problem.status();
            shown(
                &app,
                &session,
                &invoice,
                status,
                Some(problem.to_sentences()),
            )
            .await
        }
    }
}

/// What voiding could not do.
fn left_over(closing: &Closing) -> String {
    let list = |checkouts: &[(CheckoutReference, CheckoutError)]| {
        let reasons: Vec<_> = checkouts
            .iter()
            .map(|(reference, error)| format!("{reference} ({error})"))
            .collect();
        reasons.join(", ")
    };
    let mut text = "The invoice is voided.".to_owned();
    if !closing.still_payable.is_empty() {
        text += " A link could not be cancelled and may still be paid: ";
        text += &list(&closing.still_payable);
        text += ". What comes in on it is kept as surplus.";
    }
    if !closing.unbooked.is_empty() {
        text += " Money that the gateway states could not be booked yet: ";
        text += &list(&closing.unbooked);
        text += ".";
    }
    text + " Void again to try again."
}

async fn named(app: &App, id: Id) -> Result<Invoice, Problem> {
    match id {
        Ok(Path(id)) => find(app, &id).await,
        Err(_) => Err(Problem::not_found("invoice")),
    }
}

async fn find(app: &App, id: &str) -> Result<Invoice, Problem> {
    let invoice = invoices::find(app.host.store(), id).await?;
    invoice.ok_or_else(|| Problem::not_found("invoice"))
}

fn is_plain(id: &str) -> bool {
    id.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

async fn shown(
    app: &App,
    session: &Session,
    invoice: &Invoice,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    match invoice_page(app, session, invoice, problem).await {
        Ok(one) => page(status, &one),
        Err(problem) => notice::of_problem(&problem),
    }
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
    let shown = |cents| amount::of_row(cents, &invoice.currency);
    let path = format!("/invoices/{}/live", invoice.id);
    let layout = Layout::new(&invoice.purpose, Section::Invoices, session, app).with_live(path);
    Ok(InvoicePage {
        layout,
        id: invoice.id.clone(),
        purpose: invoice.purpose.clone(),
        customer: invoice.external_customer_id.clone(),
        organization: invoice.organization_id.clone(),
        status: status_of(invoice),
        amount: shown(invoice.amount_cents),
        due: shown(invoice.amount_due_cents()),
        paid: shown(invoice.amount_paid_cents),
        surplus: (invoice.overpaid_cents > 0).then(|| shown(invoice.overpaid_cents)),
        refunded: view
            .as_ref()
            .filter(|view| !view.refunded.is_zero())
            .map(|view| amount::written(view.refunded)),
        can_ask: !invoice.is_paid() && !invoice.is_voided(),
        can_void: !invoice.is_paid(),
        link: view.as_ref().and_then(|view| link(view, now)),
        checkouts: each(view.as_ref(), |view| &view.checkouts, checkout),
        attempts: each(view.as_ref(), |view| &view.payments, Attempt::of),
        entries: view
            .as_ref()
            .map_or_else(Vec::new, |view| Entry::all(&view.history)),
        problem,
    })
}

/// What is shown of a list of the view, the latest first.
fn each<T, S>(
    view: Option<&PayableView>,
    list: impl Fn(&PayableView) -> &Vec<T>,
    show: impl Fn(&T) -> S,
) -> Vec<S> {
    let list = view.map_or(&[][..], |view| list(view));
    list.iter().rev().map(show).collect()
}

/// The link that takes money, if there is one.
fn link(view: &PayableView, now: Timestamp) -> Option<Link> {
    let open = view.checkouts.iter().rev().find(|checkout| {
        let takes_money = matches!(
            checkout.state,
            CheckoutState::Open | CheckoutState::PartiallyPaid
        );
        takes_money && checkout.expires_at > now
    })?;
    Some(Link {
        url: open.url.as_ref()?.to_string(),
        reference: open.reference.to_string(),
        ends: Moment::of(open.expires_at),
    })
}

fn checkout(known: &KnownCheckout) -> Checkout {
    let state = match known.state {
        CheckoutState::Creating => "asked for",
        CheckoutState::Failed => "not made",
        CheckoutState::Open => "open",
        CheckoutState::PartiallyPaid => "partly paid",
        CheckoutState::Paid => "paid",
        CheckoutState::Expired => "expired",
        CheckoutState::Cancelled => "cancelled",
        _ => "not known here",
    };
    Checkout {
        reference: known.reference.to_string(),
        connection: known.connection.to_string(),
        state,
        amount: amount::written(known.amount),
        ends: Moment::of(known.expires_at),
    }
}
