use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{CustomerId, OrganizationId, Pii, ViolationCode, Violations};
use payment_provider_host::{Connection, Departure};

use super::super::field::{Field, place_errors};
use super::super::form::{Filled, FormFields, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::{Session, SignedIn};
use crate::customers::{self, Customer, NewCustomer};
use crate::problem::Problem;
use crate::state::App;

const ORGANIZATION: &str = "organization_id";
const EXTERNAL_ID: &str = "external_id";
const NAME: &str = "name";
const EMAIL: &str = "email";
const PHONE: &str = "phone";
const CONNECTION: &str = "connection";

type Id = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    layout: Layout,
    /// Where the form goes.
    action: String,
    fields: Vec<Field>,
    is_new: bool,
    /// What concerns no field.
    problems: Vec<String>,
}

/// `GET /customers/new`
pub(in super::super) async fn blank(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Response {
    answer(form(&app, &session, None, None, &Violations::none()).await)
}

/// `GET /customers/{id}`
pub(in super::super) async fn edit(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    id: Id,
) -> Response {
    answer(
        async {
            let customer = named(&app, id).await?;
            form(&app, &session, Some(&customer), None, &Violations::none()).await
        }
        .await,
    )
}

/// `POST /customers/new`
pub(in super::super) async fn add(State(app): State<App>, sent: SignedForm) -> Response {
    answer(keep(&app, &sent.0, None).await)
}

/// `POST /customers/{id}`
pub(in super::super) async fn save(State(app): State<App>, id: Id, sent: SignedForm) -> Response {
    answer(
        async {
            let customer = named(&app, id).await?;
            keep(&app, &sent.0, Some(&customer)).await
        }
        .await,
    )
}

fn answer(done: Result<Response, Problem>) -> Response {
    done.unwrap_or_else(|problem| notice::of_problem(&problem))
}

async fn named(app: &App, id: Id) -> Result<Customer, Problem> {
    let missing = || Problem::not_found("customer");
    let Path(id) = id.map_err(|_| missing())?;
    let customer = customers::find_by_id(app.host.store(), &id).await?;
    customer.ok_or_else(missing)
}

async fn keep(app: &App, sent: &Filled, known: Option<&Customer>) -> Result<Response, Problem> {
    let connections = app.host.connections(None).await?;
    let read = read(&sent.fields, known, &connections);
    let violations = match read {
        Ok(new) => {
            // A customer of that id may be somebody else's work: it is changed on its own page.
            let taken = known.is_none()
                && customers::find(app.host.store(), &new.organization, &new.external_id)
                    .await?
                    .is_some();
            if !taken {
                let Departure {
                    still_payable,
                    unbooked,
                    ..
                } = customers::save_and_link(app, &new).await?.departure;
                if still_payable.is_empty() && unbooked.is_empty() {
                    return Ok(Redirect::to("/customers").into_response());
                }
                return Ok(notice::of_departure(&still_payable, &unbooked));
            }
            let mut violations = Violations::none();
            let message = "is the id of a customer who is there already";
            violations.push(EXTERNAL_ID, ViolationCode::Invalid, message);
            violations
        }
        Err(violations) => violations,
    };
    form(app, &sent.session, known, Some(&sent.fields), &violations).await
}

fn read(
    sent: &FormFields,
    known: Option<&Customer>,
    connections: &[Connection],
) -> Result<NewCustomer, Violations> {
    let mut violations = Violations::none();
    let (organization, external_id) = match known {
        Some(known) => (known.organization_id.as_str(), known.external_id.as_str()),
        None => (
            sent.text(ORGANIZATION).trim(),
            sent.text(EXTERNAL_ID).trim(),
        ),
    };
    let organization = OrganizationId::new(organization)
        .map_err(|error| {
            let message = format!("must be {}", error.rule);
            violations.push(ORGANIZATION, ViolationCode::Invalid, message);
        })
        .ok();
    let external_id = CustomerId::new(external_id)
        .map_err(|error| {
            let message = format!("must be {}", error.rule);
            violations.push(EXTERNAL_ID, ViolationCode::Invalid, message);
        })
        .ok();
    let mut personal = |field, most| {
        let text = sent.given(field)?;
        if text.chars().count() > most {
            let message = format!("must be at most {most} characters");
            violations.push(field, ViolationCode::TooLarge, message);
        } else if text.chars().any(char::is_control) {
            let message = "must not hold control characters";
            violations.push(field, ViolationCode::Invalid, message);
        }
        Some(Pii::from(text.to_owned()))
    };
    let (name, email, phone) = (
        personal(NAME, 255),
        personal(EMAIL, 255),
        personal(PHONE, 64),
    );
    let chosen = sent.given(CONNECTION);
    let connection = chosen.and_then(|chosen| {
        connections
            .iter()
            .find(|connection| value_of(connection) == chosen)
    });
    match (chosen, connection, &organization) {
        (Some(_), None, _) => {
            let message = "must be one that exists; make the connection first, or choose another";
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

/// How a connection is named in the form.
fn value_of(connection: &Connection) -> String {
    format!("{} {}", connection.organization, connection.code)
}

async fn form(
    app: &App,
    session: &Session,
    known: Option<&Customer>,
    sent: Option<&FormFields>,
    violations: &Violations,
) -> Result<Response, Problem> {
    let connections = app.host.connections(None).await?;
    let mut fields = fields(known, &connections);
    if let Some(sent) = sent {
        for field in &mut fields {
            field.refill(sent, session, &app.drafts);
        }
    }
    let problems = place_errors(&mut fields, violations);
    let title = known.map_or_else(|| "New customer".to_owned(), Customer::label);
    let form = CustomerPage {
        layout: Layout::new(&title, Section::Customers, session, app),
        action: known.map_or_else(
            || "/customers/new".to_owned(),
            |known| format!("/customers/{}", known.id),
        ),
        fields,
        is_new: known.is_none(),
        problems,
    };
    let status = if violations.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(status, &form))
}

fn fields(known: Option<&Customer>, connections: &[Connection]) -> Vec<Field> {
    let mut fields = Vec::new();
    if known.is_none() {
        let organization = connections
            .first()
            .map_or("", |connection| connection.organization.as_str());
        let id = "Your own id of the customer. It cannot be changed later.";
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
        known
            .and_then(|known| text(known).clone())
            .unwrap_or_default()
    };
    let mut options = vec![(String::new(), "None".to_owned())];
    options.extend(connections.iter().map(|connection| {
        let name = format!("{} ({})", connection.name, connection.organization);
        (value_of(connection), name)
    }));
    let paid_through = known
        .and_then(|known| {
            let code = known.payment_provider_code.as_deref()?;
            Some(format!("{} {code}", known.organization_id))
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
            .with_help("The connection whose payment links this customer gets."),
    ]);
    fields
}
