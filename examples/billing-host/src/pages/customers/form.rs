use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{CustomerId, OrganizationId, Pii, ViolationCode, Violations};
use payment_provider_host::connections::Connection;
use payment_provider_host::workflows::UnlinkOutcome;
use serde_json::json;

use super::super::field::{Field, assign_errors, refill_all};
use super::super::form::{FormFields, SignedInForm, SubmittedForm};
use super::super::layout::{Layout, Section, form_page};
use super::super::notice;
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use crate::connection_list::all_connections;
use crate::customers::{self, Customer, NewCustomer};
use crate::idempotency::{Attempt, FormKey, Outcome};
use crate::problem::Problem;
use crate::session::Session;
use crate::state::App;
use crate::validation;

const ORGANIZATION: &str = "organization_id";
const EXTERNAL_ID: &str = "external_id";
const NAME: &str = "name";
const EMAIL: &str = "email";
const PHONE: &str = "phone";
const CONNECTION: &str = "connection";

/// Id of a customer as extracted from the path of a request.
type PathId = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    layout: Layout,
    /// Path that the form is submitted to.
    action: String,
    form_key: FormKey,
    fields: Vec<Field>,
    is_new: bool,
    /// Path of the form for an invoice to the customer.
    new_invoice: Option<String>,
    /// Violations that belong to no field.
    problems: Vec<String>,
}

/// `GET /customers/new`
pub(in super::super) async fn new_form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> PageResult {
    render(&app, &session, None, None, &Violations::none()).await
}

/// `GET /customers/{id}`
pub(in super::super) async fn edit_form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: PathId,
) -> PageResult {
    let customer = from_path(&app, id).await?;
    render(&app, &session, Some(&customer), None, &Violations::none()).await
}

/// `POST /customers/new`
pub(in super::super) async fn add(State(app): State<App>, form: SignedInForm) -> PageResult {
    submit(&app, &form.0, None).await
}

/// `POST /customers/{id}`
pub(in super::super) async fn save(
    State(app): State<App>,
    id: PathId,
    form: SignedInForm,
) -> PageResult {
    let customer = from_path(&app, id).await?;
    submit(&app, &form.0, Some(&customer)).await
}

async fn from_path(app: &App, id: PathId) -> Result<Customer, Problem> {
    let missing = || Problem::not_found("customer");
    let Path(id) = id.map_err(|_| missing())?;
    let customer = customers::find_by_id(&app.host, &id).await?;
    customer.ok_or_else(missing)
}

/// The reason for which a new customer was not saved.
enum AddError {
    /// The id belongs to another customer.
    Taken,
    Failed(Problem),
}

impl<E> From<E> for AddError
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Saves the customer of a form, or shows the form again with its errors. `existing` is the customer that
/// is edited.
async fn submit(app: &App, form: &SubmittedForm, existing: Option<&Customer>) -> PageResult {
    let connections = all_connections(&app.host, None).await?;
    let violations = match parse(&form.fields, existing, &connections) {
        Ok(new) if existing.is_some() => {
            return Ok(saved(&customers::save_and_link(app, &new).await?.left));
        }
        Ok(new) => {
            let request = form.keyed(&new.organization, "form of a new customer");
            let work = app.clone();
            let outcome = app
                .idempotency
                .run_form(request, move |attempt| async move {
                    add_once(&work, &new, &attempt).await
                });
            match outcome.await? {
                Outcome::Ran(Ok(left)) => return Ok(saved(&left)),
                Outcome::Ran(Err(AddError::Failed(problem))) => return Err(problem.into()),
                Outcome::Ran(Err(AddError::Taken)) => {
                    let mut violations = Violations::none();
                    let message = "is already the id of another customer";
                    violations.push(EXTERNAL_ID, ViolationCode::Invalid, message);
                    violations
                }
                Outcome::Repeated(_) => return Ok(saved(&UnlinkOutcome::default())),
            }
        }
        Err(violations) => violations,
    };
    let submitted = Some(&form.fields);
    render(app, &form.session, existing, submitted, &violations).await
}

/// Saves a new customer. An existing customer is changed on their own page only, so that a new one with the same id
/// does not overwrite them.
async fn add_once(
    app: &App,
    new: &NewCustomer,
    attempt: &Attempt,
) -> Result<UnlinkOutcome, AddError> {
    let existing = customers::find(&app.host, &new.organization, &new.external_id);
    if existing.await?.is_some() {
        return Err(AddError::Taken);
    }
    let (mut tx, saved) = customers::link_and_begin_to_save(app, new).await?;
    let made = json!({"id": saved.customer.id});
    attempt.record(&mut tx, StatusCode::CREATED, &made).await?;
    app.host.commit(tx).await?;
    Ok(saved.left)
}

/// Returns the list of customers, or the payment links that remain elsewhere.
fn saved(left: &UnlinkOutcome) -> Response {
    if left.still_payable.is_empty() && left.unreconciled.is_empty() {
        Redirect::to("/customers").into_response()
    } else {
        notice::remaining_links(left)
    }
}

fn parse(
    submitted: &FormFields,
    existing: Option<&Customer>,
    connections: &[Connection],
) -> Result<NewCustomer, Violations> {
    let mut violations = Violations::none();
    let (organization, external_id) = match existing {
        Some(customer) => (
            customer.organization_id.as_str(),
            customer.external_id.as_str(),
        ),
        None => (
            submitted.text(ORGANIZATION).trim(),
            submitted.text(EXTERNAL_ID).trim(),
        ),
    };
    let organization = validation::identifier(
        ORGANIZATION,
        organization,
        OrganizationId::new,
        &mut violations,
    );
    let external_id =
        validation::identifier(EXTERNAL_ID, external_id, CustomerId::new, &mut violations);
    let mut optional_text = |field, max_chars| {
        let text = submitted.non_blank(field)?;
        validation::display_text(field, text, max_chars, &mut violations).map(Pii::from)
    };
    let (name, email, phone) = (
        optional_text(NAME, 255),
        optional_text(EMAIL, 255),
        optional_text(PHONE, 64),
    );
    let chosen = submitted.non_blank(CONNECTION);
    let connection = chosen.and_then(|chosen| {
        connections
            .iter()
            .find(|connection| option_value(connection) == chosen)
    });
    match (chosen, connection, &organization) {
        (Some(_), None, _) => {
            let message = "does not exist; create the connection first or choose another one";
            violations.push(CONNECTION, ViolationCode::Unknown, message);
        }
        (_, Some(connection), Some(organization)) if connection.organization != *organization => {
            let message = "belongs to another organization";
            violations.push(CONNECTION, ViolationCode::Invalid, message);
        }
        _ => {}
    }
    match (violations.is_empty(), organization, external_id) {
        (true, Some(organization), Some(external_id)) => Ok(NewCustomer {
            organization,
            external_id,
            name,
            email,
            phone,
            payment: connection.map(|it| (it.provider.clone(), it.code.clone())),
        }),
        _ => Err(violations),
    }
}

/// Returns the value of a connection in the form: organization and code.
fn option_value(connection: &Connection) -> String {
    format!("{} {}", connection.organization, connection.code)
}

async fn render(
    app: &App,
    session: &Session,
    existing: Option<&Customer>,
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> PageResult {
    let connections = all_connections(&app.host, None).await?;
    let mut fields = fields(existing, &connections);
    if let Some(submitted) = submitted {
        refill_all(&mut fields, submitted, session, &app.drafts);
    }
    let problems = assign_errors(&mut fields, violations);
    let title = existing.map_or_else(|| "New customer".to_owned(), Customer::label);
    let customer_page = CustomerPage {
        layout: Layout::new(&title, Section::Customers, session, app),
        action: existing.map_or_else(
            || "/customers/new".to_owned(),
            |customer| format!("/customers/{}", customer.id),
        ),
        form_key: FormKey::random(),
        fields,
        is_new: existing.is_none(),
        new_invoice: existing.map(|customer| format!("/invoices/new?customer={}", customer.id)),
        problems,
    };
    Ok(form_page(violations, &customer_page))
}

fn fields(existing: Option<&Customer>, connections: &[Connection]) -> Vec<Field> {
    let mut fields = Vec::new();
    if existing.is_none() {
        let organization = connections
            .first()
            .map_or("", |connection| connection.organization.as_str());
        let id = "Your own id for this customer. It cannot be changed later.";
        fields.extend([
            Field::text(ORGANIZATION, "Organization")
                .required()
                .with_value(organization),
            Field::text(EXTERNAL_ID, "Customer id")
                .required()
                .with_help(id),
        ]);
    }
    let value = |text: fn(&Customer) -> &Option<String>| {
        existing
            .and_then(|customer| text(customer).clone())
            .unwrap_or_default()
    };
    let mut options = vec![(String::new(), "None".to_owned())];
    options.extend(connections.iter().map(|connection| {
        let name = format!("{} ({})", connection.name, connection.organization);
        (option_value(connection), name)
    }));
    let paid_through = existing
        .and_then(|customer| {
            let code = customer.payment_provider_code.as_deref()?;
            Some(format!("{} {code}", customer.organization_id))
        })
        .unwrap_or_default();
    if !paid_through.is_empty() && !options.iter().any(|(value, _)| *value == paid_through) {
        let missing = format!("{paid_through} (does not exist)");
        options.push((paid_through.clone(), missing));
    }
    fields.extend([
        Field::text(NAME, "Name").with_value(value(|it| &it.name)),
        Field::text(EMAIL, "E-mail")
            .with_keyboard("email")
            .with_value(value(|it| &it.email)),
        Field::text(PHONE, "Phone")
            .with_keyboard("tel")
            .with_value(value(|it| &it.phone)),
        Field::choice(CONNECTION, "Pays through", options)
            .with_value(paid_through)
            .with_help("Payment links of this customer use this connection."),
    ]);
    fields
}
