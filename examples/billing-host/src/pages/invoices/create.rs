use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{Currency, OrganizationId, ViolationCode, Violations};

use super::super::amount;
use super::super::field::{Field, assign_errors, refill_all};
use super::super::form::{FormFields, SignedInForm, SubmittedForm};
use super::super::layout::{Layout, Section, form_page};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use crate::customers::{self, Customer};
use crate::invoices::{self, MAX_PURPOSE_CHARS, NewInvoice};
use crate::session::Session;
use crate::state::App;
use crate::validation;

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
pub(in super::super) async fn new_form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> PageResult {
    let customers = customers::list(&app.host).await?;
    Ok(render(
        &app,
        &session,
        &customers,
        None,
        &Violations::none(),
    ))
}

/// `POST /invoices/new`
pub(in super::super) async fn add(State(app): State<App>, form: SignedInForm) -> PageResult {
    let SubmittedForm { session, fields } = form.0;
    let store = &app.host;
    let customers = customers::list(store).await?;
    match parse(&fields, &customers) {
        Ok(new) => {
            let id = invoices::insert(store, &new).await?;
            Ok(Redirect::to(&format!("/invoices/{id}")).into_response())
        }
        Err(violations) => {
            let submitted = Some(&fields);
            Ok(render(&app, &session, &customers, submitted, &violations))
        }
    }
}

fn parse(submitted: &FormFields, customers: &[Customer]) -> Result<NewInvoice, Violations> {
    let mut violations = Violations::none();
    let customer = customers
        .iter()
        .find(|customer| customer.id == submitted.text(CUSTOMER));
    let organization =
        customer.and_then(|it| OrganizationId::new(it.organization_id.as_str()).ok());
    if organization.is_none() {
        violations.push(CUSTOMER, ViolationCode::Missing, "must be chosen");
    }
    let currency = submitted.text(CURRENCY).trim().to_ascii_uppercase();
    let currency: Option<Currency> = currency.parse().ok();
    if currency.is_none() {
        let message = "must be an ISO 4217 code, such as INR";
        violations.push(CURRENCY, ViolationCode::Invalid, message);
    }
    // With an invalid currency, the amount is still checked as one with two decimals.
    let amount = amount::parse(submitted.text(AMOUNT), currency.unwrap_or(Currency::INR))
        .inspect_err(|message| violations.push(AMOUNT, ViolationCode::Invalid, *message))
        .ok();
    let purpose = validation::display_text(
        PURPOSE,
        submitted.text(PURPOSE),
        MAX_PURPOSE_CHARS,
        &mut violations,
    );
    match (
        violations.is_empty(),
        customer,
        organization,
        amount,
        purpose,
    ) {
        (true, Some(customer), Some(organization), Some(amount), Some(purpose)) => Ok(NewInvoice {
            organization,
            customer_id: customer.id.clone(),
            amount,
            purpose,
        }),
        _ => Err(violations),
    }
}

fn render(
    app: &App,
    session: &Session,
    customers: &[Customer],
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> Response {
    let mut options = vec![(String::new(), "Choose".to_owned())];
    options.extend(customers.iter().map(|it| (it.id.clone(), it.label())));
    let mut fields = vec![
        Field::choice(CUSTOMER, "Customer", options).required(),
        Field::text(AMOUNT, "Amount")
            .required()
            .with_keyboard("decimal")
            .with_help("For example 1499.00. Stored exactly as entered."),
        Field::text(CURRENCY, "Currency")
            .required()
            .with_value("INR")
            .with_help(
                "ISO 4217 code. The customer's gateway determines which currencies can be paid.",
            ),
        Field::text(PURPOSE, "Purpose")
            .required()
            .with_help("Shown to the payer."),
    ];
    if let Some(submitted) = submitted {
        refill_all(&mut fields, submitted, session, &app.drafts);
    }
    assign_errors(&mut fields, violations);
    let new = NewInvoicePage {
        layout: Layout::new("New invoice", Section::Invoices, session, app),
        fields,
        has_customers: !customers.is_empty(),
    };
    form_page(violations, &new)
}
