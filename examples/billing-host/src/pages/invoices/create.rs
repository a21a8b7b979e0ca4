use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{Currency, OrganizationId, ViolationCode, Violations};

use super::super::amount;
use super::super::field::{Field, assign_errors, refill_all};
use super::super::form::{FormFields, SignedInForm};
use super::super::layout::{Layout, Section, form_page};
use super::super::page_links::parameter;
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use crate::customers::{self, Customer};
use crate::idempotency::{FormKey, Outcome};
use crate::invoices::{self, MAX_PURPOSE_CHARS, NewInvoice};
use crate::list_position::Position;
use crate::problem::Problem;
use crate::session::Session;
use crate::state::App;
use crate::validation;

const CUSTOMER: &str = "customer";
const AMOUNT: &str = "amount";
const CURRENCY: &str = "currency";
const PURPOSE: &str = "purpose";
/// Query parameter and field with the beginning of a customer's name or id.
const SEARCH: &str = "search";
/// Most customers to choose from. Others are found by searching.
const MAX_CHOICES: usize = 20;

#[derive(Template)]
#[template(path = "invoice_new.html")]
struct NewInvoicePage {
    layout: Layout,
    form_key: FormKey,
    fields: Vec<Field>,
    /// Finds customers that are not among the choices.
    search: Field,
    has_customers: bool,
}

/// `GET /invoices/new`
pub(in super::super) async fn new_form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    RawQuery(query): RawQuery,
) -> PageResult {
    let search = parameter(query.as_deref(), SEARCH);
    let chosen = match parameter(query.as_deref(), CUSTOMER) {
        Some(id) => customers::find_by_id(&app.host, &id).await?,
        None => None,
    };
    let chosen_id = chosen.as_ref().map(|customer| customer.id.clone());
    let choices = Choices::find(&app, search.as_deref(), chosen).await?;
    let choices = Choices {
        chosen_id,
        ..choices
    };
    let none = Violations::none();
    Ok(render(&app, &session, &choices, None, &none))
}

/// `POST /invoices/new`
pub(in super::super) async fn add(State(app): State<App>, form: SignedInForm) -> PageResult {
    let form = form.0;
    let (session, fields) = (&form.session, &form.fields);
    let customer = customers::find_by_id(&app.host, fields.text(CUSTOMER)).await?;
    match parse(fields, customer.as_ref()) {
        Ok(new) => {
            let request = form.keyed(&new.organization, "form of a new invoice");
            let host = app.host.clone();
            let outcome = app
                .idempotency
                .run_form(request, move |attempt| async move {
                    invoices::insert_once(&host, &new, &attempt).await
                });
            let id = match outcome.await? {
                Outcome::Ran(created) => created?.id,
                Outcome::Repeated(answer) => answer.text("id").to_owned(),
            };
            Ok(Redirect::to(&format!("/invoices/{id}")).into_response())
        }
        Err(violations) => {
            let choices = Choices::find(&app, fields.non_blank(SEARCH), customer).await?;
            Ok(render(&app, session, &choices, Some(fields), &violations))
        }
    }
}

/// The customers to choose from.
struct Choices {
    search: String,
    customers: Vec<Customer>,
    /// The customer whose page the form was opened from.
    chosen_id: Option<String>,
}

impl Choices {
    /// Finds the customers whose name or id begins with a text; without one the newest. `chosen` is among them
    /// in any case.
    async fn find(
        app: &App,
        search: Option<&str>,
        chosen: Option<Customer>,
    ) -> Result<Self, Problem> {
        let search = search.unwrap_or_default().trim();
        let mut customers = if search.is_empty() {
            let newest = customers::page(&app.host, &Position::Newest, MAX_CHOICES).await?;
            newest.items
        } else {
            customers::search(&app.host, search, MAX_CHOICES).await?
        };
        if let Some(chosen) = chosen
            && !customers.iter().any(|customer| customer.id == chosen.id)
        {
            customers.insert(0, chosen);
        }
        let search = search.to_owned();
        Ok(Self {
            search,
            customers,
            chosen_id: None,
        })
    }
}

fn parse(submitted: &FormFields, customer: Option<&Customer>) -> Result<NewInvoice, Violations> {
    let mut violations = Violations::none();
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
    choices: &Choices,
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> Response {
    let Choices {
        search,
        customers,
        chosen_id,
    } = choices;
    let mut options = vec![(String::new(), "Choose".to_owned())];
    options.extend(customers.iter().map(|it| (it.id.clone(), it.label())));
    let help = match (search.is_empty(), customers.len()) {
        (true, 0..MAX_CHOICES) => String::new(),
        (true, _) => "The newest customers. Find others below.".to_owned(),
        (false, 0) => format!("No customer is found by \u{201c}{search}\u{201d}."),
        (false, 0..MAX_CHOICES) => format!("The customers found by \u{201c}{search}\u{201d}."),
        (false, _) => format!(
            "Some of the customers found by \u{201c}{search}\u{201d}. Type more to find fewer."
        ),
    };
    let customer = Field::choice(CUSTOMER, "Customer", options).with_help(help);
    // The only customer who was found is chosen.
    let customer = match (chosen_id, customers.as_slice()) {
        (Some(id), _) => customer.with_value(id.as_str()),
        (None, [only]) if !search.is_empty() => customer.with_value(only.id.as_str()),
        _ => customer,
    };
    let mut fields = vec![
        customer.required(),
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
        form_key: FormKey::random(),
        fields,
        search: Field::text(SEARCH, "Find a customer")
            .required()
            .with_value(search.as_str())
            .with_help("The beginning of a name, of an id or of an e-mail address."),
        has_customers: !customers.is_empty() || !search.is_empty(),
    };
    form_page(violations, &new)
}
