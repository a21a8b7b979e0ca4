use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, OrganizationId, ProviderDescriptor, ProviderId,
    ViolationCode, Violations,
};
use payment_provider_host::connections::NewConnection;
use payment_provider_host::error::Conflict;
use payment_provider_host::{ConnectionRef, Error, ErrorKind};

use super::super::field::{Field, assign_errors, refill_all};
use super::super::form::{FormFields, SignedInForm};
use super::super::layout::{Layout, Section, form_page, page};
use super::super::problem_page::PageResult;
use super::super::signed_in::SignedIn;
use super::path_to;
use super::settings::submitted_settings;
use crate::connection_creation::{self, AddError};
use crate::idempotency::{FormKey, Outcome};
use crate::problem::Problem;
use crate::seed;
use crate::session::Session;
use crate::state::App;

const ORGANIZATION: &str = "organization_id";
const CODE: &str = "code";
const NAME: &str = "name";

/// Id of a gateway as extracted from the path of a request.
type PathProvider = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "connection_choose.html")]
struct GatewayChoicePage {
    layout: Layout,
    /// Id and display name of each gateway.
    gateways: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "connection_new.html")]
struct NewConnectionPage {
    layout: Layout,
    gateway: String,
    form_key: FormKey,
    fields: Vec<Field>,
    settings: Vec<Field>,
    /// Violations that belong to no field.
    problems: Vec<String>,
}

/// `GET /new-connection`: offers the gateways, or redirects to the form of the only one.
pub(super) async fn choose_gateway(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Response {
    let gateways: Vec<_> = app
        .host
        .registry()
        .iter()
        .map(|it| it.descriptor())
        .map(|it| (it.id.to_string(), it.display_name.clone()))
        .collect();
    if let [(only, _)] = gateways.as_slice() {
        return Redirect::to(&format!("/new-connection/{only}")).into_response();
    }
    let layout = Layout::new("New connection", Section::Connections, &session, &app);
    page(StatusCode::OK, &GatewayChoicePage { layout, gateways })
}

/// `GET /new-connection/{provider}`
pub(super) async fn form(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    provider: PathProvider,
) -> PageResult {
    let gateway = gateway_from_path(&app, provider)?;
    Ok(render(&app, &session, gateway, None, &Violations::none()))
}

/// `POST /new-connection/{provider}`
pub(super) async fn add(
    State(app): State<App>,
    provider: PathProvider,
    form: SignedInForm,
) -> PageResult {
    let form = form.0;
    let (session, fields) = (&form.session, &form.fields);
    let gateway = gateway_from_path(&app, provider)?;
    let mut violations = Violations::none();
    let organization = fields.identifier(ORGANIZATION, OrganizationId::new, &mut violations);
    let code = fields.identifier(CODE, ConnectionCode::new, &mut violations);
    let settings = submitted_settings(&gateway.settings, fields, session, &app.drafts);
    if let Some((organization, code)) = organization.zip(code) {
        let request = form.keyed(&organization, "form of a new connection");
        let connection = ConnectionRef::new(organization, code);
        let path = format!("{}?new", path_to(&connection));
        let (id, name) = (gateway.id.clone(), fields.text(NAME).trim());
        let new = NewConnection::new(connection, id, name, settings);
        let host = app.host.clone();
        let outcome = app
            .idempotency
            .run_form(request, move |attempt| async move {
                connection_creation::add_once(&host, new, &attempt).await
            });
        match outcome.await? {
            Outcome::Ran(Ok(_)) | Outcome::Repeated(_) => {
                return Ok(Redirect::to(&path).into_response());
            }
            Outcome::Ran(Err(AddError::Runtime(error))) => violations.extend(invalid(error)?),
            Outcome::Ran(Err(error)) => return Err(error.into()),
        }
    } else {
        // Reports the other violations together with those of the identifiers.
        violations.extend(other_violations(&app, gateway, fields, &settings));
    }
    Ok(render(&app, session, gateway, Some(fields), &violations))
}

/// Returns the violations for which a connection was refused; other errors are shown as a page.
fn invalid(error: Error) -> Result<Violations, Error> {
    match error.kind() {
        ErrorKind::Invalid(found) => Ok(found.clone()),
        ErrorKind::Conflict(Conflict::CodeTaken) => {
            let mut violations = Violations::none();
            let message = "is already the code of another connection";
            violations.push(CODE, ViolationCode::Invalid, message);
            Ok(violations)
        }
        _ => Err(error),
    }
}

fn gateway_from_path(app: &App, provider: PathProvider) -> Result<&ProviderDescriptor, Problem> {
    let missing = || Problem::not_found("gateway");
    let Path(id) = provider.map_err(|_| missing())?;
    let id = ProviderId::new(id).map_err(|_| missing())?;
    let factory = app.host.registry().get(&id).map_err(|_| missing())?;
    Ok(factory.descriptor())
}

/// Returns the violations of the name and the settings.
fn other_violations(
    app: &App,
    gateway: &ProviderDescriptor,
    submitted: &FormFields,
    settings: &ConnectionSettings,
) -> Violations {
    let mut violations = Violations::none();
    if submitted.non_blank(NAME).is_none() {
        violations.push(NAME, ViolationCode::Missing, "is required");
    }
    let factory = app.host.registry().get(&gateway.id);
    if let Some(Err(found)) = factory.ok().map(|factory| factory.connect(settings)) {
        for violation in found {
            let field = format!("settings.{}", violation.field);
            violations.push(field, violation.code, violation.message);
        }
    }
    violations
}

fn render(
    app: &App,
    session: &Session,
    gateway: &ProviderDescriptor,
    submitted: Option<&FormFields>,
    violations: &Violations,
) -> Response {
    let code = "Identifies the connection within the organization and is part of the webhook URL. It \
                cannot be changed later.";
    let mut fields = vec![
        Field::text(NAME, "Name")
            .required()
            .with_value(gateway.display_name.as_str())
            .with_help("Shown on the pages only."),
        Field::text(ORGANIZATION, "Organization")
            .required()
            .with_value(seed::ORGANIZATION)
            .with_help("Organization that receives the payments."),
        Field::text(CODE, "Code")
            .required()
            .with_value(gateway.id.as_str())
            .with_help(code),
    ];
    let own_fields = fields.len();
    fields.extend(gateway.settings.fields().iter().map(Field::setting));
    if let Some(submitted) = submitted {
        refill_all(&mut fields, submitted, session, &app.drafts);
    }
    let problems = assign_errors(&mut fields, violations);
    let settings = fields.split_off(own_fields);
    let title = format!("Connect {}", gateway.display_name);
    let new = NewConnectionPage {
        layout: Layout::new(&title, Section::Connections, session, app),
        gateway: gateway.display_name.clone(),
        form_key: FormKey::random(),
        fields,
        settings,
        problems,
    };
    form_page(violations, &new)
}
