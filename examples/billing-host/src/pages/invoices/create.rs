use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{Currency, Money, OrganizationId, ViolationCode, Violations};

use super::super::amount;
use super::super::field::{Field, place_errors};
use super::super::form::{Filled, FormFields, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::{Session, SignedIn};
use crate::customers::{self, Customer};
use crate::invoices::MAX_PURPOSE_CHARS;
use crate::invoices::{self, NewInvoice};
use crate::problem::Problem;
use crate::state::App;

const CUSTOMER: &str = "customer";
const AMOUNT: &str = "amount";
const CURRENCY: &str = "currency";
const PURPOSE: &str = "purpose";

#[derive(Template)]
#[template(path = "invoice_new.html")]
struct NewInvoicePage {
    layout: Layout,
    fields: Vec<Field>,
    has_customers: bool,
}

/// `GET /invoices/new`
pub(in super::super) async fn blank(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Response {
    match customers::list(app.host.store()).await {
        Ok(customers) => form(&app, &session, &customers, None, &Violations::none()),
        Err(error) => notice::of_problem(&error.into()),
    }
}

/// `POST /invoices/new`
pub(in super::super) async fn add(State(app): State<App>, sent: SignedForm) -> Response {
    let Filled { session, fields } = sent.0;
    match try_add(&app, &session, &fields).await {
        Ok(answer) => answer,
        Err(problem) => notice::of_problem(&problem),
    }
}

async fn try_add(app: &App, session: &Session, sent: &FormFields) -> Result<Response, Problem> {
    let store = app.host.store();
    let customers = customers::list(store).await?;
    match read(sent, &customers) {
        Ok(new) => {
            let id = invoices::insert(store, &new).await?;
            Ok(Redirect::to(&format!("/invoices/{id}")).into_response())
        }
        Err(violations) => Ok(form(app, session, &customers, Some(sent), &violations)),
    }
}

fn read(sent: &FormFields, customers: &[Customer]) -> Result<NewInvoice, Violations> {
    let mut violations = Violations::none();
    let customer = customers
        .iter()
        .find(|customer| customer.id == sent.text(CUSTOMER));
    let organization =
        customer.and_then(|it| OrganizationId::new(it.organization_id.as_str()).ok());
    if organization.is_none() {
        violations.push(CUSTOMER, ViolationCode::Missing, "must be chosen");
    }
    let currency = sent.text(CURRENCY).trim().to_ascii_uppercase();
    let currency: Option<Currency> = currency.parse().ok();
    if currency.is_none() {
        let message = "must be an ISO 4217 code, such as INR";
        violations.push(CURRENCY, ViolationCode::Invalid, message);
    }
    // Without a known currency the text is at least held against one with two decimals.
    let amount: Option<Money> =
        match amount::read(sent.text(AMOUNT), currency.unwrap_or(Currency::INR)) {
            Ok(amount) => Some(amount),
            Err(message) => {
                violations.push(AMOUNT, ViolationCode::Invalid, message);
                None
            }
        };
    let purpose = sent.text(PURPOSE).trim();
    if purpose.is_empty() {
        violations.push(PURPOSE, ViolationCode::Missing, "must not be blank");
    } else if purpose.chars().count() > MAX_PURPOSE_CHARS {
        let message = format!("must be at most {MAX_PURPOSE_CHARS} characters");
        violations.push(PURPOSE, ViolationCode::TooLarge, message);
    } else if purpose.chars().any(char::is_control) {
        let message = "must not hold control characters";
        violations.push(PURPOSE, ViolationCode::Invalid, message);
    }
    match (violations.is_empty(), customer, organization, amount) {
        (true, Some(customer), Some(organization), Some(amount)) => Ok(NewInvoice {
            organization,
            customer_id: customer.id.clone(),
            amount,
            purpose: purpose.to_owned(),
        }),
        _ => Err(violations),
    }
}

fn form(
    app: &App,
    session: &Session,
    customers: &[Customer],
    sent: Option<&FormFields>,
    violations: &Violations,
) -> Response {
    let mut options = vec![(String::new(), "Choose".to_owned())];
    options.extend(customers.iter().map(|it| (it.id.clone(), it.label())));
    let mut fields = vec![
        Field::choice(CUSTOMER, "Customer", options).required(),
        Field::text(AMOUNT, "Amount")
            .required()
            .with_keyboard("decimal")
            .with_help("Such as 1499.00. Kept exactly as written."),
        Field::text(CURRENCY, "Currency")
            .required()
            .with_value("INR")
            .with_help("An ISO 4217 code. Which ones can be paid is up to the customer's gateway."),
        Field::text(PURPOSE, "Purpose")
            .required()
            .with_help("The payer reads this."),
    ];
    if let Some(sent) = sent {
        for field in &mut fields {
            field.refill(sent, session, &app.drafts);
        }
    }
    place_errors(&mut fields, violations);
    let status = if violations.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let new = NewInvoicePage {
        layout: Layout::new("New invoice", Section::Invoices, session, app),
        fields,
        has_customers: !customers.is_empty(),
    };
    page(status, &new)
}
