use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use payment_provider_core::{
    ConnectionCode, ConnectionSettings, OrganizationId, ProviderDescriptor, ProviderId,
    ViolationCode, Violations,
};
use payment_provider_host::{ConnectionError, NewConnection};

use super::super::field::{Field, place_errors};
use super::super::form::{Filled, FormFields, SignedForm};
use super::super::layout::{Layout, Section, page};
use super::super::notice;
use super::super::session::{Session, SignedIn};
use super::path_of;
use super::settings::{settings_fields, settings_of};
use crate::problem::Problem;
use crate::seed;
use crate::state::App;

const ORGANIZATION: &str = "organization_id";
const CODE: &str = "code";
const NAME: &str = "name";

type Provider = Result<Path<String>, PathRejection>;

#[derive(Template)]
#[template(path = "connection_choose.html")]
struct ChoicePage {
    layout: Layout,
    /// Id and name of each gateway.
    gateways: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "connection_new.html")]
struct NewConnectionPage {
    layout: Layout,
    gateway: String,
    fields: Vec<Field>,
    settings: Vec<Field>,
    /// What concerns no field.
    problems: Vec<String>,
}

/// `GET /new-connection`: which gateway, if there are several.
pub(super) async fn choose(State(app): State<App>, SignedIn(session): SignedIn) -> Response {
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
    page(StatusCode::OK, &ChoicePage { layout, gateways })
}

/// `GET /new-connection/{provider}`
pub(super) async fn blank(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    provider: Provider,
) -> Response {
    match described(&app, provider) {
        Ok(gateway) => form(&app, &session, gateway, None, &Violations::none()),
        Err(problem) => notice::of_problem(&problem),
    }
}

/// `POST /new-connection/{provider}`
pub(super) async fn add(State(app): State<App>, provider: Provider, sent: SignedForm) -> Response {
    let Filled { session, fields } = sent.0;
    let gateway = match described(&app, provider) {
        Ok(gateway) => gateway,
        Err(problem) => return notice::of_problem(&problem),
    };
    let (names, mut violations) = names(&fields);
    let settings = settings_of(&gateway.settings, &fields, &session, &app.drafts);
    let added = match names {
        Some((organization, code)) => {
            let (id, name) = (gateway.id.clone(), fields.text(NAME).trim());
            let new = NewConnection::new(organization, id, code, name, settings);
            app.host.add_connection(new).await
        }
        // What else is wrong is told together with the names.
        None => Err(ConnectionError::Invalid(all_violations(
            &app, gateway, &fields, &settings,
        ))),
    };
    match added {
        Ok(connection) => {
            let path = format!("{}?new", path_of(&connection));
            Redirect::to(&path).into_response()
        }
        Err(ConnectionError::Invalid(found)) => {
            violations.extend(found);
            form(&app, &session, gateway, Some(&fields), &violations)
        }
        Err(ConnectionError::CodeTaken) => {
            let message = "is the code of a connection that is there already";
            violations.push(CODE, ViolationCode::Invalid, message);
            form(&app, &session, gateway, Some(&fields), &violations)
        }
        Err(error) => notice::of_problem(&error.into()),
    }
}

fn described(app: &App, provider: Provider) -> Result<&ProviderDescriptor, Problem> {
    let missing = || Problem::not_found("gateway");
    let Path(id) = provider.map_err(|_| missing())?;
    let id = ProviderId::new(id).map_err(|_| missing())?;
    let factory = app.host.registry().get(&id).map_err(|_| missing())?;
    Ok(factory.descriptor())
}

fn names(sent: &FormFields) -> (Option<(OrganizationId, ConnectionCode)>, Violations) {
    let mut violations = Violations::none();
    let organization = OrganizationId::new(sent.text(ORGANIZATION).trim())
        .map_err(|error| {
            let message = format!("must be {}", error.rule);
            violations.push(ORGANIZATION, ViolationCode::Invalid, message);
        })
        .ok();
    let code = ConnectionCode::new(sent.text(CODE).trim())
        .map_err(|error| {
            let message = format!("must be {}", error.rule);
            violations.push(CODE, ViolationCode::Invalid, message);
        })
        .ok();
    (organization.zip(code), violations)
}

/// What is wrong with a connection beside its names.
fn all_violations(
    app: &App,
    gateway: &ProviderDescriptor,
    sent: &FormFields,
    settings: &ConnectionSettings,
) -> Violations {
    let mut violations = Violations::none();
    if sent.given(NAME).is_none() {
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

fn form(
    app: &App,
    session: &Session,
    gateway: &ProviderDescriptor,
    sent: Option<&FormFields>,
    violations: &Violations,
) -> Response {
    let code = "Tells the connections of the organization apart, and is part of the webhook address. \
                It cannot be changed later.";
    let mut fields = vec![
        Field::text(NAME, "Name")
            .required()
            .with_value(gateway.display_name.as_str())
            .with_help("For people."),
        Field::text(ORGANIZATION, "Organization")
            .required()
            .with_value(seed::ORGANIZATION)
            .with_help("The tenant whose money goes through it."),
        Field::text(CODE, "Code")
            .required()
            .with_value(gateway.id.as_str())
            .with_help(code),
    ];
    let mut settings = settings_fields(&gateway.settings);
    if let Some(sent) = sent {
        for field in fields.iter_mut().chain(&mut settings) {
            field.refill(sent, session, &app.drafts);
        }
    }
    let mut all: Vec<Field> = fields.into_iter().chain(settings).collect();
    let problems = place_errors(&mut all, violations);
    let settings = all.split_off(3);
    let title = format!("Connect {}", gateway.display_name);
    let new = NewConnectionPage {
        layout: Layout::new(&title, Section::Connections, session, app),
        gateway: gateway.display_name.clone(),
        fields: all,
        settings,
        problems,
    };
    let status = if violations.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page(status, &new)
}
